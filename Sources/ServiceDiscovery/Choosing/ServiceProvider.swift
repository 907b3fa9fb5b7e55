import Synchronization
import ZooKeeperClient

/// There is no instance to choose.
public struct NoInstance: Error, Hashable, Sendable, CustomStringConvertible {
    public var service: String
    /// How many are registered and disabled.
    public var disabled: Int

    public var description: String {
        disabled == 0 ? "\(service) has no instance" : "\(service) has no enabled instance (\(disabled) disabled)"
    }
}

/// Chooses among the instances of one service, out of a ``ServiceCache``: enabled ones, that have not failed lately.
///
/// When all of them have failed lately, they are chosen among all the same: the registry says that they are there.
public final class ServiceProvider: Sendable {
    public let cache: ServiceCache
    private let state: Mutex<State>

    fileprivate struct State {
        var chooser: Chooser
        var marks: DownMarks
        var generator = SystemRandomNumberGenerator()
        /// Those that may be chosen, as long as the snapshot is the same and nobody is marked or recovers.
        var choosable: [ServiceEntry] = []
        var all: [ServiceEntry] = []
        var version = -1
        var validUntil: ContinuousClock.Instant?
    }

    public init(_ cache: ServiceCache, strategy: SelectionStrategy, downPolicy: DownPolicy = DownPolicy()) {
        self.cache = cache
        state = Mutex(State(chooser: Chooser(strategy), marks: DownMarks(downPolicy)))
    }

    /// An instance for one use.
    ///
    /// - Throws: ``NoInstance``; what ``ServiceCache/ready()`` throws.
    public func instance() async throws -> ServiceInstance { try await entry().instance }

    /// Notes that an instance did not serve; so many times (``DownPolicy``), and it is passed over for a while.
    public func noteFailure(of instance: ServiceInstance) { mark(instance, hasFailed: true) }

    /// Notes that an instance serves.
    public func noteSuccess(of instance: ServiceInstance) { mark(instance, hasFailed: false) }

    /// Calls `body` with an instance; when that throws, notes the failure and tries others.
    ///
    /// - Parameter attempts: at most so many calls; each with another instance as long as there are others.
    /// - Throws: what the last attempt threw; `CancellationError` at once.
    public func withInstance<Result>(
        attempts: Int = 3, isolation: isolated (any Actor)? = #isolation,
        _ body: (ServiceInstance) async throws -> Result
    ) async throws -> Result {
        var tried: Set<String> = []
        var attempt = 0
        while true {
            attempt += 1
            let entry = try await entry(besides: tried)
            state.withLock { $0.chooser.beginUse(of: entry.node) }
            defer { state.withLock { $0.chooser.endUse(of: entry.node) } }
            do {
                let result = try await body(entry.instance)
                note(entry.node, hasFailed: false)
                return result
            } catch {
                if error is CancellationError || Task.isCancelled { throw error }
                note(entry.node, hasFailed: true)
                // Of one instance there may be several calls.
                if attempt >= attempts { throw error }
                tried.insert(entry.node)
            }
        }
    }

    /// ``instance()`` with what the registry knows of it.
    public func entry() async throws -> ServiceEntry { try await entry(besides: []) }

    private func entry(besides tried: Set<String>) async throws -> ServiceEntry {
        if cache.snapshot.age == .unread { try await cache.ready() }
        let snapshot = cache.snapshot
        let now = ContinuousClock.now
        let entry = state.withLock { state -> ServiceEntry? in
            if state.version != snapshot.version || state.validUntil.map({ now >= $0 }) ?? false {
                state.refresh(snapshot, now: now)
            }
            if tried.isEmpty { return state.chooser.choose(from: state.choosable, using: &state.generator) }
            // Others that are well, else others, else any.
            for entries in [state.choosable, state.all] {
                let others = entries.filter { !tried.contains($0.node) }
                if let entry = state.chooser.choose(from: others, using: &state.generator) { return entry }
            }
            return state.chooser.choose(from: state.choosable, using: &state.generator)
        }
        guard let entry else {
            throw NoInstance(service: cache.service, disabled: snapshot.entries.count { !$0.instance.isEnabled })
        }
        return entry
    }

    private func mark(_ instance: ServiceInstance, hasFailed: Bool) {
        let node = cache.snapshot.entries.first { $0.instance == instance || $0.instance.id == instance.id }?.node
        if let node { note(node, hasFailed: hasFailed) }
    }

    private func note(_ node: String, hasFailed: Bool) {
        let now = ContinuousClock.now
        state.withLock { state in
            let wasDown = state.marks.isDown(node, now: now)
            if hasFailed { state.marks.noteFailure(of: node, now: now) } else { state.marks.noteSuccess(of: node) }
            // Chosen anew from the snapshot next time.
            if state.marks.isDown(node, now: now) != wasDown { state.version = -1 }
        }
    }
}

extension ServiceProvider.State {
    fileprivate mutating func refresh(_ snapshot: ServiceSnapshot, now: ContinuousClock.Instant) {
        all = snapshot.entries.choosable
        let well = all.filter { !marks.isDown($0.node, now: now) }
        choosable = well.isEmpty ? all : well
        validUntil = marks.nextRecovery(after: now)
        version = snapshot.version
    }
}
