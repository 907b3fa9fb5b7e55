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
    // Who is slow sees the newest.
    private let newest = Broadcast(ServiceSnapshot(entries: [], age: .unread, version: 0), buffered: 1)
    private let failure = Mutex<(any Error)?>(nil)

    var snapshot: ServiceSnapshot { newest.current }
    /// Why nothing is known, and is not about to be.
    var problem: (any Error)? { failure.withLock { $0 } }

    func publish(_ snapshot: ServiceSnapshot) {
        failure.withLock { $0 = nil }
        newest.send(snapshot)
    }

    /// Who waits for something to answer with is told that there will be nothing.
    func fail(_ problem: any Error) {
        failure.withLock { $0 = problem }
        newest.repeatCurrent(if: { $0.age == .unread })
    }

    func finish() { newest.finish() }

    func snapshots() -> AsyncStream<ServiceSnapshot> { newest.all() }
}
