/// What kind of znode a create makes; the raw value is the `flags` of the request (Apache's `CreateMode`).
public enum CreateMode: Int32, Hashable, Sendable, CaseIterable {
    case persistent = 0
    /// Deleted when the session of its creator ends. Cannot have children.
    case ephemeral = 1
    /// The server appends ten digits that only grow under one parent.
    case persistentSequential = 2
    case ephemeralSequential = 3
    /// Deleted by the server some time after its last child.
    case container = 4
    /// Deleted by the server when it had no children and no write for its time to live.
    case persistentWithTTL = 5
    case persistentSequentialWithTTL = 6

    public var isEphemeral: Bool { self == .ephemeral || self == .ephemeralSequential }
    public var isSequential: Bool {
        switch self {
        case .persistentSequential, .ephemeralSequential, .persistentSequentialWithTTL: true
        case .persistent, .ephemeral, .container, .persistentWithTTL: false
        }
    }
    public var isTTL: Bool { self == .persistentWithTTL || self == .persistentSequentialWithTTL }
}
