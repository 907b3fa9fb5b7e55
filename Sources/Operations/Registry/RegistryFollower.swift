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
        let caches = Mutex<[String: (cache: ServiceCache, follower: Task<Void, Never>)]>([:])
        let wanted = Mutex<Set<String>>([])
        let error = Mutex<(any Error)?>(nil)
        let (changes, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

        deinit { caches.withLock { $0.values.forEach { $0.follower.cancel() } } }
    }

    /// Calls `body` with the snapshot of every service, by name, whenever one has changed; first when all those there are have been read.
    /// Ends when `body` returns false.
    package func follow(_ body: ([(name: String, snapshot: ServiceSnapshot)]) async throws -> Bool) async throws {
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
        defer { listing.cancel() }
        for await _ in state.changes {
            for cache in state.caches.withLock({ $0.values.map(\.cache) }) { try await cache.ready() }
            let caches = current(state)
            let snapshots = caches.sorted { $0.key < $1.key }.map { (name: $0.key, snapshot: $0.value.snapshot) }
            guard try await body(snapshots) else { return }
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
        state.wanted.withLock { $0 = Set(names) }
        for name in names where state.caches.withLock({ $0[name] == nil }) {
            let cache = try registry.cache(of: name, options: options)
            let follower = Task { [signal = state.signal] in for await _ in cache.snapshots { signal.yield() } }
            state.caches.withLock { $0[name] = (cache, follower) }
        }
        state.signal.yield()
    }

    /// The caches by name. A service that is gone is let go of once its cache no longer keeps what the registry may have lost.
    private func current(_ state: State) -> [String: ServiceCache] {
        let wanted = state.wanted.withLock { $0 }
        return state.caches.withLock { caches in
            for (name, entry) in caches where !wanted.contains(name) && entry.cache.snapshot.entries.isEmpty {
                entry.follower.cancel()
                caches[name] = nil
            }
            return caches.mapValues(\.cache)
        }
    }
}
