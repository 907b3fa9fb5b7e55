import Synchronization
import ZooKeeperClient

/// What a cache does beyond keeping up with the registry.
public struct CacheOptions: Sendable {
    /// Where a copy of each service is kept on disk; nil for none.
    public var directory: String?
    /// How long ``ServiceCache/ready()`` waits for the registry before it makes do with the copy on disk.
    public var patience: Duration = .seconds(3)
    /// How long instances are kept that a registry has lost: it came back empty, or another one.
    public var grace: Duration = .seconds(30)
    /// Between two writes of the copy on disk, at least.
    public var writeInterval: Duration = .seconds(1)
    /// Told what people should know; called from any thread.
    public var report: @Sendable (RegistryNotice) -> Void

    public init(report: @escaping @Sendable (RegistryNotice) -> Void = { _ in }) { self.report = report }
}

/// Neither the registry nor a copy on disk could be read in time.
public struct RegistryUnavailable: Error, Hashable, Sendable, CustomStringConvertible {
    public var service: String
    /// What was waited for in vain, with the last problem.
    public var detail: String

    public var description: String { "nothing is known of \(service): \(detail)" }
}

/// Keeps the instances of one service, as the registry has them: one watch, and one read for each instance that comes or changes.
///
/// It answers from memory, also while the registry is away. It keeps up as long as somebody holds it.
public final class ServiceCache: Sendable {
    public let service: String
    private let contents: CacheContents
    private let follower: CacheFollower
    private let tasks: [Task<Void, Never>]

    init(_ client: ZooKeeperClient, layout: RegistryLayout, service: String, options: CacheOptions)
        throws(InvalidInstance)
    {
        let follower = try CacheFollower(client: client, layout: layout, service: service, options: options)
        self.service = service
        self.follower = follower
        contents = follower.contents
        var tasks = [
            Task { await follower.listen() }, Task { await follower.work() }, Task { await follower.followSession() },
        ]
        if follower.copy != nil { tasks.append(Task { await follower.save() }) }
        self.tasks = tasks
    }

    deinit {
        tasks.forEach { $0.cancel() }
        contents.finish()
    }

    /// What is known now.
    public var snapshot: ServiceSnapshot { contents.snapshot }

    /// The instances that are known now, enabled or not.
    public var instances: [ServiceInstance] { snapshot.instances }

    /// What is known now, and whenever that has changed. Who is slow sees the newest. Ends with the cache.
    public var snapshots: AsyncStream<ServiceSnapshot> { contents.snapshots() }

    /// Writes the copy on disk now, as a program does that is about to end; otherwise it follows each change within
    /// ``CacheOptions/writeInterval``. While the snapshot is an old one, the copy stays as it is.
    public func writeCopy() { follower.write(snapshot) }

    /// Waits until there is something to answer with: what the registry has, or, when that is not to be had within
    /// ``CacheOptions/patience`` or because the client has ended, the copy on disk.
    ///
    /// - Throws: ``RegistryUnavailable`` without either; ``ZooKeeperError`` when the service may not be read.
    public func ready() async throws {
        for await snapshot in snapshots {
            if snapshot.age != .unread { return }
            if let problem = contents.problem { throw problem }
        }
        try Task.checkCancellation()
        throw RegistryUnavailable(service: service, detail: "the cache was let go of")
    }
}

/// The newest snapshot and who waits for it.
final class CacheContents: Sendable {
    private struct State {
        var snapshot = ServiceSnapshot(entries: [], age: .unread, version: 0)
        var listeners: [Int: AsyncStream<ServiceSnapshot>.Continuation] = [:]
        var lastListener = 0
        var problem: (any Error)?
        var isFinished = false
    }

    private let state = Mutex(State())

    var snapshot: ServiceSnapshot { state.withLock { $0.snapshot } }
    /// Why nothing is known, and is not about to be.
    var problem: (any Error)? { state.withLock { $0.problem } }

    func publish(_ snapshot: ServiceSnapshot) {
        let listeners = state.withLock { state in
            state.snapshot = snapshot
            state.problem = nil
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield(snapshot) }
    }

    /// Who waits for something to answer with is told that there will be nothing.
    func fail(_ problem: any Error) {
        let (snapshot, listeners) = state.withLock { state in
            state.problem = problem
            return (state.snapshot, Array(state.listeners.values))
        }
        guard snapshot.age == .unread else { return }
        for listener in listeners { listener.yield(snapshot) }
    }

    func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    func snapshots() -> AsyncStream<ServiceSnapshot> {
        let (stream, continuation) = AsyncStream<ServiceSnapshot>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { state in
            continuation.yield(state.snapshot)
            if state.isFinished { return continuation.finish() }
            state.lastListener += 1
            let listener = state.lastListener
            state.listeners[listener] = continuation
            continuation.onTermination = { [weak self] _ in
                _ = self?.state.withLock { $0.listeners.removeValue(forKey: listener) }
            }
        }
        return stream
    }
}
