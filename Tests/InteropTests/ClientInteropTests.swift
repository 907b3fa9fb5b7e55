import Glibc
import TestSupport
import Testing
import ZooKeeperClient

/// The client against Apache ZooKeeper 3.8 and the bundled server. One server at a time: fifteen booting at once starve each other.
@Suite(.serialized)
struct ClientInteropTests {
    static let engines = [Engine.bundled, .apache]

    /// Patient, because machines that run tests may be slow to answer; no test waits for a session to time out.
    static func configuration() -> ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.sessionTimeout = .seconds(40)
        configuration.connectTimeout = .seconds(20)
        configuration.requestTimeout = .seconds(60)
        return configuration
    }

    static func connect(
        _ server: StandaloneServer, chroot: String = "", configuration: ClientConfiguration = Self.configuration()
    ) async throws -> ZooKeeperClient {
        try await ZooKeeperClient.connect(
            to: ConnectString(server.connectString + chroot), configuration: configuration)
    }

    @Test(arguments: Self.engines) func znodesAreCreatedReadChangedAndDeleted(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server)
            #expect(client.state == .connected)

            let (path, created) = try await client.create("/a", data: Array("one".utf8))
            #expect(path == "/a")
            #expect(created.dataLength == 3)
            #expect(try await client.getData("/a").data == Array("one".utf8))
            let changed = try await client.setData("/a", Array("three".utf8), version: 0)
            #expect(changed.version == 1)
            #expect(changed.mzxid > created.mzxid)
            #expect(try await client.exists("/a") == changed)
            #expect(try await client.exists("/none") == nil)

            try await client.create("/a/null", data: nil)
            try await client.create("/a/empty", data: [])
            #expect(try await client.getData("/a/null").data == nil)
            #expect(try await client.getData("/a/empty").data == [])
            #expect(try await client.getChildren("/a").names.sorted() == ["empty", "null"])
            #expect(try await client.countDescendants(of: "/a") == 2)
            try await client.sync("/a")

            try await client.delete("/a/null")
            try await client.delete("/a/empty", version: 0)
            try await client.delete("/a")
            #expect(try await client.exists("/a") == nil)
            await client.close()
            #expect(client.state == .closed)
        }
    }

    @Test(arguments: Self.engines) func errorsNameTheOperationAndThePath(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server)
            try await client.create("/a")
            func error(_ operation: () async throws -> Void) async -> String {
                do {
                    try await operation()
                    return "no error"
                } catch {
                    return "\(error)"
                }
            }
            #expect(await error { try await client.create("/a") } == "create2 /a: NodeExists")
            #expect(await error { try await client.create("/x/y") } == "create2 /x/y: NoNode")
            #expect(await error { try await client.setData("/a", [], version: 7) } == "setData /a: BadVersion")
            #expect(
                await error { try await client.delete("a") }
                    == "delete a: BadArguments (a path must start with /)")
            #expect(await error { try await client.create("/b", acl: []) } == "create2 /b: InvalidACL")
            #expect(
                await error { try await client.setData("/a", [UInt8](repeating: 0, count: 1_100_000)) }
                    == "setData /a: BadArguments (the request of 1100022 bytes is longer than 1048575 (jute.maxbuffer))"
            )
            do {
                try await client.delete("/none")
                Issue.record("nothing was thrown")
            } catch ErrorCode.noNode {
                // Caught by its name, as it should be.
            }
            try await client.setData("/a", [UInt8](repeating: 7, count: 1_040_000))
            #expect(try await client.getData("/a").data?.count == 1_040_000)
            await client.close()
        }
    }

    @Test(arguments: Self.engines) func everyKindOfZnode(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server)
            try await client.create("/k")
            #expect(try await client.create("/k/s-", mode: .persistentSequential).path == "/k/s-0000000000")
            #expect(try await client.create("/k/", mode: .persistentSequential).path == "/k/0000000001")
            #expect(try await client.create("/", mode: .persistentSequential).path.hasPrefix("/00000000"))
            let (ephemeral, stat) = try await client.create("/k/e-", mode: .ephemeralSequential)
            #expect(ephemeral == "/k/e-0000000002")
            #expect(stat.ephemeralOwner == client.session?.id)
            try await client.create("/k/e", mode: .ephemeral)
            #expect(try await client.getEphemerals().sorted() == ["/k/e", "/k/e-0000000002"])
            #expect(try await client.create("/k/c", mode: .container).stat.ephemeralOwner == .none)
            try await client.create("/k/t", mode: .persistentWithTTL, timeToLive: .seconds(1000))
            #expect(
                try await client.create("/k/t-", mode: .persistentSequentialWithTTL, timeToLive: .seconds(1000)).path
                    == "/k/t-0000000006")
            await #expect(throws: ZooKeeperError.self) { try await client.create("/k/x", mode: .persistentWithTTL) }
            await client.close()

            let other = try await Self.connect(server)
            let names = try await other.getChildren("/k").names.sorted()
            #expect(names == ["0000000001", "c", "s-0000000000", "t", "t-0000000006"], "closing ends ephemerals")
            await other.close()
        }
    }

    @Test(arguments: Self.engines) func aTransactionHappensAsAWholeOrNotAtAll(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server, chroot: "/app", configuration: Self.configuration())
            try await ZooKeeperClient.with(ConnectString(server.connectString)) { try await $0.create("/app") }
            let results = try await client.transaction([
                .create(path: "/t"), .create(path: "/t/c", mode: .container),
                .setData(path: "/t", data: [1], version: 0),
                .check(path: "/t", version: 1), .create(path: "/t/s-", mode: .persistentSequential),
                .delete(path: "/t/c"),
            ])
            #expect(results.count == 6)
            #expect(results[0] == .created(path: "/t", stat: nil))
            #expect(results[3] == .checked)
            #expect(results[4] == .created(path: "/t/s-0000000001", stat: nil))
            #expect(results[5] == .deleted)
            #expect(try await client.transaction([]) == [])

            let error = await #expect(throws: ZooKeeperError.self) {
                try await client.transaction([
                    .create(path: "/u"), .check(path: "/t", version: 9), .delete(path: "/t"),
                ])
            }
            #expect(error?.description == "multi /t, operation 1: BadVersion")
            #expect(error?.failedOperation == 1)
            #expect(try await client.exists("/u") == nil)
            await client.close()
        }
    }

    @Test(arguments: Self.engines) func accessIsControlledAndIdentitiesSurviveANewConnection(engine: Engine)
        async throws
    {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server)
            try await client.addAuth(scheme: "digest", credentials: Array("bob:pw".utf8))
            try await client.create("/private", acl: .creator)
            let (acl, _) = try await client.getACL("/private")
            #expect(acl == [ACL(.all, AuthID(scheme: "digest", id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="))])
            let identities = try await client.whoAmI()
            #expect(identities.contains(AuthID(scheme: "digest", id: "bob")))

            try await ZooKeeperClient.with(ConnectString(server.connectString)) { stranger in
                await #expect(throws: ZooKeeperError(.noAuth, operation: "getData", path: "/private")) {
                    try await stranger.getData("/private")
                }
            }
            try await server.restart()
            #expect(try await client.getData("/private").data == [])
            #expect(try await client.setACL("/private", .open, aversion: 0).aversion == 1)
            await client.close()
        }
    }

    @Test(arguments: Self.engines) func aRefusedIdentityEndsTheSession(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server)
            let error = await #expect(throws: ZooKeeperError.self) {
                try await client.addAuth(scheme: "no-such-scheme", credentials: [])
            }
            #expect(error?.code == .authFailed)
            #expect(await client.states.first { $0.isFinal } == .authenticationFailed)
            let next = await #expect(throws: ZooKeeperError.self) { try await client.exists("/") }
            #expect(next?.description == "exists /: AuthFailed (the servers refused credentials)")
        }
    }

    @Test(arguments: Self.engines) func aSessionSurvivesKill9OfItsServerEphemeralsAndWatchesIncluded(
        engine: Engine
    ) async throws {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server)
            let session = try #require(client.session)
            try await client.create("/e", mode: .ephemeral)
            try await client.create("/d")
            let watch = try await client.getData(watching: "/d").watch
            var changes = client.changes(of: "/p", recursive: true).makeAsyncIterator()
            #expect(try await changes.next() == .readAgain)
            var states = client.states.makeAsyncIterator()
            #expect(await states.next() == .connected)

            server.kill()
            #expect(await states.next() == .disconnected)
            let waiting = Task { try await client.create("/sent-later") }
            try await server.start()
            #expect(await states.next() == .connected)

            #expect(client.session == session)
            #expect(try await waiting.value.path == "/sent-later")
            #expect(try await client.exists("/e")?.ephemeralOwner == session.id)
            try await client.setData("/d", [1])
            #expect(try await watch.event() == WatchEvent(type: .nodeDataChanged, path: "/d"))
            #expect(try await changes.next() == .readAgain)
            try await client.create("/p")
            #expect(try await changes.next() == .event(WatchEvent(type: .nodeCreated, path: "/p")))
            await client.close()
            #expect(try await changes.next() == nil)
        }
    }

    @Test(arguments: Self.engines)
    func writesUnderWayWhenTheServerDiesAreAcknowledgedUnknownOrDoneLater(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            var configuration = Self.configuration()
            configuration.retries = .never
            let client = try await Self.connect(server, configuration: configuration)
            try await client.create("/n")
            let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<2000 {
                    group.addTask {
                        do {
                            try await client.setData("/n", [UInt8](repeating: 0, count: 1000))
                            return true
                        } catch let error as ZooKeeperError where error.isOutcomeUnknown {
                            return false
                        }
                    }
                    // The rest is asked for while the first are answered.
                    if index == 1000 { _ = try await group.next() }
                }
                server.kill()
                try await server.start()
                return try await group.reduce(into: [true]) { $0.append($1) }
            }
            let acknowledged = outcomes.count { $0 }
            let version = try await client.getData("/n").stat.version
            #expect(outcomes.count == 2000)
            #expect(version >= acknowledged)
            #expect(version <= outcomes.count)
            await client.close()
        }
    }

    @Test(arguments: Self.engines) func aSessionEndedElsewhereIsExpiredAndEverythingFailsFromThenOn(
        engine: Engine
    ) async throws {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server)
            try await client.create("/e", mode: .ephemeral)
            var configuration = Self.configuration()
            configuration.session = client.session
            // The same session from a second client: the server drops the first connection, and then the session ends.
            let usurper = try await Self.connect(server, configuration: configuration)
            await usurper.close()
            #expect(await client.states.first { $0.isFinal } == .expired)
            let error = await #expect(throws: ZooKeeperError.self) { try await client.exists("/e") }
            #expect(error?.description == "exists /e: SessionExpired")
            try await ZooKeeperClient.with(ConnectString(server.connectString)) { (client) async throws in
                #expect(try await client.exists("/e") == nil)
            }

            let again = await #expect(throws: ZooKeeperError.self) {
                _ = try await Self.connect(server, configuration: configuration)
            }
            #expect(again?.code == .sessionExpired)
        }
    }

    @Test func nobodyAtThePortIsSaid() async throws {
        let port = FreePorts.take(1)[0]
        var configuration = Self.configuration()
        configuration.requestTimeout = .milliseconds(300)
        let error = await #expect(throws: ZooKeeperError.self) {
            _ = try await ZooKeeperClient.connect(to: ConnectString("127.0.0.1:\(port)"), configuration: configuration)
        }
        #expect(
            error?.description
                == "connect to 127.0.0.1:\(port): ConnectionLoss (no session within 0.3 seconds; 127.0.0.1:\(port): Connection refused)"
        )
    }

    @Test(arguments: Self.engines) func aServerThatIsDownIsPassedOver(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            let dead = FreePorts.take(2).map { "127.0.0.1:\($0)" }
            let list = (dead + [server.connectString]).joined(separator: ",")
            try await ZooKeeperClient.with(ConnectString(list)) { (client) async throws in
                #expect(try await client.exists("/") != nil)
            }
        }
    }

    @Test(arguments: Self.engines) func aChrootIsTheRoot(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            let root = try await Self.connect(server)
            try await root.create("/app")
            let client = try await Self.connect(server, chroot: "/app")
            let watch = try await client.getChildren(watching: "/").watch
            #expect(try await client.create("/x").path == "/x")
            #expect(try await watch.event() == WatchEvent(type: .nodeChildrenChanged, path: "/"))
            #expect(try await client.create("/", mode: .ephemeralSequential).path == "/0000000001")
            #expect(try await root.getChildren("/app").names.sorted() == ["0000000001", "x"])
            #expect(try await client.getEphemerals() == ["/0000000001"])
            await client.close()
            await root.close()
        }
    }

    @Test(arguments: Self.engines) func aCancelledOperationEndsAtOnceAndTheSessionGoesOn(engine: Engine)
        async throws
    {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server)
            server.signal(SIGSTOP)
            let task = Task { try await client.create("/late") }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            server.signal(SIGCONT)
            #expect(try await client.exists("/") != nil)
            await client.close()
        }
    }

    @Test(arguments: Self.engines) func manyOperationsAtOnceKeepTheirOrder(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server)
            try await client.create("/n")
            try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<500 { group.addTask { try await client.setData("/n", [0]).version } }
                var versions: [Int32] = []
                for try await version in group { versions.append(version) }
                #expect(versions.sorted() == Array(1...500))
            }
            await client.close()
        }
    }

    @Test(arguments: Self.engines) func kazooReadsWhatWeWroteAndWeReadWhatItWrote(engine: Engine)
        async throws
    {
        try await StandaloneServer.with(engine) { server in
            let client = try await Self.connect(server)
            try await client.create("/ours", data: Array("größe".utf8))
            try await client.create("/ours/ephemeral", mode: .ephemeral)
            try await client.create("/ours/s-", mode: .persistentSequential)
            let output = try await Python.run(
                """
                import sys
                from kazoo.client import KazooClient
                from kazoo.security import make_digest_acl
                zk = KazooClient(hosts=sys.argv[1]); zk.start(timeout=60)
                data, stat = zk.get("/ours")
                print(data.decode(), sorted(zk.get_children("/ours")), stat.version)
                print(hex(zk.exists("/ours/ephemeral").ephemeralOwner))
                zk.create("/theirs", "größer".encode(), acl=[make_digest_acl("bob", "pw", all=True)])
                zk.stop()
                """, arguments: [server.connectString])
            let session = try #require(client.session)
            #expect(output == "größe ['ephemeral', 's-0000000001'] 0\n\(session.id)\n")
            try await client.addAuth(scheme: "digest", credentials: Array("bob:pw".utf8))
            #expect(try await client.getData("/theirs").data == Array("größer".utf8))
            await client.close()
        }
    }
}
