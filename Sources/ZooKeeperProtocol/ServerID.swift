/// The id of one server: N in `server.N`, the number in myid, `sid` on the wire.
///
/// ZooKeeper parses a Java long. The documentation's 1…255 is a convention with a reason: session ids carry only the
/// low 8 bits, and extended types (TTL znodes) refuse ids above 254. Negative ids break the election protocol, where
/// a negative first word means a protocol version.
@usableFromInline
package struct ServerID: RawRepresentable, Hashable, Comparable, Sendable {
    @usableFromInline package var rawValue: Int64

    @inlinable
    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    @inlinable
    package init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Reads `text` as Java's `Long.parseLong` does: decimal digits with an optional sign and nothing else.
    package init?(_ text: some StringProtocol) {
        guard let value = Int64(text) else { return nil }
        rawValue = value
    }

    /// The ids the documentation allows and this toolkit hands out.
    package static let conventional: ClosedRange<ServerID> = ServerID(1)...ServerID(255)

    @inlinable
    package static func < (left: ServerID, right: ServerID) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension ServerID: ExpressibleByIntegerLiteral {
    @usableFromInline
    package init(integerLiteral value: Int64) {
        rawValue = value
    }
}

/// A number in JSON.
extension ServerID: Codable {}

extension ServerID: CustomStringConvertible {
    @usableFromInline package var description: String { String(rawValue) }
}
