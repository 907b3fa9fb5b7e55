import Synchronization
import ZooKeeperClient

/// The task behind a ``Registration``.
final class RegistrationKeeper: Sendable {
    let states = Broadcast<RegistrationState>(.pending)
    private let client: ZooKeeperClient
    private let layout: RegistryLayout
    private let report: @Sendable (RegistryNotice) -> Void
    private let kept: Mutex<Kept>

    private struct Kept {
        var instance: ServiceInstance
        /// Where it was registered last; a sequential znode gets another name each time.
        var path: String?
        /// The data that it has there, as far as we know.
        var data: [UInt8] = []
        /// The data that it shall have there, until the registry has taken it.
        var unwritten: [UInt8]?
        var problem: (any Error)?
    }

    init(
        client: ZooKeeperClient, layout: RegistryLayout, instance: ServiceInstance,
        report: @escaping @Sendable (RegistryNotice) -> Void
    ) {
        self.client = client
        self.layout = layout
        self.report = report
        kept = Mutex(Kept(instance: instance))
    }

    var instance: ServiceInstance { kept.withLock { $0.instance } }
    /// Why the instance is not registered, if that is not the registry's being away.
    var problem: (any Error)? { kept.withLock { $0.problem } }
    private var path: String? { kept.withLock { $0.path } }

    func run() async {
        defer {
            states.send(.ended)
            states.finish()
        }
        var pause = Duration.milliseconds(50)
        while !Task.isCancelled {
            do {
                let path = try await register()
                pause = .milliseconds(50)
                try await keep(path)
            } catch is CancellationError {
                return
            } catch {
                if Task.isCancelled { return }
                if client.state == .closed || client.state == .authenticationFailed { return fail(error) }
                switch (error as? ZooKeeperError)?.code {
                case .connectionLoss, .requestTimeout, .operationTimeout, .sessionMoved, .nodeExists, .noNode,
                    .badVersion:
                    break
                case .sessionExpired:
                    states.send(.pending)
                    // Without a new session there is nothing more to do.
                    if client.isOver { return fail(error) }
                default: fail(error)
                }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    private func fail(_ error: any Error) {
        kept.withLock { $0.problem = error }
        report(.failed("\(instance.name) \(instance.endpoint) is not registered: \(error)"))
        states.send(states.current)
    }

    // MARK: Registering

    /// Sees to it that the instance is in the registry as one of this session, and returns where.
    private func register() async throws -> String {
        let instance = self.instance
        let node = try layout.node(for: instance)
        let path = try await create(node, instance: instance)
        kept.withLock { kept in
            kept.path = path
            kept.data = node.data
            if kept.unwritten == node.data { kept.unwritten = nil }
            kept.problem = nil
        }
        states.send(.registered(path: path))
        return path
    }

    private func create(_ node: NewNode, instance: ServiceInstance) async throws -> String {
        if node.mode.isSequential, let mine = try await mine(like: node) { return mine }
        for attempt in 0... {
            do {
                return try await client.create(node.path, data: node.data, mode: node.mode).path
            } catch ErrorCode.noNode where attempt < 3 {
                try await makeParents(of: node.path)
            } catch ErrorCode.nodeExists where attempt < 3 {
                try await takeOver(node)
                return node.path
            } catch let error as ZooKeeperError where error.isOutcomeUnknown && node.mode.isSequential && attempt < 3 {
                // It may be there all the same, under a name that nobody has told us.
                if let mine = try await mine(like: node) { return mine }
            }
        }
        fatalError("the last attempt throws")
    }

    /// A sequential znode of this session with this content, from a create whose answer was lost.
    private func mine(like node: NewNode) async throws -> String? {
        guard let session = client.session?.id, let slash = node.path.lastIndex(of: "/") else { return nil }
        let parent = String(node.path[..<slash])
        let prefix = node.path[node.path.index(after: slash)...]
        let names: [String]
        do { names = try await client.getChildren(parent).names } catch ErrorCode.noNode { return nil }
        // The last ones first: ours is young.
        for name in names.filter({ $0.hasPrefix(prefix) }).sorted().reversed().prefix(64) {
            do {
                let (data, stat) = try await client.getData("\(parent)/\(name)")
                if stat.ephemeralOwner == session, data == node.data { return "\(parent)/\(name)" }
            } catch ErrorCode.noNode {}
        }
        return nil
    }

    private func makeParents(of path: String) async throws {
        var missing: [String] = []
        var parent = path
        while let slash = parent.lastIndex(of: "/"), slash > parent.startIndex {
            parent = String(parent[..<slash])
            missing.append(parent)
        }
        for path in missing.reversed() {
            do {
                try await client.create(path, data: [], mode: layout.parentMode)
            } catch ErrorCode.nodeExists {}
        }
    }

    /// The znode is there already: ours, or of somebody who registered under this id before, most likely ourselves before a restart. As
    /// with Curator the new one takes its place, deleted and made anew so that who watches sees it.
    private func takeOver(_ node: NewNode) async throws {
        let (data, stat) = try await client.getData(node.path)
        if stat.ephemeralOwner == client.session?.id || !node.mode.isEphemeral && stat.ephemeralOwner == .none {
            if data != node.data { try await client.setData(node.path, node.data, version: stat.version) }
            return
        }
        try await client.transaction([
            .delete(path: node.path, version: stat.version),
            .create(path: node.path, data: node.data, mode: node.mode),
        ])
    }

    // MARK: Keeping

    /// Watches the znode until it has to be made anew.
    private func keep(_ path: String) async throws {
        for try await _ in client.changes(of: path) {
            let data: [UInt8]
            let stat: Stat
            do {
                let read = try await client.getData(path)
                (data, stat) = (read.data ?? [], read.stat)
            } catch ErrorCode.noNode {
                states.send(.pending)
                return
            }
            let isMine = stat.ephemeralOwner == client.session?.id || !instance.kind.isDynamic
            guard isMine else {
                if case .replaced = states.current { continue }
                states.send(.replaced(path: path))
                report(.replaced(path: path, by: stat.ephemeralOwner == .none ? nil : stat.ephemeralOwner))
                continue
            }
            if let unwritten = kept.withLock({ $0.unwritten }) {
                if data != unwritten { try await client.setData(path, unwritten, version: stat.version) }
                kept.withLock { $0.data = unwritten }
                kept.withLock { if $0.unwritten == unwritten { $0.unwritten = nil } }
            } else if try !layout.readsData && layout.node(for: instance).path != path {
                // A change whose outcome nobody has told us.
                try? await client.delete(path)
                return
            }
            adopt(data, at: path)
            if states.current != .registered(path: path) { states.send(.registered(path: path)) }
        }
    }

    /// What somebody has written to our znode is what we register from now on.
    private func adopt(_ data: [UInt8], at path: String) {
        kept.withLock { kept in
            guard layout.readsData, kept.unwritten == nil, data != kept.data else { return }
            kept.data = data
            let node = String(path[path.index(after: path.lastIndex(of: "/")!)...])
            guard var changed = try? layout.instance(service: kept.instance.name, node: node, data: data) else {
                return
            }
            // These say where the znode is.
            changed.name = kept.instance.name
            changed.id = kept.instance.id
            changed.kind = kept.instance.kind
            kept.instance = changed
        }
    }

    // MARK: Changing

    func update(_ change: @Sendable (inout ServiceInstance) -> Void) async throws {
        let (old, new, path) = kept.withLock { kept in
            let old = kept.instance
            change(&kept.instance)
            kept.instance.name = old.name
            kept.instance.id = old.id
            kept.instance.kind = old.kind
            return (old, kept.instance, kept.path)
        }
        guard old != new else { return }
        let node: NewNode
        do {
            node = try layout.node(for: new)
        } catch {
            kept.withLock { $0.instance = old }
            throw error
        }
        if layout.readsData { kept.withLock { $0.unwritten = node.data } }
        guard let path, case .registered = states.current else { return }
        do {
            if layout.readsData {
                try await client.setData(path, node.data)
                kept.withLock { kept in
                    kept.data = node.data
                    if kept.unwritten == node.data { kept.unwritten = nil }
                }
            } else if node.path != path {
                // The name says it all: the new one is there before the old one is not.
                try await client.create(node.path, data: node.data, mode: node.mode)
                kept.withLock { $0.path = node.path }
                try await client.delete(path)
            }
        } catch let error as ZooKeeperError {
            switch error.code {
            // The task that keeps it does it as soon as it can.
            case .connectionLoss, .requestTimeout, .operationTimeout, .sessionExpired, .sessionMoved, .noNode,
                .nodeExists:
                break
            default: throw error
            }
        }
    }

    func deregister() async throws {
        guard let path = kept.withLock({ $0.path }) else { return }
        do {
            let stat = try await client.exists(path)
            guard let stat, stat.ephemeralOwner == client.session?.id || !instance.kind.isDynamic else { return }
            try await client.delete(path, version: stat.version)
        } catch ErrorCode.noNode {
        } catch ErrorCode.badVersion {
            try await client.delete(path)
        }
    }

    /// ``deregister()`` for one that nobody waits for.
    func remove() async {
        guard client.state.isConnected else { return }
        try? await deregister()
    }
}

extension ZooKeeperClient {
    /// Whether no later session will come.
    var isOver: Bool { state == .closed || state == .authenticationFailed }
}
