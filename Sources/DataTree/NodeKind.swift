/// What the stored ephemeralOwner of a node says about it (Apache's `EphemeralType`).
enum NodeKind: Equatable {
    case persistent
    /// Of the session with this id.
    case ephemeral(Int64)
    case container
    /// With its time to live in milliseconds.
    case ttl(Int64)

    static let containerOwner = Int64.min
    /// Top byte 0xff and feature 0: the mark of a TTL node.
    static let ttlOwner = Int64(bitPattern: 0xff00_0000_0000_0000)
    static let maxTTL: Int64 = 0xff_ffff_ffff

    /// TTL owners are recognised whether `extendedTypesEnabled` is set or not: a session id looks like one only on a server
    /// with id 255 whose clock is within 2^24 ms of its zero.
    @inline(__always)
    init(owner: Int64) {
        if owner == 0 {
            self = .persistent
        } else if owner == Self.containerOwner {
            self = .container
        } else if owner & ~Self.maxTTL == Self.ttlOwner {
            self = .ttl(owner & Self.maxTTL)
        } else {
            self = .ephemeral(owner)
        }
    }

    var owner: Int64 {
        switch self {
        case .persistent: 0
        case .ephemeral(let session): session
        case .container: Self.containerOwner
        case .ttl(let milliseconds): Self.ttlOwner | milliseconds
        }
    }

    /// Under what the node is listed: its session, or one list for all containers and one for all TTL nodes.
    var list: Int64? {
        switch self {
        case .persistent: nil
        case .ephemeral(let session): session
        case .container: Self.containerOwner
        case .ttl: Self.ttlOwner
        }
    }
}
