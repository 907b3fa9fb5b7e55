import ZooKeeperClient

/// A queue of small messages: first in, first out.
///
/// **Guarantees.** Each entry is given to one taker at most. It is removed before it is given: a taker that dies with it takes it along
/// (``LockingQueue`` is for work that must be done). An entry whose taking has an unknown outcome, because the connection broke, is
/// thrown as such. ZooKeeper is no message broker: an entry is a znode, and a queue is read as a whole to take one.
///
/// Recipes: Curator's `SimpleDistributedQueue`; kazoo's `Queue`, with priorities.
public struct DistributedQueue: Sendable {
    private let client: ZooKeeperClient
    private let path: String
    private let style: NameStyle

    public init(_ client: ZooKeeperClient, at path: String, names: NameStyle = .curator) {
        self.client = client
        self.path = path
        style = names
    }

    /// Puts an entry at the end.
    ///
    /// - Parameter priority: 0 to 999, the lowest taken first; only kazoo's queues have them.
    public func put(_ data: [UInt8], priority: Int = 100) async throws {
        try await client.putEntry(data, in: path, style, priority: priority)
    }

    /// Takes the first entry; nil if there is none.
    public func poll() async throws -> [UInt8]? {
        do {
            return try await first(of: client.repeating { try await client.getChildren(path).names })
        } catch ErrorCode.noNode {
            return nil
        }
    }

    /// Takes the first entry, and waits until there is one.
    ///
    /// - Throws: ``RecipeError/timeout(path:after:)``.
    public func take(timeout: Duration? = nil) async throws -> [UInt8] {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        while true {
            // The time limit is for the wait alone: a taking that has begun is not given up.
            let waited: Void? = try await within(deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)) }) {
                try await client.waitForChildren(of: path, style) { !QueueEntry.sorted($0, style).isEmpty }
            }
            if let data = try await poll() { return data }
            if waited == nil { throw RecipeError.timeout(path: path, after: timeout ?? .zero) }
        }
    }

    /// How many entries wait.
    public func count() async throws -> Int {
        do {
            return QueueEntry.sorted(try await client.getChildren(path).names, style).count
        } catch ErrorCode.noNode {
            return 0
        }
    }

    private func first(of names: [String]) async throws -> [UInt8]? {
        for name in QueueEntry.sorted(names, style) {
            let entry = ZNodeName.path(path, name)
            do {
                let data = try await client.repeating { try await client.getData(entry).data }
                // Nobody is told that he took what another may have taken.
                try await client.delete(entry, retries: .whenCertain)
                return data ?? []
            } catch ErrorCode.noNode {
                // Somebody else has taken it.
            }
        }
        return nil
    }
}

extension ZooKeeperClient {
    func putEntry(_ data: [UInt8], in path: String, _ style: NameStyle, priority: Int) async throws {
        guard (0...999).contains(priority) else {
            throw RecipeError.foreign(path: path, detail: "priorities are 0 to 999, not \(priority)")
        }
        let entry = ZNodeName.path(path, QueueEntry.prefix(style, priority: priority))
        while true {
            do {
                try await create(entry, data: data, mode: .persistentSequential)
                return
            } catch ErrorCode.noNode {
                try await makePath(path, style)
            }
        }
    }

    /// Waits until the children of a znode, which is made if it is missing, satisfy a condition.
    func waitForChildren(of path: String, _ style: NameStyle, until condition: @Sendable ([String]) -> Bool)
        async throws
    {
        try await repeating {
            while true {
                do {
                    let (names, _, watch) = try await getChildren(watching: path)
                    if condition(names) { return }
                    _ = try await watch.event()
                } catch ErrorCode.noNode {
                    try await makePath(path, style)
                }
            }
        }
    }
}
