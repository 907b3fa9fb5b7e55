import ZooKeeperProtocol

/// A value that JSON has as null when there is none. What is synthesised for an optional leaves its key out, and the
/// keys of the command line's documents are a contract.
@propertyWrapper package struct OrNull<Value: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    package var wrappedValue: Value?

    package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

/// The id of a server, which JSON has as null for one that has not said it: such a server goes by a negative number, which no server has.
@propertyWrapper package struct KnownID: Codable, Hashable, Sendable {
    package var wrappedValue: ServerID

    package init(wrappedValue: ServerID) { self.wrappedValue = wrappedValue }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? ServerID(-1) : try container.decode(ServerID.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if wrappedValue < ServerID(0) { try container.encodeNil() } else { try container.encode(wrappedValue) }
    }
}
