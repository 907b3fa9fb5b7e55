@_exported public import ZooKeeperProtocol

/// What a client's session is at the moment.
///
/// ```
/// connecting ─► connected ─► disconnected ─► connected …
///     │             │             │
///     └─────────────┴─────────────┴─► expired | authenticationFailed | closed
/// ```
///
/// A client that renews its session (``ExpiryPolicy/renew``) goes from `expired` to `connecting` at once.
public enum SessionState: Hashable, Sendable {
    /// No server has taken the session yet.
    case connecting
    /// Operations are answered.
    case connected
    /// The server lost its quorum: reads are answered, writes fail with `notReadOnly`.
    case connectedReadOnly
    /// The connection is lost, and another server is looked for. The session may still be alive, and so may its
    /// ephemerals: who holds a lock should stop using what it protects.
    case disconnected
    /// The servers have ended the session and removed its ephemerals. This client is of no more use, unless it renews its session.
    case expired
    /// The servers refused credentials. This client is of no more use.
    case authenticationFailed
    /// ``ZooKeeperClient/close()`` was called.
    case closed

    /// Whether nothing will change any more; an expired session may be renewed (``ExpiryPolicy``).
    public var isFinal: Bool {
        switch self {
        case .expired, .authenticationFailed, .closed: true
        case .connecting, .connected, .connectedReadOnly, .disconnected: false
        }
    }

    public var isConnected: Bool { self == .connected || self == .connectedReadOnly }
}

/// What it takes to continue a session, also from another process.
public struct SessionCredentials: Hashable, Sendable {
    public var id: SessionID
    /// Who knows it can take the session over.
    public var password: [UInt8]

    public init(id: SessionID, password: [UInt8]) {
        self.id = id
        self.password = password
    }
}

/// What a client tells its observer, which hears of everything: for programs that show it, as shells do.
public enum ClientNotification: Hashable, Sendable {
    /// The session's state is another one now.
    case state(SessionState)
    /// Something happened to a watched znode, or watches of `watch: true` or ``ZooKeeperClient/addWatch(_:recursive:)`` on it were taken back.
    case event(WatchEvent)
}

/// Something happened to a znode that is watched.
public struct WatchEvent: Hashable, Sendable {
    public var type: EventType
    /// The znode, as this client names it.
    public var path: String

    public init(type: EventType, path: String) {
        self.type = type
        self.path = path
    }
}

/// What a ``ZNodeChanges`` tells.
public enum ZNodeChange: Hashable, Sendable {
    case event(WatchEvent)
    /// The watch is in place, or is so again: of what happened before, nothing is told. Who keeps a copy reads all of it now.
    case readAgain
}
