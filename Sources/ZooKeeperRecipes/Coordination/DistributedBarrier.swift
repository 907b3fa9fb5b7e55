import ZooKeeperClient

/// A barrier at which processes wait until somebody takes it away: it is there as long as its znode is.
///
/// **Guarantees.** Who waits goes on once the barrier has been removed after he began to wait, even if it has been set again since. The
/// barrier outlives whoever set it.
///
/// Recipes: Curator's `DistributedBarrier`, kazoo's `Barrier`.
public struct DistributedBarrier: Sendable {
    private let client: ZooKeeperClient
    private let path: String
    private let style: NameStyle

    public init(_ client: ZooKeeperClient, at path: String, names: NameStyle = .curator) {
        self.client = client
        self.path = path
        style = names
    }

    /// Sets the barrier; nothing happens if it is set.
    public func set() async throws {
        try await client.repeating {
            do {
                try await client.create(path)
            } catch ErrorCode.noNode {
                try await client.makePath(ZNodeName.parent(of: path), style)
                do { try await client.create(path) } catch ErrorCode.nodeExists {}
            } catch ErrorCode.nodeExists {
                // Set already.
            }
        }
    }

    /// Lets everybody go on; nothing happens if it is not set.
    public func remove() async throws {
        try await client.repeating {
            do { try await client.delete(path) } catch ErrorCode.noNode {}
        }
    }

    /// Waits until the barrier is not set.
    ///
    /// - Throws: ``RecipeError/timeout(path:after:)``; `sessionExpired` if the session ends first.
    public func wait(timeout: Duration? = nil) async throws {
        let passed: Void? = try await within(timeout) {
            /// The barrier's at which we began to wait.
            var begun: ZXID?
            try await client.repeating {
                while true {
                    do {
                        let (_, stat, watch) = try await client.getData(watching: path)
                        // Removed and set again while nobody could tell us: after a reconnection, or behind a change of its data.
                        if let begun, stat.czxid != begun { return }
                        begun = stat.czxid
                        if try await watch.event().type == .nodeDeleted { return }
                    } catch ErrorCode.noNode {
                        return
                    }
                }
            }
        }
        if passed == nil { throw RecipeError.timeout(path: path, after: timeout ?? .zero) }
    }
}
