/// What a server is in its ensemble at the moment, as `srvr` says it. (What it is to be, participant or observer, is
/// its role in the configuration.)
public enum ServerMode: Hashable, Sendable {
    case standalone
    case leader
    case follower
    case observer
    /// It lost its quorum, and serves reads only to clients that asked for that.
    case readOnly
    /// A word that this version does not know.
    case other(String)

    package init(_ word: some StringProtocol) {
        let known: [ServerMode] = [.standalone, .leader, .follower, .observer, .readOnly]
        self = known.first { $0.description == word } ?? .other(String(word))
    }
}

extension ServerMode: CustomStringConvertible {
    /// The server's own word.
    public var description: String {
        switch self {
        case .standalone: "standalone"
        case .leader: "leader"
        case .follower: "follower"
        case .observer: "observer"
        case .readOnly: "read-only"
        case .other(let word): word
        }
    }
}

/// The word.
extension ServerMode: Codable {
    public init(from decoder: any Decoder) throws { self.init(try String(from: decoder)) }

    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
