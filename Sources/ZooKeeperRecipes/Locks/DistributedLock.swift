import ZooKeeperClient

/// A lock that processes on many machines share: at most one holds it.
///
/// ```swift
/// let lock = DistributedLock(client, at: "/locks/billing")
/// try await lock.withLock { token in
///     try await ledger.write(entries, fencedBy: token)
/// }
/// ```
///
/// **Guarantees.** At most one holder at any moment, those of Curator or kazoo included (``NameStyle`` says with whom). Those who wait
/// get it in the order in which they came. Tokens grow from holder to holder. A holder whose session may expire is told before it does: its
/// task is cancelled before the ensemble lets the next one in. A holder from whom somebody takes the lock, by removing its znode or closing
/// its session, is told at that moment, which is also when the next one gets it. A connection that is lost and found again in time costs
/// nothing.
///
/// **What no lock can do**: stop a holder that does not run (a paused process, a machine that swaps) or does not heed its cancellation.
/// So what the lock protects should check the token.
///
/// Not reentrant: who holds it and asks again waits for himself. Recipes: Curator's `InterProcessMutex`, kazoo's `Lock`.
public struct DistributedLock: Sendable {
    private let contention: Contention

    /// - Parameters:
    ///   - path: The znode below which contenders queue; it is made when it is missing.
    ///   - id: What this contender calls itself, for people who look.
    public init(_ client: ZooKeeperClient, at path: String, names: NameStyle = .curator, id: String = "") {
        contention = Contention(client: client, path: path, kind: .lock, style: names, data: Array(id.utf8))
    }

    /// Waits for the lock, calls `body` in a task of its own, and releases the lock when `body` has ended, however it does.
    ///
    /// - Parameter timeout: How long to wait for the lock; nil: as long as it takes.
    /// - Throws: ``RecipeError/lost(path:token:reason:)`` if the lock was lost before `body` ended: it was cancelled then;
    ///   ``RecipeError/timeout(path:after:)``; what `body` throws; `CancellationError`; `sessionExpired` and other errors of the session.
    public func withLock<Value: Sendable>(
        timeout: Duration? = nil, _ body: @escaping @Sendable (FencingToken) async throws -> Value
    ) async throws -> Value {
        let own = try await contention.acquire(within: timeout)
        return try await Holding.hold(contention.client, own, of: contention.path, body)
    }

    /// Who holds the lock and who waits for it, in this order.
    public func participants() async throws -> [Participant] {
        try await contention.participants()
    }
}
