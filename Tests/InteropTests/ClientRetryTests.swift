import TestSupport
import Testing
import ZooKeeperClient

/// Connections that are lost in the middle of an operation, against both engines.
@Suite(.serialized)
struct ClientRetryTests {
    static let engines = ClientInteropTests.engines
    static let exists: Int32 = 3, getData: Int32 = 4, setData: Int32 = 5, setACL: Int32 = 7, multi: Int32 = 14
    static let delete: Int32 = 2, create: Int32 = 15, container: Int32 = 19, addWatch: Int32 = 106

    /// A client whose connections the proxy can lose, and one that is at the server directly.
    private func with(
        _ engine: Engine, retries: RetryPolicy = .untilDone,
        _ body: (_ client: ZooKeeperClient, _ proxy: LossyProxy, _ observer: ZooKeeperClient) async throws -> Void
    ) async throws {
        try await StandaloneServer.with(engine) { server in
            let proxy = try LossyProxy(to: server.port)
            defer { proxy.close() }
            var configuration = ClientInteropTests.configuration()
            configuration.retries = retries
            let client = try await ZooKeeperClient.connect(
                to: ConnectString("127.0.0.1:\(proxy.port)"), configuration: configuration)
            let observer = try await ClientInteropTests.connect(server)
            try await body(client, proxy, observer)
            #expect(!proxy.isArmed, "every loss that was asked for has happened")
            await client.close()
            await observer.close()
        }
    }

    @Test(arguments: engines) func everyOperationIsDoneOnceWhereverTheConnectionBreaks(
        engine: Engine
    ) async throws {
        try await with(engine) { client, proxy, observer in
            for loss in [LossyProxy.Loss.request, .answer] {
                try await observer.create("/a")
                let znode = "/a/\(loss)"
                proxy.loseNext(Self.create, loss)
                let created = try await client.create(znode, data: [1])
                #expect(created.path == znode)
                #expect(try await observer.exists(znode) == created.stat)
                proxy.loseNext(Self.create, loss)
                let ephemeral = try await client.create("/e", data: [1], mode: .ephemeral)
                #expect(ephemeral.stat.ephemeralOwner == client.session?.id)
                proxy.loseNext(Self.container, loss)
                try await client.create("/a/container", mode: .container)
                proxy.loseNext(Self.setData, loss)
                #expect(try await client.setData(znode, [2]).version == 1)
                proxy.loseNext(Self.setACL, loss)
                #expect(try await client.setACL(znode, [ACL([.read, .delete], .anyone)]).aversion == 1)
                proxy.loseNext(Self.getData, loss)
                #expect(try await client.getData(znode).data == [2])
                proxy.loseNext(Self.exists, loss)
                let watch = try await client.exists(watching: znode).watch
                proxy.loseNext(Self.delete, loss)
                try await client.delete(znode)
                #expect(try await watch.event().type == .nodeDeleted)
                proxy.loseNext(Self.create, loss)
                let protected = try await client.create("/a/p-", mode: .ephemeralSequential, protected: true)
                #expect(
                    try await observer.getChildren("/a").names.sorted() == [
                        String(protected.path.dropFirst(3)), "container",
                    ])
                #expect(
                    protected.path.wholeMatch(
                        of: /\/a\/_c_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}-p-\d{10}/)
                        != nil)
                #expect(try await observer.exists(protected.path) == protected.stat)
                proxy.loseNext(Self.addWatch, loss)
                var changes = client.changes(of: "/a").makeAsyncIterator()
                #expect(try await changes.next() == .readAgain)
                for path in [protected.path, "/a/container", "/e", "/a"] { try await client.delete(path) }
            }
        }
    }

    @Test(arguments: engines) func whatCannotBeKnownIsSaidToBeUnknown(engine: Engine) async throws {
        try await with(engine) { client, proxy, observer in
            try await client.create("/a")
            func unknown(_ op: Int32, _ loss: LossyProxy.Loss, _ body: () async throws -> Void) async {
                proxy.loseNext(op, loss)
                let error = await #expect(throws: ZooKeeperError.self) { try await body() }
                #expect(error?.code == .connectionLoss)
                #expect(error?.isOutcomeUnknown == true)
            }
            await unknown(Self.create, .answer) { try await client.create("/a/s-", mode: .persistentSequential) }
            #expect(try await observer.getChildren("/a").names == ["s-0000000000"], "it was not sent again")
            await unknown(Self.setData, .answer) { try await client.setData("/a", [1], version: 0) }
            #expect(try await observer.getData("/a").stat.version == 1)
            for loss in [LossyProxy.Loss.request, .answer] {
                await unknown(Self.multi, loss) { try await client.transaction([.create(path: "/a/t-\(loss)")]) }
            }
            #expect(try await observer.getChildren("/a").names.sorted() == ["s-0000000000", "t-answer"])
            // What certainly did not happen is repeated.
            proxy.loseNext(Self.setData, .request)
            #expect(try await client.setData("/a", [2], version: 1).version == 2)
            // And a second attempt's answer is an answer.
            proxy.loseNext(Self.create, .request)
            let error = await #expect(throws: ZooKeeperError.self) { try await client.create("/a") }
            #expect(error?.description == "create2 /a: NodeExists")
            #expect(error?.isOutcomeUnknown == false)
        }
    }

    @Test func clientsThatRaceAreNotToldOfAnothersWorkAsOfTheirs() async throws {
        try await with(.bundled, retries: .whenCertain) { client, proxy, observer in
            try await observer.create("/a")
            proxy.loseNext(Self.delete, .answer)
            let error = await #expect(throws: ZooKeeperError.self) { try await client.delete("/a") }
            #expect(error?.isOutcomeUnknown == true)
            try await observer.create("/a")
            proxy.loseNext(Self.delete, .request)
            try await client.sync()
            try await client.delete("/a")
            #expect(try await observer.exists("/a") == nil)
        }
        try await with(.bundled, retries: .never) { client, proxy, observer in
            proxy.loseNext(Self.create, .request)
            let error = await #expect(throws: ZooKeeperError.self) { try await client.create("/a") }
            #expect(error?.description == "create2 /a: ConnectionLoss")
            proxy.loseNext(Self.exists, .request)
            await #expect(throws: ZooKeeperError.self) { try await client.exists("/a") }
        }
    }

    @Test func aProtectedCreateThatIsCancelledLeavesNothingBehind() async throws {
        try await with(.bundled) { client, proxy, observer in
            proxy.loseNext(Self.create, .answer)
            let task = Task { try await client.create("/p-", mode: .persistentSequential, protected: true) }
            // It may be over before it is cancelled.
            try await eventually("the create has reached the server") { !proxy.isArmed }
            task.cancel()
            if let done = try? await task.value { try await client.delete(done.path) }
            try await eventually("nothing is left") {
                try await observer.getChildren("/").names == ["zookeeper"]
            }
        }
    }
}
