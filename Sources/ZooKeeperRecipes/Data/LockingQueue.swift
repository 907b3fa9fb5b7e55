import ZooKeeperClient

/// A queue of work that must be done: an entry stays until somebody has worked it off.
///
/// **Guarantees.** An entry is given to one worker at a time, and again until a body has ended without an error: at least once (twice,
/// if the connection breaks just when it is removed). A worker that loses its session is cancelled before another gets the entry, as a
/// holder of ``DistributedLock``, and cannot remove it any more: entry and lock go in one transaction, which only the lock's owner can
/// do. Entries of lower priority go first, those of one priority in the order in which they came.
///
/// Recipe: kazoo's `LockingQueue` (`PATH/entries`, `PATH/taken`); Curator has none of this layout.
public struct LockingQueue: Sendable {
    private let client: ZooKeeperClient
    private let path: String

    public init(_ client: ZooKeeperClient, at path: String) {
        self.client = client
        self.path = path
    }

    /// Puts an entry; `priority` is 0 to 999, the lowest first.
    public func put(_ data: [UInt8], priority: Int = 100) async throws {
        try await client.putEntry(data, in: entries, .kazoo, priority: priority)
    }

    /// How many entries are not done yet, those that somebody works on included.
    public func count() async throws -> Int {
        do {
            return QueueEntry.sorted(try await client.getChildren(entries).names, .kazoo).count
        } catch ErrorCode.noNode {
            return 0
        }
    }

    /// Waits for an entry, has `body` work on it in a task of its own, and removes it when `body` has ended without an error; else it
    /// goes to the next worker.
    ///
    /// - Throws: ``RecipeError/timeout(path:after:)`` if there was none to be had; ``RecipeError/lost(path:token:reason:)`` if it may be
    ///   another worker's by now; what `body` throws.
    public func work<Value: Sendable>(
        timeout: Duration? = nil, _ body: @escaping @Sendable ([UInt8], FencingToken) async throws -> Value
    ) async throws -> Value {
        guard let (lock, data) = try await within(timeout, { try await take() }) else {
            throw RecipeError.timeout(path: path, after: timeout ?? .zero)
        }
        return try await Holding.hold(client, lock, of: path, releasing: { try await release(lock, isDone: $0) }) {
            try await body(data, $0)
        }
    }

    private var entries: String { ZNodeName.path(path, "entries") }
    private var taken: String { ZNodeName.path(path, "taken") }

    private func take() async throws -> (OwnZNode, [UInt8]) {
        try await client.repeating {
            while true {
                do {
                    // Both watched before either is judged: an entry that comes, and one that is given back.
                    let (names, _, added) = try await client.getChildren(watching: entries)
                    let (locks, _, returned) = try await client.getChildren(watching: taken)
                    for name in QueueEntry.sorted(names, .kazoo, without: Set(locks)) {
                        if let work = try await take(name) { return work }
                    }
                    try await first(of: added, returned)
                } catch ErrorCode.noNode {
                    try await client.makePath(entries, .kazoo)
                    try await client.makePath(taken, .kazoo)
                }
            }
        }
    }

    /// Nil if another worker has it, or has done it.
    private func take(_ name: String) async throws -> (OwnZNode, [UInt8])? {
        let lock: OwnZNode
        do {
            lock = try await client.createEphemeral(
                in: taken, name, isSequential: false, data: Array(RandomID.random().hex.utf8), .kazoo)
        } catch ErrorCode.nodeExists {
            return nil
        }
        do {
            return (
                lock, try await client.repeating { try await client.getData(ZNodeName.path(entries, name)).data ?? [] }
            )
        } catch ErrorCode.noNode {
            client.removeInBackground(lock)
            return nil
        } catch {
            client.removeInBackground(lock)
            throw error
        }
    }

    private func first(of watches: ZNodeWatch...) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for watch in watches { group.addTask { _ = try await watch.event() } }
            try await group.next()
            group.cancelAll()
        }
    }

    private func release(_ lock: OwnZNode, isDone: Bool) async throws {
        guard isDone else {
            if try await client.remove(lock) { return }
            throw ZooKeeperError(.noNode, operation: "delete", path: lock.path)
        }
        // No other worker can have made this lock: our session is surely alive, and it was ours.
        try await client.transaction([.delete(path: lock.path), .delete(path: ZNodeName.path(entries, lock.name))])
    }
}
