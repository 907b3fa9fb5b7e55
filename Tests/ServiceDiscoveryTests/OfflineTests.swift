import Synchronization
import TestSupport
import Testing
import ZooKeeperClient

@testable import ServiceDiscovery

/// Caches whose client has ended before it ever reached a registry: what they have is on disk.
@Suite struct OfflineTests {
    private static let service = "web"

    /// A cache over a copy of these entries, written at 17 ms; without any, over no copy.
    private static func withCache(
        _ entries: [ServiceEntry], _ body: (ServiceCache, ServiceCopy) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory("paddock-copies")
        defer { directory.remove() }
        let copy = ServiceCopy(directory: directory.path, layout: .curator(), service: service)
        if !entries.isEmpty { try copy.write(entries, written: 17) }
        let client = ZooKeeperClient(try ConnectString("127.0.0.1:1"))
        await client.close()
        var options = CacheOptions()
        options.directory = directory.path
        options.patience = .seconds(600)
        try await body(try ServiceRegistry(client).cache(of: service, options: options), copy)
    }

    @Test(.timeLimit(.minutes(1))) func aClientThatHasEndedLeavesTheCopyOnDiskAtOnce() async throws {
        try await Self.withCache([entry("a")]) { cache, _ in
            try await cache.ready()
            #expect(cache.snapshot.age == .fromDisk(written: 17))
            #expect(cache.instances.map(\.id) == ["a"])
        }
    }

    @Test(.timeLimit(.minutes(1))) func withoutACopyItSaysWhyNothingIsKnown() async throws {
        try await Self.withCache([]) { cache, _ in
            await #expect(throws: RegistryUnavailable.self) { try await cache.ready() }
        }
    }

    @Test func anOldSnapshotIsNotWrittenAsANewOne() async throws {
        try await Self.withCache([entry("a")]) { cache, copy in
            cache.writeCopy()
            #expect(try copy.read()?.entries.map(\.node) == ["a"])
            try await cache.ready()
            cache.writeCopy()
            #expect(try copy.read()?.written == 17)
        }
    }

    @Test func severalCachesOfOneProcessWriteOneCopy() async throws {
        try await Self.withCache([entry("a")]) { _, copy in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { for _ in 0..<20 { try copy.write([entry("a"), entry("b")], written: 18) } }
                }
                try await group.waitForAll()
            }
            #expect(try copy.read()?.entries.count == 2)
        }
    }

    @Test(arguments: [(["a"], 3), (["a", "b"], 3), (["a", "b", "c"], 2), (["a"], 1)])
    func asManyCallsAsAttemptsEachWithAnotherInstanceIfThereIsOne(
        nodes: [String], attempts: Int
    ) async throws {
        struct Failure: Error {}
        try await Self.withCache(nodes.map { entry($0) }) { cache, _ in
            let provider = ServiceProvider(cache, strategy: .roundRobin)
            var called: [String] = []
            await #expect(throws: Failure.self) {
                try await provider.withInstance(attempts: attempts) { instance in
                    called.append(instance.id)
                    if called.count > attempts { throw CancellationError() }
                    throw Failure()
                }
            }
            #expect(called.count == attempts)
            #expect(Set(called).count == min(nodes.count, attempts))
        }
    }
}
