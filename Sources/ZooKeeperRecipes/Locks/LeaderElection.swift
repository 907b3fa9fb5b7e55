import ZooKeeperClient

/// One of several processes leads; when it goes, the next one does.
///
/// ```swift
/// let election = LeaderElection(client, at: "/scheduler/leader", id: "host-7")
/// try await election.lead { term in
///     try await runScheduler(term: term)
/// }
/// ```
///
/// **Guarantees.** Those of ``DistributedLock``: at most one leader at any moment, and a leader that loses its session, or cannot be
/// sure of it, is told by cancellation before another can lead. The token is the leader's term: later leaders have greater ones.
///
/// Recipes: Curator's `LeaderLatch` and `LeaderSelector`, kazoo's `Election`.
public struct LeaderElection: Sendable {
    /// With whose processes this one stands for election.
    public enum Peers: Hashable, Sendable, CaseIterable {
        /// Curator's `LeaderLatch` (`_c_UUID-latch-0000000001`).
        case leaderLatch
        /// Curator's `LeaderSelector`, which is an `InterProcessMutex`.
        case leaderSelector
        /// kazoo's `Election`, which is a `Lock`.
        case kazoo
    }

    private let contention: Contention

    /// - Parameter id: What this process calls itself; ``participants()`` and its peers' counterparts tell it.
    public init(_ client: ZooKeeperClient, at path: String, peers: Peers = .leaderLatch, id: String = "") {
        contention = Contention(
            client: client, path: path, kind: peers == .leaderLatch ? .latch : .lock,
            style: peers == .kazoo ? .kazoo : .curator, data: Array(id.utf8))
    }

    /// Waits until this process leads, and calls `body` in a task of its own while it does. Leadership ends with `body`.
    ///
    /// - Throws: ``RecipeError/lost(path:token:reason:)`` if leadership was lost before `body` ended; stand again by calling this again
    ///   (which needs a client that gets itself a new session). Else as ``DistributedLock/withLock(timeout:_:)``.
    public func lead<Value: Sendable>(
        timeout: Duration? = nil, _ body: @escaping @Sendable (FencingToken) async throws -> Value
    ) async throws -> Value {
        let own = try await contention.acquire(within: timeout)
        return try await Holding.hold(contention.client, own, of: contention.path, body)
    }

    /// Who leads and who waits to, in this order, as this client's server sees it.
    public func participants() async throws -> [Participant] {
        try await contention.participants()
    }

    /// Who leads; nil if nobody stands.
    public func leader() async throws -> Participant? {
        try await participants().first
    }
}
