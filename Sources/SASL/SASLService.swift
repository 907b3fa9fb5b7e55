/// Who a SASL exchange is with: what Apache's servers call themselves.
package struct SASLService: Hashable, Sendable {
    /// The protocol's name.
    package let name: String
    /// The server's name, which is the realm as well.
    package let host: String

    /// A server, to its clients (`ZooKeeperSaslServer`).
    package static var clients: Self { Self(name: "zookeeper", host: "zk-sasl-md5") }
    /// A server, to the other servers of its ensemble (`QuorumAuth`).
    package static var quorum: Self { Self(name: "zookeeper-quorum", host: "zk-quorum-sasl-md5") }

    /// As the digest-uri directive has it.
    var uri: String { name + "/" + host }
}

/// Why an exchange has failed. No text of it holds a password, or what one could be found from.
package enum SASLError: Error, Hashable, Sendable {
    /// A token that is none; what is wrong with it.
    case malformed(String)
    /// The other end asks for what this one has not, says another service, or answers another challenge.
    case mismatched(String)
    /// The server knows no such user.
    case unknownUser(String)
    case wrongPassword(user: String)
    /// The server does not know the password either: it is not the one that it should be.
    case serverNotGenuine
    /// A token came where none is expected.
    case outOfTurn
    /// The server has refused: a wrong name or password, or no SASL at all.
    case refused
}

extension SASLError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let what): "the SASL token is malformed: \(what)"
        case .mismatched(let what): "the SASL token does not fit: \(what)"
        case .unknownUser(let user): "there is no SASL user \(Self.quoted(user))"
        case .wrongPassword(let user): "the password of the SASL user \(Self.quoted(user)) is wrong"
        case .serverNotGenuine: "the server has not proved that it knows the password"
        case .outOfTurn: "a SASL token came out of turn"
        case .refused: "the server has refused the SASL user or password, or has no SASL"
        }
    }

    /// A name that somebody else has chosen, short and in one line.
    private static func quoted(_ name: String) -> String {
        let line = name.unicodeScalars.prefix(64).map {
            $0.properties.generalCategory == .control ? "?" : Character($0)
        }
        return "\"" + String(line) + (name.unicodeScalars.count > 64 ? "…\"" : "\"")
    }
}
