import ServiceDiscovery
import Synchronization
import ZooKeeperClient

/// What is known of several services, over and over: of those named, or of all that the registry has.
package struct RegistryFollower: Sendable {
    package let registry: ServiceRegistry
    /// Nil: all.
    package var names: [String]?
    package var options: CacheOptions

    package init(_ registry: ServiceRegistry, names: [String]?, options: CacheOptions = CacheOptions()) {
        self.registry = registry
        self.names = names
        self.options = options
    }

    private final class State: Sendable {
        struct Services {
            var wanted: Set<String> = []
            var caches: [String: (cache: ServiceCache, follower: Task<Void, Never>)] = [:]
        }

        let services = Mutex(Services())
        let error = Mutex<(any Error)?>(nil)
        let (changes, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

        deinit { services.withLock { $0.caches.values.forEach { $0.follower.cancel() } } }
    }

    /// When what is known is told next.
    package enum Next: Hashable, Sendable {
        case never
        case whenChanged
        /// Then, if nothing has changed before.
        case after(Duration)
    }

    /// Calls `body` with the snapshot of every service, by name, whenever one has changed; first when all those there are have been read.
    package func follow(_ body: ([(name: String, snapshot: ServiceSnapshot)]) async throws -> Next) async throws {
        let state = State()
        let listing = Task {
            do {
                guard let names else { return try await followNames(state) }
                try set(names, state)
            } catch {
                state.error.withLock { $0 = error }
                state.signal.finish()
            }
        }
        var again: Task<Void, any Error>?
        defer {
            listing.cancel()
            again?.cancel()
        }
        for await _ in state.changes {
            for cache in state.services.withLock({ $0.caches.values.map(\.cache) }) { try await cache.ready() }
            let snapshots = current(state).map { (name: $0.key, snapshot: $0.value.snapshot) }
            // One that came meanwhile signals when it is read.
            if snapshots.contains(where: { $0.snapshot.age == .unread }) { continue }
            let next = try await body(snapshots.sorted { $0.name < $1.name })
            again?.cancel()
            switch next {
            case .never: return
            case .whenChanged: break
            case .after(let time):
                again = Task { [signal = state.signal] in
                    try await Task.sleep(for: time)
                    signal.yield()
                }
            }
        }
        try Task.checkCancellation()
        if let error = state.error.withLock({ $0 }) { throw error }
    }

    private func followNames(_ state: State) async throws {
        for try await children in registry.client.childNames(of: registry.layout.base) {
            try set((children ?? []).compactMap(registry.layout.service(ofChild:)), state)
        }
    }

    private func set(_ names: [String], _ state: State) throws {
        // All at once: who is told of the first must not take it for all there are.
        try state.services.withLock { services in
            services.wanted = Set(names)
            for name in names where services.caches[name] == nil {
                let cache = try registry.cache(of: name, options: options)
                let follower = Task { [signal = state.signal] in for await _ in cache.snapshots { signal.yield() } }
                services.caches[name] = (cache, follower)
            }
        }
        state.signal.yield()
    }

    /// The caches by name. A service that is gone is let go of once its cache no longer keeps what the registry may have lost.
    private func current(_ state: State) -> [String: ServiceCache] {
        state.services.withLock { services in
            for (name, entry) in services.caches
            where !services.wanted.contains(name) && entry.cache.snapshot.entries.isEmpty {
                entry.follower.cancel()
                services.caches[name] = nil
            }
            return services.caches.mapValues(\.cache)
        }
    }
}
