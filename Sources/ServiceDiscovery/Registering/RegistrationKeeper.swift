import Synchronization
import ZooKeeperClient

/// The task behind a ``Registration``.
final class RegistrationKeeper: Sendable {
    let states = Broadcast<RegistrationState>(.pending)
    private let client: ZooKeeperClient
    private let layout: RegistryLayout
    private let report: @Sendable (RegistryNotice) -> Void
    private let kept: Mutex<KeptRegistration>
    private let lastProblem = Mutex<(any Error)?>(nil)

    init(
        client: ZooKeeperClient, layout: RegistryLayout, instance: ServiceInstance,
        report: @escaping @Sendable (RegistryNotice) -> Void
    ) {
        self.client = client
        self.layout = layout
        self.report = report
        kept = Mutex(KeptRegistration(layout: layout, instance: instance))
    }

    var instance: ServiceInstance { kept.withLock { $0.instance } }
    /// Why the instance is not registered, if that is not the registry's being away.
    var problem: (any Error)? { lastProblem.withLock { $0 } }

    func run() async {
        defer {
            states.send(.ended)
            states.finish()
        }
        var pause = Duration.milliseconds(50)
        var expirations = 0
        while !Task.isCancelled {
            do {
                let path = try await register()
                pause = .milliseconds(50)
                expirations = 0
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
                    // A client that does not renew its session will never have another.
                    expirations += 1
                    if expirations > 10, client.state == .expired { return fail(error) }
                default: fail(error)
                }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    private func fail(_ error: any Error) {
        lastProblem.withLock { $0 = error }
        report(.failed("\(instance.name) \(instance.endpoint) is not registered: \(error)"))
        states.send(states.current)
    }

    // MARK: Registering

    /// Sees to it that the instance is in the registry as one of this session, and returns where.
    private func register() async throws -> String {
        let node = try layout.node(for: instance)
        let path = try await create(node)
        kept.withLock { $0.registered(at: path, data: node.data, session: client.session?.id) }
        lastProblem.withLock { $0 = nil }
        states.send(.registered(path: path))
        return path
    }

    private func create(_ node: NewNode) async throws -> String {
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
        do {
            // The server may be another one than the create was sent to, and behind that.
            try await client.sync(parent)
            names = try await client.getChildren(parent).names
        } catch ErrorCode.noNode { return nil }
        // The last ones first: ours is young.
        for name in names.filter({ $0.hasPrefix(prefix) }).sorted().reversed().prefix(64) {
            let path = "\(parent)/\(name)"
            // Others' znodes may be there that we may not read.
            guard try await client.exists(path)?.ephemeralOwner == session else { continue }
            do {
                if try await client.getData(path).data == node.data { return path }
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
            let (upkeep, isThere) = try await lookAfter(path)
            switch upkeep {
            case .registered, .write: break
            case .registerAnew:
                states.send(.pending)
                // Under a name that says all, the old one is of no more use.
                if !layout.readsData, isThere { try await client.delete(path) }
                return
            case .wait(let session):
                if case .replaced = states.current { continue }
                states.send(.replaced(path: path))
                report(.replaced(path: path, by: session))
                continue
            }
            if states.current != .registered(path: path) { states.send(.registered(path: path)) }
        }
    }

    /// Reads the znode and writes what it shall say; never over what others have written and we have not read.
    private func lookAfter(_ path: String) async throws -> (upkeep: KeptRegistration.Upkeep, isThere: Bool) {
        while true {
            var found: KeptRegistration.Found?
            var version: Int32?
            do {
                let (data, stat) = try await client.getData(path)
                found = KeptRegistration.Found(data: data ?? [], owner: stat.ephemeralOwner)
                version = stat.version
            } catch ErrorCode.noNode {}
            let upkeep = kept.withLock { $0.upkeep(found, session: client.session?.id) }
            guard case .write(let data) = upkeep else { return (upkeep, found != nil) }
            do {
                try await client.setData(path, data, version: version)
                kept.withLock { $0.written(data) }
                return (.registered, true)
            } catch ErrorCode.badVersion {
                // Somebody else, or the other task of ours, has written meanwhile.
            }
        }
    }

    // MARK: Changing

    func update(_ change: @Sendable (inout ServiceInstance) -> Void) async throws {
        guard let node = try kept.withLock({ kept throws(InvalidInstance) in try kept.change(change) }) else { return }
        guard case .registered(let path) = states.current else { return }
        do {
            if layout.readsData {
                // What there is to do otherwise, the task that keeps it sees for itself.
                _ = try await lookAfter(path)
            } else if node.path != path {
                // The name says it all: the new one is there before the old one is not.
                try await client.create(node.path, data: node.data, mode: node.mode)
                kept.withLock { $0.moved(to: node.path) }
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

    /// Behind the end of ``run()``.
    func deregister() async throws {
        if let path = kept.withLock({ $0.path }), try await delete(path) { return }
        // A create whose answer nobody has waited for may have been carried out, under a name that nobody has told us.
        guard let session = client.session?.id, let node = try? layout.node(for: instance) else { return }
        if node.mode.isSequential {
            if let mine = try await mine(like: node) { _ = try await delete(mine) }
            return
        }
        try await client.sync(node.path)
        guard let stat = try await client.exists(node.path) else { return }
        if node.mode.isEphemeral {
            if stat.ephemeralOwner == session { _ = try await delete(node.path) }
        } else {
            // One without an owner is known by what it says.
            do {
                if try await client.getData(node.path).data == node.data { _ = try await delete(node.path) }
            } catch ErrorCode.noNode {}
        }
    }

    /// Deletes the znode if it is ours, and returns whether it was.
    private func delete(_ path: String) async throws -> Bool {
        do {
            let stat = try await client.exists(path)
            guard let stat, stat.ephemeralOwner == client.session?.id || !instance.kind.isDynamic else { return false }
            try await client.delete(path, version: stat.version)
        } catch ErrorCode.noNode {
            return false
        } catch ErrorCode.badVersion {
            try await client.delete(path)
        }
        return true
    }

    /// ``deregister()`` for one that nobody waits for.
    func remove() async {
        guard client.state.isConnected else { return }
        try? await deregister()
    }
}
