import ZooKeeperClient

/// What a registration knows of its znode, and what follows from how the znode is found. Pure.
struct KeptRegistration: Sendable {
    let layout: RegistryLayout
    /// As it is registered, now or next time.
    private(set) var instance: ServiceInstance
    /// Where it was registered last; a sequential znode gets another name each time.
    private(set) var path: String?
    /// The data that it has there, as far as we know.
    private var data: [UInt8] = []
    /// What ``data`` says.
    private var known: ServiceInstance
    /// The data that it shall have there, until the registry has taken it.
    private var unwritten: [UInt8]?
    /// The sessions of ours that have registered it.
    private var sessions: Set<SessionID> = []

    init(layout: RegistryLayout, instance: ServiceInstance) {
        self.layout = layout
        self.instance = instance
        known = instance
    }

    /// A znode as it was read.
    struct Found: Hashable, Sendable {
        var data: [UInt8]
        /// `.none` for one that stays.
        var owner: SessionID
    }

    enum Upkeep: Hashable, Sendable {
        /// All is as it should be, or what others have changed was taken over.
        case registered
        /// It is not there, or is one of a former session of ours, or has an old name.
        case registerAnew
        case write([UInt8])
        /// It is somebody else's.
        case wait(for: SessionID?)
    }

    /// What to do about the znode at ``path``, found so (nil when it is missing) by `session`.
    mutating func upkeep(_ found: Found?, session: SessionID?) -> Upkeep {
        guard let found else { return .registerAnew }
        if instance.kind.isDynamic, found.owner != session {
            return sessions.contains(found.owner)
                ? .registerAnew : .wait(for: found.owner == .none ? nil : found.owner)
        }
        guard layout.readsData else {
            return (try? layout.node(for: instance).path) == path ? .registered : .registerAnew
        }
        if found.data == unwritten {
            written(found.data)
        } else if found.data != data {
            adopt(found.data)
        }
        return unwritten.map { .write($0) } ?? .registered
    }

    mutating func registered(at path: String, data: [UInt8], session: SessionID?) {
        self.path = path
        written(data)
        if let session { sessions.insert(session) }
        // Those of long ago have ended.
        if sessions.count > 16 { sessions = session.map { [$0] } ?? [] }
    }

    mutating func written(_ data: [UInt8]) {
        self.data = data
        if unwritten == data { unwritten = nil }
        known = unwritten == nil ? instance : parse(data) ?? known
    }

    /// Under a name that says all, a change is another znode.
    mutating func moved(to path: String) { self.path = path }

    /// Changes the instance, but not what says where it is; nil when nothing has changed.
    mutating func change(_ change: (inout ServiceInstance) -> Void) throws(InvalidInstance) -> NewNode? {
        var changed = instance
        change(&changed)
        keepIdentity(&changed)
        guard changed != instance else { return nil }
        let node = try layout.node(for: changed)
        instance = changed
        if layout.readsData { unwritten = node.data }
        return node
    }

    /// What somebody has written to our znode is what we register from now on, with what we have changed and not written yet.
    private mutating func adopt(_ data: [UInt8]) {
        self.data = data
        guard let theirs = parse(data) else { return }
        if unwritten != nil {
            instance = instance.changes(since: known, in: theirs)
            unwritten = (try? layout.node(for: instance).data) ?? unwritten
            if unwritten == data { unwritten = nil }
        } else {
            instance = theirs
        }
        known = theirs
    }

    private func parse(_ data: [UInt8]) -> ServiceInstance? {
        let node = path.map { String($0[$0.index(after: $0.lastIndex(of: "/")!)...]) } ?? ""
        guard var found = try? layout.instance(service: instance.name, node: node, data: data) else { return nil }
        keepIdentity(&found)
        return found
    }

    private func keepIdentity(_ changed: inout ServiceInstance) {
        changed.name = instance.name
        changed.id = instance.id
        changed.kind = instance.kind
    }
}

extension ServiceInstance {
    /// `theirs` with those members of this one that are others than in `base`.
    fileprivate func changes(since base: ServiceInstance, in theirs: ServiceInstance) -> ServiceInstance {
        var merged = theirs
        func take<Value: Equatable>(_ member: WritableKeyPath<ServiceInstance, Value>) {
            if self[keyPath: member] != base[keyPath: member] { merged[keyPath: member] = self[keyPath: member] }
        }
        take(\.address)
        take(\.port)
        take(\.sslPort)
        take(\.payload)
        take(\.registrationTime)
        take(\.uriSpec)
        take(\.isEnabled)
        return merged
    }
}
