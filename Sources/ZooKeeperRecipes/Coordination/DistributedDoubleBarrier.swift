import ZooKeeperClient

/// A barrier at which a number of processes begin a piece of work together, and end it together.
///
/// **Guarantees.** No body begins before `members` have come; no call returns before all bodies have ended (or the sessions of those that
/// have not). A member whose session is lost counts as gone: its body is cancelled, as with ``DistributedLock``.
/// A path serves one round at a time: a new one may begin once everybody has left.
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
        guard let own = try await within(timeout, { try await enter() }) else {
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
            try await leave(own)
        } catch {
            client.removeInBackground(own)
            throw error
        }
        return try result.get()
    }

    private var readyPath: String { ZNodeName.path(path, DoubleBarrierStep.ready) }

    private func enter() async throws -> OwnZNode {
        let id = ContenderID.random()
        let own = try await client.createEphemeral(
            in: path, style == .curator ? id.dashed : id.hex, isSequential: false, data: data, style)
        do {
            try await client.repeating {
                // In this order: if the last one comes between the two reads, the watch tells.
                let (stat, watch) = try await client.exists(watching: readyPath)
                if stat != nil { return }
                let names = try await client.getChildren(path).names.filter { $0 != DoubleBarrierStep.ready }
                if names.count >= members {
                    do { try await client.create(readyPath) } catch ErrorCode.nodeExists {}
                } else {
                    _ = try await watch.event()
                }
            }
            return own
        } catch {
            client.removeInBackground(own)
            throw error
        }
    }

    private func leave(_ own: OwnZNode) async throws {
        try await client.repeating {
            // Whoever comes now begins a new round.
            do { try await client.delete(readyPath) } catch ErrorCode.noNode {}
        }
        try await client.repeating {
            while true {
                let names: [String]
                do { names = try await client.getChildren(path).names } catch ErrorCode.noNode { return }
                let other: String
                switch DoubleBarrierStep(of: own.name, among: names) {
                case .leave: return
                case .deleteAndLeave: return try await delete(own)
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
