import ZooKeeperClient

/// A lock that many readers hold together, or one writer alone.
///
/// **Guarantees.** Those of ``DistributedLock``, with this difference: readers exclude only writers. Readers and writers get the lock
/// in the order in which they came, so that a writer waits only for those before it, and a stream of readers does not starve it.
///
/// Not reentrant, and a writer cannot become a reader without letting go. Recipes: Curator's `InterProcessReadWriteLock`, kazoo's
/// `ReadLock` and `WriteLock`.
public struct DistributedReadWriteLock: Sendable {
    private let reading: Contention
    private let writing: Contention

    public init(_ client: ZooKeeperClient, at path: String, names: NameStyle = .curator, id: String = "") {
        let data = Array(id.utf8)
        reading = Contention(client: client, path: path, kind: .readLock, style: names, data: data)
        writing = Contention(client: client, path: path, kind: .writeLock, style: names, data: data)
    }

    /// Calls `body` while no writer holds the lock; errors as ``DistributedLock/withLock(timeout:_:)``.
    public func withReadLock<Value: Sendable>(
        timeout: Duration? = nil, _ body: @escaping @Sendable (FencingToken) async throws -> Value
    ) async throws -> Value {
        let own = try await reading.acquire(within: timeout)
        return try await Holding.hold(reading.client, own, of: reading.path, body)
    }

    /// Calls `body` while nobody else holds the lock; errors as ``DistributedLock/withLock(timeout:_:)``.
    public func withWriteLock<Value: Sendable>(
        timeout: Duration? = nil, _ body: @escaping @Sendable (FencingToken) async throws -> Value
    ) async throws -> Value {
        let own = try await writing.acquire(within: timeout)
        return try await Holding.hold(writing.client, own, of: writing.path, body)
    }

    /// Who holds the lock and who waits for it, in the order in which they came.
    public func participants() async throws -> [Participant] {
        try await writing.participants()
    }
}
