import NIOConcurrencyHelpers
import ZooKeeperClient

/// A copy of a znode and everything below it, kept up to date: to be read without asking the servers.
///
/// **Guarantees.** Each znode's data is what it was at some moment, never older than what the cache had before, and soon after the last
/// change the cache equals the tree. Two changes that happened one after the other may be seen in the other order if they were of
/// different znodes. While the servers cannot be reached the cache keeps what it had (``isCurrent`` says so); afterwards the whole tree
/// is read again, and its differences are told. Of a znode whose data was never changed, the Stat's counts of children may be older.
///
/// One persistent recursive watch (servers from 3.6 on) and one read per change. Recipes: Curator's `CuratorCache` and `TreeCache`,
/// kazoo's `TreeCache`.
public final class TreeCache: Sendable {
    private struct State {
        var tree = CachedTree()
        var isFilled = false
    }

    /// The znode that is kept with everything below it.
    public let path: String
    private let client: ZooKeeperClient
    private let limit: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter limit: How many znodes are kept at most; a tree of more ends ``run(_:)`` with an error.
    public init(_ client: ZooKeeperClient, at path: String, limit: Int = 1_000_000) {
        self.path = path
        self.client = client
        self.limit = limit
    }

    /// Keeps the cache up to date until the task is cancelled or the session ends.
    ///
    /// - Parameter onChange: Called for every change, the first filling included, one at a time; the cache knows the change by then. A
    ///   slow one delays the cache, and costs a reading of the whole tree when too much has happened meanwhile.
    /// - Throws: ``RecipeError/foreign(path:detail:)`` for a tree above the limit.
    public func run(_ onChange: (TreeChange) async throws -> Void = { _ in }) async throws {
        try await run(whenFilled: {}, onChange)
    }

    /// Fills the cache, and keeps it up to date while `body` runs, in a task of its own.
    ///
    /// - Throws: What `body` throws, and what ends ``run(_:)``, which cancels `body`.
    public func whileCurrent<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let (filled, isFilled) = AsyncStream.makeStream(of: Never.self)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await self.run(whenFilled: { isFilled.finish() }) { _ in }
                return nil
            }
            group.addTask {
                for await _ in filled {}
                try Task.checkCancellation()
                return try await body()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else {
                throw ZooKeeperError(.sessionExpired, operation: "cache", path: path, detail: "the client was closed")
            }
            return value
        }
    }

    // MARK: Looking

    /// What the cache knows of a znode; nil if there is none.
    public subscript(path: String) -> CachedZNode? {
        state.withLockedValue { $0.tree.znodes[path] }
    }

    /// The names of a znode's children, sorted.
    public func children(of path: String) -> [String] {
        state.withLockedValue { $0.tree.children(of: path) }
    }

    /// Everything, by path.
    public var znodes: [String: CachedZNode] {
        state.withLockedValue(\.tree.znodes)
    }

    /// Whether the cache was filled, and has a connection that tells it of changes.
    public var isCurrent: Bool {
        client.state.isConnected && state.withLockedValue(\.isFilled)
    }

    // MARK: Reading

    private func run(
        whenFilled: () -> Void, _ onChange: (TreeChange) async throws -> Void
    ) async throws {
        for try await event in client.changes(of: path, recursive: true) {
            let changes: [TreeChange]
            switch event {
            case .readAgain:
                let found = try await readAll()
                changes = state.withLockedValue { state in
                    state.isFilled = true
                    return state.tree.replace(with: found)
                }
                whenFilled()
            case .event(let event):
                // Read now, whatever happened then: so what the cache has never becomes older.
                let znode = try await read(event.path)
                changes = state.withLockedValue { $0.tree.update(event.path, znode) }
            }
            try check(state.withLockedValue(\.tree.znodes.count))
            for change in changes { try await onChange(change) }
        }
    }

    private func read(_ path: String) async throws -> CachedZNode? {
        do {
            let (data, stat) = try await client.repeating { try await client.getData(path) }
            return CachedZNode(data: data, stat: stat)
        } catch ErrorCode.noNode {
            return nil
        }
    }

    /// Level by level, some reads at a time.
    private func readAll() async throws -> [String: CachedZNode] {
        var found: [String: CachedZNode] = [:]
        var level = [path]
        while !level.isEmpty {
            var next: [String] = []
            for start in stride(from: 0, to: level.count, by: 64) {
                let paths = level[start..<min(start + 64, level.count)]
                try await withThrowingTaskGroup(of: (String, CachedZNode, [String])?.self) { group in
                    for path in paths { group.addTask { try await self.readWithChildren(path) } }
                    for try await case let (path, znode, children)? in group {
                        found[path] = znode
                        next += children.map { ZNodeName.path(path, $0) }
                    }
                }
                try check(found.count)
            }
            level = next
        }
        return found
    }

    private func readWithChildren(_ path: String) async throws -> (String, CachedZNode, [String])? {
        guard let znode = try await read(path) else { return nil }
        // Of one that has come since, the watch tells.
        if znode.stat.numChildren == 0 { return (path, znode, []) }
        do {
            return (path, znode, try await client.repeating { try await client.getChildren(path).names })
        } catch ErrorCode.noNode {
            return nil
        }
    }

    private func check(_ count: Int) throws {
        guard count > limit else { return }
        throw RecipeError.foreign(path: path, detail: "there are more than \(limit) znodes, which is the cache's limit")
    }
}
