import ZooKeeperClient

/// A whole number that processes share and change without losing each other's changes.
///
/// **Guarantees.** Every change happens to the newest value (a compare and set by the znode's version). An addition whose outcome is
/// unknown, because the connection broke and others have changed the counter since, is thrown as such (`isOutcomeUnknown`) and not done
/// a second time.
///
/// Recipes: Curator's `SharedCount`, `DistributedAtomicInteger`, `DistributedAtomicLong`; kazoo's `Counter` (``CounterFormat``).
public struct DistributedCounter: Sendable {
    private let client: ZooKeeperClient
    private let path: String
    private let format: CounterFormat
    private let initial: Int

    /// - Parameter initial: The value of a counter that nobody has written yet.
    public init(_ client: ZooKeeperClient, at path: String, format: CounterFormat = .int64, initial: Int = 0) {
        self.client = client
        self.path = path
        self.format = format
        self.initial = initial
    }

    /// The value, as this client's server knows it.
    public func value() async throws -> Int {
        try await read()?.value ?? initial
    }

    /// Adds to the value and tells the new one.
    ///
    /// - Throws: ``RecipeError/foreign(path:detail:)`` if the znode holds no number of this format, or the sum has no room in it.
    @discardableResult
    public func add(_ difference: Int) async throws -> Int {
        try await change { value in
            let (sum, overflow) = value.addingReportingOverflow(difference)
            return overflow ? nil : sum
        }
    }

    /// Sets the value, whatever it was.
    public func set(_ value: Int) async throws {
        try await change { _ in value }
    }

    /// Changes the value by a function, which may be called more than once and must give the same for the same.
    ///
    /// - Parameter new: Nil for a value that has no room.
    @discardableResult
    public func change(_ new: (Int) -> Int?) async throws -> Int {
        while true {
            let current = try await read()
            let old = current?.value ?? initial
            guard let value = new(old), let data = format.data(of: value) else {
                throw RecipeError.foreign(path: path, detail: "what would come after \(old) has no room in \(format)")
            }
            do {
                if let current {
                    try await client.setData(path, data, version: current.version)
                } else {
                    try await client.create(path, data: data, retries: .whenCertain)
                }
                return value
            } catch ErrorCode.badVersion, ErrorCode.nodeExists {
                // Somebody else was quicker.
            } catch ErrorCode.noNode {
                try await client.makePath(ZNodeName.parent(of: path), format == .text ? .kazoo : .curator)
            }
        }
    }

    /// Nil if there is no znode.
    private func read() async throws -> (value: Int, version: Int32)? {
        do {
            let (data, stat) = try await client.repeating { try await client.getData(path) }
            guard let value = format.value(of: data ?? [], default: initial) else {
                throw RecipeError.foreign(
                    path: path, detail: "\(data?.count ?? 0) bytes that are no number of \(format)")
            }
            return (value, stat.version)
        } catch ErrorCode.noNode {
            return nil
        }
    }
}
