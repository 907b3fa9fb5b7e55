import Foundation
import ServiceDiscovery
import Synchronization
import TestSupport
import Testing
import ZooKeeperClient

/// Registrations and caches while things go wrong.
@Suite(.serialized) struct ServiceRegistryFaultTests {
    private static func configuration() -> ClientConfiguration {
        var configuration = ServiceRegistryInteropTests.configuration()
        configuration.sessionTimeout = .seconds(4)
        return configuration
    }

    private static func withClients<Result>(
        of server: BundledServer, _ body: (ZooKeeperClient, ZooKeeperClient) async throws -> Result
    ) async throws -> Result {
        let connect = ConnectString(servers: [server.address])
        return try await ZooKeeperClient.with(connect, configuration: configuration()) { provider in
            try await ZooKeeperClient.with(connect, configuration: configuration()) { consumer in
                try await body(provider, consumer)
            }
        }
    }

    private static func instance(_ id: String, port: Int = 80) -> ServiceInstance {
        ServiceInstance(name: "web", id: id, address: "host-\(id)", port: port)
    }

    private static func parent(of registration: Registration) -> String? {
        guard case .registered(let path) = registration.state else { return nil }
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }

    private static func ids(_ cache: ServiceCache) -> [String] { cache.instances.map(\.id) }

    @Test func aRegistryThatWasAwayAndCameBackEmptyIsFilledAgain() async throws {
        try await BundledServer.with(settings: ServiceRegistryInteropTests.settings) { server in
            let copies = server.directory.path + "/copies"
            try await Self.withClients(of: server) { provider, consumer in
                let registry = ServiceRegistry(provider)
                let registrations = try ["a", "b"].map { try registry.register(Self.instance($0)) }
                for registration in registrations { try await registration.registered() }
                try await registry.setEnabled(false, service: "web", id: "a")

                var options = CacheOptions()
                options.directory = copies
                options.writeInterval = .milliseconds(10)
                let chosen = try ServiceRegistry(consumer).provider(of: "web", options: options)
                let cache = chosen.cache
                try await cache.ready()
                #expect(Self.ids(cache) == ["a", "b"])
                try await eventually("a is drained") { try await chosen.instance().id == "b" }
                try await eventually("the copy is written") {
                    (try? Data(contentsOf: URL(fileURLWithPath: Self.copy(in: copies)))).map {
                        String(decoding: $0, as: UTF8.self).contains("\"enabled\":false")
                    } ?? false
                }

                server.kill()
                try await eventually("the cache knows that the registry is away") {
                    cache.snapshot.age == .disconnected
                }
                #expect(try await chosen.instance().id == "b")
                // One that starts now finds them on disk, marked as old.
                options.patience = .milliseconds(100)
                let told = Mutex<[RegistryNotice]>([])
                options.report = { notice in told.withLock { $0.append(notice) } }
                let newClient = ZooKeeperClient(
                    ConnectString(servers: [server.address]), configuration: Self.configuration())
                let late = try ServiceRegistry(newClient).provider(of: "web", options: options)
                #expect(try await late.instance().id == "b")
                guard case .fromDisk = late.cache.snapshot.age else {
                    Issue.record("\(String(describing: late.cache.snapshot.age))")
                    return
                }
                #expect(
                    told.withLock { $0 }
                        == [.loadedFromDisk(service: "web", count: 2, path: Self.copy(in: copies))])
                // One without a copy says so.
                let without = try ServiceRegistry(newClient).provider(of: "other", options: options)
                await #expect(throws: RegistryUnavailable.self) { try await without.instance() }

                try FileManager.default.removeItem(atPath: server.dataDir)
                try await server.start()
                for cache in [cache, late.cache] {
                    try await eventually("both are there again, and current") {
                        cache.snapshot.age == nil && Self.ids(cache) == ["a", "b"]
                    }
                }
                // What an operator has said stays said.
                #expect(late.cache.instances.map(\.isEnabled) == [false, true])
                #expect(try await provider.getChildren("/services/web").names.count == 2)
                try await registrations[1].deregister()
                try await eventually("one left") { Self.ids(late.cache) == ["a"] }
                await newClient.close()
            }
        }
    }

    private static func copy(in directory: String) -> String { directory + "/curator%20%2Fservices%20web.json" }

    @Test func anInstanceThatRegistersTwiceAndOneThatIsDeleted() async throws {
        try await BundledServer.with(settings: ServiceRegistryInteropTests.settings) { server in
            try await Self.withClients(of: server) { first, second in
                let cache = try ServiceRegistry(second).cache(of: "web")
                let one = try ServiceRegistry(first).register(Self.instance("a"))
                try await one.registered()
                let other = try ServiceRegistry(second).register(Self.instance("a", port: 81))
                try await other.registered()
                try await eventually("the first knows") { one.state == .replaced(path: "/services/web/a") }
                try await eventually("the consumer has the second") { cache.instances.map(\.port) == [81] }
                // They do not fight for it.
                #expect(try await first.exists("/services/web/a")?.ephemeralOwner == second.session?.id)
                try await other.deregister()
                try await eventually("the first is back") { cache.instances.map(\.port) == [80] }
                #expect(one.state == .registered(path: "/services/web/a"))

                try await second.delete("/services/web/a")
                try await eventually("it is registered again") {
                    try await first.exists("/services/web/a")?.ephemeralOwner == first.session?.id
                }
                try await eventually("the consumer has it") { cache.instances.map(\.port) == [80] }
            }
        }
    }

    @Test func whatIsNoInstanceIsPassedOverAndSaidOnceAndOneChangeCostsOneRead() async throws {
        try await BundledServer.with(settings: ServiceRegistryInteropTests.settings) { server in
            try await Self.withClients(of: server) { provider, consumer in
                try await provider.create("/services", mode: .container)
                try await provider.create("/services/web", mode: .container)
                try await provider.create("/services/web/corrupt", data: Array("{".utf8))
                let many = 2000
                for start in stride(from: 0, to: many, by: 500) {
                    try await provider.transaction(
                        (start..<start + 500).map {
                            .create(
                                path: "/services/web/\($0)", data: Array(#"{"address":"h\#($0)","port":80}"#.utf8))
                        })
                }
                let told = Mutex<[RegistryNotice]>([])
                var options = CacheOptions { notice in told.withLock { $0.append(notice) } }
                options.patience = .seconds(60)
                let cache = try ServiceRegistry(consumer).cache(of: "web", options: options)
                try await cache.ready()
                #expect(cache.instances.count == many)
                #expect(
                    told.withLock { $0 }.map(\.description) == [
                        "/services/web/corrupt is no instance: the name of a member is missing at byte 1; it is passed over"
                    ])

                func received() async throws -> Int {
                    try #require(
                        try await FourLetterWords.mntr(server.address)["zk_packets_received"].flatMap { Int($0) })
                }
                let before = try await received()
                try await provider.setData("/services/web/7", Array(#"{"address":"h7","port":81}"#.utf8))
                try await eventually("the change is seen") { cache.instances.contains { $0.port == 81 } }
                try await provider.delete("/services/web/8")
                try await eventually("one has gone") { cache.instances.count == many - 1 }
                // The write, the read, the deletion, two mntr; pings of two sessions.
                #expect(try await received() - before < 30)
                try await provider.setData("/services/web/corrupt", Array("{".utf8))
                try await provider.setData("/services/web/corrupt", Array(#"{"address":"h","port":1}"#.utf8))
                try await eventually("it is one now") { cache.instances.count == many }
                #expect(told.withLock { $0.count } == 1)
            }
        }
    }

    @Test func aZnodeThatMayNotBeReadHidesNoOtherOne() async throws {
        try await BundledServer.with(settings: ServiceRegistryInteropTests.settings) { server in
            try await Self.withClients(of: server) { provider, consumer in
                let told = Mutex<[RegistryNotice]>([])
                var registry = ServiceRegistry(consumer, layout: .serverSet())
                registry.report = { notice in told.withLock { $0.append(notice) } }
                for path in ["/serversets", "/serversets/web"] { try await provider.create(path) }
                let secret = "/serversets/web/member_0000000000"
                try await provider.create(secret, acl: [ACL(.write, .anyone)])
                let cache = try registry.cache(of: "web")
                try await cache.ready()
                #expect(
                    told.withLock { $0 }.map(\.description) == [
                        "\(secret) is no instance: it cannot be read: NoAuth; it is passed over"
                    ])
                // Nor does it keep another from looking for its own among the members.
                let registration = try registry.register(Self.instance("a"))
                try await registration.registered()
                try await eventually("the other one is known") { cache.instances.map(\.address) == ["host-a"] }
                #expect(try await registry.instances(of: "web").map(\.address) == ["host-a"])
                try await registration.deregister()
                try await eventually("it has gone") { cache.instances.isEmpty }
                #expect(try await provider.getChildren("/serversets/web").names.count == 1)
            }
        }
    }

    @Test func oneThatIsDeregisteredWhileItRegistersLeavesNothing() async throws {
        try await BundledServer.with(settings: ServiceRegistryInteropTests.settings) { server in
            try await Self.withClients(of: server) { provider, consumer in
                for layout in [RegistryLayout.curator(), .serverSet(), .dubbo()] {
                    let registry = ServiceRegistry(provider, layout: layout)
                    let first = try registry.register(Self.instance("first"))
                    try await first.registered()
                    let parent = try #require(Self.parent(of: first))
                    for round in 0..<40 {
                        let registration = try registry.register(Self.instance("\(round)"))
                        // Sometimes the request is on its way by then.
                        for _ in 0..<round { await Task.yield() }
                        try await registration.deregister()
                    }
                    #expect(try await provider.getChildren(parent).names.count == 1)
                    try await first.deregister()
                    #expect(try await provider.getChildren(parent).names.count == 0)
                }
            }
        }
    }

    @Test func aRollingRestartAndTheKillOfTheLeaderTakeNobodyOut() async throws {
        try await TestEnsemble.with([.bundled, .bundled, .bundled], settings: ["tickTime": "500"]) { ensemble in
            var configuration = TestEnsemble.clientConfiguration
            configuration.whenExpired = .renew
            let connect = ConnectString(servers: ensemble.addresses)
            try await ZooKeeperClient.with(connect, configuration: configuration) { provider in
                try await ZooKeeperClient.with(connect, configuration: configuration) { consumer in
                    let registry = ServiceRegistry(provider)
                    let registrations = try (0..<5).map { try registry.register(Self.instance("\($0)")) }
                    for registration in registrations { try await registration.registered() }
                    let cache = try ServiceRegistry(consumer).cache(of: "web")
                    try await eventually("all are seen") { cache.instances.count == 5 }
                    let fewest = Mutex(5)
                    let looking = Task {
                        for await snapshot in cache.snapshots {
                            fewest.withLock { $0 = min($0, snapshot.entries.count) }
                        }
                    }
                    defer { looking.cancel() }
                    for server in ensemble.servers { try await ensemble.restart(server) }
                    try await ensemble.leader().kill()
                    // A change comes through all the same.
                    try await registrations[0].update { $0.port = 81 }
                    try await eventually("the change is seen", within: .seconds(60)) {
                        cache.instances.contains { $0.port == 81 } && cache.snapshot.age == nil
                    }
                    #expect(fewest.withLock { $0 } == 5)
                    #expect(cache.instances.count == 5)
                }
            }
        }
    }
}
