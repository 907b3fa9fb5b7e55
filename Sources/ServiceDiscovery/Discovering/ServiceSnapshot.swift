import ZooKeeperClient

/// An instance in the registry, with what the registry knows of it.
public struct ServiceEntry: Hashable, Sendable {
    /// The name of its znode: unique, also where ids are not.
    public var node: String
    public var instance: ServiceInstance
    /// The session whose end removes it; nil for one that stays, or where nobody asked.
    public var session: SessionID?
    /// The transaction that registered it: grows from registration to registration.
    public var registered: ZXID

    public init(
        node: String, instance: ServiceInstance, session: SessionID? = nil, registered: ZXID = ZXID(rawValue: 0)
    ) {
        self.node = node
        self.instance = instance
        self.session = session
        self.registered = registered
    }
}

/// What a cache knows of a service at one moment.
public struct ServiceSnapshot: Sendable {
    /// By the name of the znode.
    public internal(set) var entries: [ServiceEntry]
    /// Why it may not be what the registry has now; nil when it is.
    public internal(set) var age: Age?
    /// Grows with each change of the entries.
    public internal(set) var version: Int

    /// Why a snapshot is an old one.
    public enum Age: Hashable, Sendable {
        /// Nothing was ever read: the registry has not been reached, and there is no copy on disk.
        case unread
        /// The registry has not been reached yet; the entries are the copy on disk, of this time (milliseconds of the Unix epoch).
        case fromDisk(written: Int64)
        /// The registry is away: what it had last.
        case disconnected
        /// The registry came back without some of its instances, which are kept for a while.
        case lostByRegistry
    }

    public var instances: [ServiceInstance] { entries.map(\.instance) }
}

extension ServiceSnapshot.Age: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unread: "nothing was read yet"
        case .fromDisk: "the copy on disk"
        case .disconnected: "the registry is away"
        case .lostByRegistry: "the registry came back without them"
        }
    }
}

/// What a cache or a registration has to say to people.
public enum RegistryNotice: Hashable, Sendable, CustomStringConvertible {
    /// Said once for each znode and text of it.
    case unreadable(UnreadableInstance)
    /// So many instances are kept although the registry came back without them.
    case kept(service: String, count: Int, for: Duration)
    /// They are no longer kept.
    case dropped(service: String, count: Int)
    case loadedFromDisk(service: String, count: Int, path: String)
    /// The copy on disk cannot be read or written.
    case diskProblem(String)
    /// A read or a registration failed, and is tried again.
    case failed(String)
    /// Somebody else has registered under this id; this one waits until that is gone.
    case replaced(path: String, by: SessionID?)

    public var description: String {
        switch self {
        case .unreadable(let problem): "\(problem); it is passed over"
        case .kept(let service, let count, let time):
            "the registry came back without \(Self.instances(count)) of \(service), kept for \(time)"
        case .dropped(let service, let count):
            "the registry has not got back \(Self.instances(count)) of \(service), no longer kept"
        case .loadedFromDisk(let service, let count, let path):
            "the registry is away: \(Self.instances(count)) of \(service) from \(path)"
        case .diskProblem(let text), .failed(let text): text
        case .replaced(let path, let session):
            "\(path) was registered anew by \(session.map { "session \($0)" } ?? "somebody without a session")"
        }
    }

    private static func instances(_ count: Int) -> String { "\(count) instance\(count == 1 ? "" : "s")" }
}
