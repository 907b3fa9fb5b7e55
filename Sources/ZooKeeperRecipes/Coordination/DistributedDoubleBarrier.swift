import ZooKeeperClient

/// A barrier at which a number of processes begin a piece of work together, and end it together.
///
/// **Guarantees.** No body begins before `members` have come; no call returns before all bodies have ended (or the sessions of those that
/// have not). A member whose session is lost counts as gone: its body is cancelled, as with ``DistributedLock``.
/// A path serves one round at a time: a new one may begin once everybody has left. What a round leaves whose members were all killed lets
/// nobody through. A member whose connection breaks while the last one comes is let through when it is back; not so with kazoo's names,
/// where the first one who leaves takes away what it would see: it waits until its timeout, and the others for it.
///
/// Recipes: Curator's `DistributedDoubleBarrier`, kazoo's `DoubleBarrier`.
public struct DistributedDoubleBarrier: Sendable {
    private let client: ZooKeeperClient
    private let path: String
    private let members: Int
    private let style: NameStyle
    private let data: [UInt8]

    public init(_ client: ZooKeeperClient, at path: String, members: Int, names: NameStyle = .curator, id: String = "")
    {
        self.client = client
        self.path = path
        self.members = members
        style = names
        data = Array(id.utf8)
    }

    /// Waits until all are there, calls `body`, and waits until all are done.
    ///
    /// - Parameter timeout: How long to wait for the others at the beginning.
    /// - Throws: ``RecipeError/timeout(path:after:)``, ``RecipeError/lost(path:token:reason:)``, and what `body` throws, once the others
    ///   are done, too.
    public func together<Value: Sendable>(
        timeout: Duration? = nil, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let (own, ready) = try await within(timeout, { try await enter() }) else {
            throw RecipeError.timeout(path: path, after: timeout ?? .zero)
        }
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await Holding.hold(client, own, of: path, releasing: { _ in }) { _ in try await body() })
        } catch RecipeError.lost(path, own.token, let reason) {
            throw RecipeError.lost(path: path, token: own.token, reason: reason)
        } catch {
            result = .failure(error)
        }
        do {
            try await leave(own, ready)
        } catch {
            client.removeInBackground(own)
            throw error
        }
        return try result.get()
    }

    private var readyPath: String { ZNodeName.path(path, DoubleBarrierStep.ready) }

    /// - Returns: Our znode, and the czxid of the `ready` that let us through, if it could be seen.
    private func enter() async throws -> (OwnZNode, ready: ZXID?) {
        let id = RandomID.random()
        let own = try await client.createEphemeral(
            in: path, style == .curator ? id.dashed : id.hex, isSequential: false, data: data, style)
        do {
            return (own, try await client.repeating { try await waitUntilReady(own) })
        } catch {
            client.removeInBackground(own)
            throw error
        }
    }

    private func waitUntilReady(_ own: OwnZNode) async throws -> ZXID? {
        while true {
            // In this order: if the last one comes between the two reads, the watch tells.
            let (stat, watch) = try await client.exists(watching: readyPath)
            let names = try await client.getChildren(path).names.filter { $0 != DoubleBarrierStep.ready }
            if let ready = stat?.czxid {
                // Only one from before we came can be of another round.
                if own.czxid < ready { return ready }
                var members: [ZXID] = []
                for name in names {
                    if let stat = try await client.exists(ZNodeName.path(path, name)) { members.append(stat.czxid) }
                }
                guard DoubleBarrierStep.isLeftOver(ready: ready, members: members) else { return ready }
                try await deleteReady(ready)
            } else if names.count >= members {
                do { return try await client.create(readyPath).stat.czxid } catch ErrorCode.nodeExists {}
            } else {
                _ = try await watch.event()
                return try await client.exists(readyPath)?.czxid
            }
        }
    }

    /// Not that of the next round.
    private func deleteReady(_ ready: ZXID?) async throws {
        guard let ready, try await client.exists(readyPath)?.czxid == ready else { return }
        do { try await client.delete(readyPath) } catch ErrorCode.noNode {}
    }

    /// With Curator's names `ready` goes last: a member that has not seen it yet would wait for ever, and the others for it. kazoo's members
    /// remove it first, and take it for one of them if it is still there.
    private func leave(_ own: OwnZNode, _ ready: ZXID?) async throws {
        if style == .kazoo { try await client.repeating { try await deleteReady(ready) } }
        try await client.repeating {
            while true {
                let names: [String]
                do { names = try await client.getChildren(path).names } catch ErrorCode.noNode { return }
                let other: String
                switch DoubleBarrierStep(of: own.name, among: names) {
                case .leave:
                    if names.contains(DoubleBarrierStep.ready) { try await deleteReady(ready) }
                    return
                case .deleteAndLeave:
                    if names.contains(DoubleBarrierStep.ready) {
                        do {
                            // In one, so that nobody of the next round sees the one without the other.
                            try await client.transaction([.delete(path: own.path), .delete(path: readyPath)])
                            return
                        } catch ErrorCode.noNode {
                            // Another one has removed it.
                        }
                    }
                    return try await delete(own)
                case .wait(let last): other = last
                case .deleteAndWait(let first):
                    try await delete(own)
                    other = first
                }
                do {
                    _ = try await client.getData(watching: ZNodeName.path(path, other)).watch.event()
                } catch ErrorCode.noNode {
                    continue
                }
            }
        }
    }

    private func delete(_ own: OwnZNode) async throws {
        do { try await client.delete(own.path) } catch ErrorCode.noNode {}
    }
}
