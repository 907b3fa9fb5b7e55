import NIOConcurrencyHelpers
import TestSupport
import Testing
import ZooKeeperClient

@testable import ZooKeeperRecipes

/// Barriers, groups, kept znodes, counters, queues and caches against the bundled server.
@Suite(.serialized)
struct CoordinationTests {
    @Test func barriersLetGoTogether() async throws {
        try await RecipeBench.with { server in
            let client = try await RecipeBench.connect([server.address])
            let other = try await RecipeBench.connect([server.address])
            let barrier = DistributedBarrier(client, at: "/app/barrier")
            try await barrier.wait()
            try await barrier.set()
            try await barrier.set()
            await #expect(throws: RecipeError.timeout(path: "/app/barrier", after: .milliseconds(20))) {
                try await barrier.wait(timeout: .milliseconds(20))
            }
            let waiting = Task { try await DistributedBarrier(other, at: "/app/barrier").wait() }
            // A change of its data is no removal.
            try await client.setData("/app/barrier", [1])
            try await barrier.remove()
            try await barrier.remove()
            try await waiting.value

            for style in NameStyle.allCases {
                let inside = Holders()
                let ended = Holders()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for member in 0..<3 {
                        let client = member == 0 ? other : client
                        group.addTask {
                            let barrier = DistributedDoubleBarrier(
                                client, at: "/both/\(style)", members: 3, names: style)
                            let token = FencingToken(rawValue: Int64(member))
                            try await barrier.together {
                                inside.enter(token)
                                try await eventually("all are inside") { inside.most == 3 }
                                ended.enter(token)
                            }
                            #expect(ended.most == 3)
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await client.getChildren("/both/\(style)").names == [])
                await #expect(throws: RecipeError.timeout(path: "/both/\(style)", after: .milliseconds(50))) {
                    try await DistributedDoubleBarrier(client, at: "/both/\(style)", members: 2, names: style)
                        .together(timeout: .milliseconds(50)) {}
                }
                try await eventually("who gave up is gone") {
                    try await client.getChildren("/both/\(style)").names == []
                }
            }
            await client.close()
            await other.close()
        }
    }

    @Test func whoWaitsAtABarrierGoesOnThoughItIsSetAgain() async throws {
        try await RecipeBench.with { server in
            let client = try await RecipeBench.connect([server.address])
            let other = try await RecipeBench.connect([server.address])
            let barrier = DistributedBarrier(client, at: "/barrier")
            try await barrier.set()
            let waiting = Task { try await barrier.wait(timeout: .seconds(30)) }
            try await eventually("it waits") { try await self.watches(at: server.address, of: "/barrier") }
            // The watch tells of the first change only, as it would after a reconnection.
            try await other.transaction([
                .setData(path: "/barrier", data: [1]), .delete(path: "/barrier"), .create(path: "/barrier"),
            ])
            try await waiting.value
            await client.close()
            await other.close()
        }
    }

    private func watches(at server: ServerAddress, of path: String) async throws -> Bool {
        try await FourLetterWords.send(FourLetterWord(rawValue: "wchp"), to: server).contains(path)
    }

    @Test func aDoubleBarrierIsNeitherLeftOpenNorClosedTooEarly() async throws {
        try await RecipeBench.with { server in
            let client = try await RecipeBench.connect([server.address])
            let other = try await RecipeBench.connect([server.address])
            try await client.create("/both")
            for style in NameStyle.allCases {
                // What a round leaves whose members are all killed, or that is the first of the new round's.
                let path = "/both/\(style)"
                try await client.create(path)
                try await client.create(path + "/ready")
                try await other.create(path + "/0", mode: .ephemeral)
                let barrier = DistributedDoubleBarrier(client, at: path, members: 3, names: style)
                let waiting = Task { try await barrier.together { Issue.record("let through") } }
                try await eventually("what is left is removed") { try await other.exists(path + "/ready") == nil }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
                try await eventually("who gave up is gone") { try await client.getChildren(path).names == ["0"] }
            }
            // A member that is there and may not have seen yet that all are: it finds `ready` for as long as it stays.
            let path = "/both/\(NameStyle.curator)"
            let first = Task { try await DistributedDoubleBarrier(client, at: path, members: 2).together {} }
            try await eventually("the other has left and waits for it") {
                try await other.getChildren(path).names.sorted() == ["0", "ready"]
            }
            try await other.delete(path + "/0")
            try await first.value
            #expect(try await client.getChildren(path).names == [])
            await client.close()
            await other.close()
        }
    }

    /// Somebody removes a znode of ours, and another client takes its path.
    @Test func aForeignZNodeOfTheSamePathIsLeftAlone() async throws {
        try await RecipeBench.with { server in
            let client = try await RecipeBench.connect([server.address])
            let other = try await RecipeBench.connect([server.address])
            @Sendable func replace(_ path: String) async throws {
                try await other.transaction([
                    .delete(path: path), .create(path: path, data: [7], mode: .ephemeral),
                ])
            }
            let own = try await client.createEphemeral(in: "/taken", "e", isSequential: false, data: [1], .kazoo)
            try await replace("/taken/e")
            #expect(try await client.remove(own) == false)
            #expect(try await other.getData("/taken/e").data == [7])
            // Written to meanwhile, it is ours still.
            let second = try await client.createEphemeral(in: "/taken", "f", isSequential: false, data: [1], .kazoo)
            try await client.setData("/taken/f", [2])
            #expect(try await client.remove(second))
            #expect(try await other.getChildren("/taken").names == ["e"])

            let node = PersistentEphemeral(client, at: "/kept/one", data: [1])
            try await node.whilePresent {
                try await replace("/kept/one")
                try await node.setData([2])
                #expect(try await other.getData("/kept/one").data == [7])
                // When that one goes, it is ours again.
                try await other.delete("/kept/one")
                try await eventually("it is made again") {
                    (try? await other.getData("/kept/one").data) == [2]
                }
            }
            try await eventually("it goes with its body") { try await other.exists("/kept/one") == nil }
            await client.close()
            await other.close()
        }
    }

    /// As when a client gets a new session between its turn and its lease.
    @Test func aLeaseOfAnotherSessionThanTheTurnsDoesNotCount() async throws {
        try await RecipeBench.with { server in
            let client = try await RecipeBench.connect([server.address])
            for style in NameStyle.allCases {
                let path = "/leases-\(style)"
                try await client.create(path)
                let semaphore = DistributedSemaphore(client, at: path, leases: 1, names: style)
                let turn = OwnZNode(path: "/gone", session: .none, czxid: .zero)
                #expect(try await semaphore.takeLease(under: turn) == nil)
                try await eventually("it is given back") { try await semaphore.holders().isEmpty }
            }
            await client.close()
        }
    }

    @Test(arguments: RecipeBench.engines)
    func aKeptEphemeralComesBackAndAGroupSeesItsMembersComeAndGo(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let client = try await RecipeBench.connect([server.address], whenExpired: .renew)
            let other = try await RecipeBench.connect([server.address])
            let node = PersistentEphemeral(client, at: "/kept/one", data: [1])
            try await node.whilePresent {
                let first = try #require(try await other.exists("/kept/one"))
                #expect(first.ephemeralOwner == client.session?.id)
                try await node.setData([2])
                #expect(try await other.getData("/kept/one").data == [2])
                // Removed by somebody.
                try await other.delete("/kept/one")
                try await eventually("it is made again") { try await other.exists("/kept/one") != nil }
                // Its session ends.
                try await RecipeBench.expire(client, at: server.address)
                try await eventually("it is made by the next session") {
                    guard let stat = try await other.exists("/kept/one") else { return false }
                    return stat.ephemeralOwner == client.session?.id && stat.ephemeralOwner != first.ephemeralOwner
                }
                #expect(try await other.getData("/kept/one").data == [2])
            }
            try await eventually("it goes with its body") { try await other.exists("/kept/one") == nil }

            // Somebody else's is waited for.
            try await other.create("/kept/two", mode: .ephemeral)
            let second = Task {
                try await PersistentEphemeral(client, at: "/kept/two").whilePresent {
                    try await other.getData("/kept/two").stat.ephemeralOwner
                }
            }
            await other.close()
            let third = try await RecipeBench.connect([server.address])
            await #expect(throws: (any Error).self) { try await second.value }

            for names in GroupNames.allCases {
                let group = Group(client, at: "/groups/\(names)", names: names)
                let seen = NIOLockedValueBox<[[String]]>([])
                let watching = Task {
                    for try await members in Group(third, at: "/groups/\(names)", names: names).memberChanges() {
                        seen.withLockedValue { $0.append(members.map(\.id)) }
                    }
                }
                try await eventually("the group is watched") { seen.withLockedValue { $0 == [[]] } }
                try await group.withMembership(as: "a") {
                    try await eventually("one is there") { seen.withLockedValue { $0.last == ["a"] } }
                    try await group.withMembership(as: "b", data: [7]) {
                        try await eventually("two are there") { seen.withLockedValue { $0.last == ["a", "b"] } }
                        let members = try await group.members()
                        #expect(members.map(\.id) == ["a", "b"])
                        #expect(members.last?.data == (names == .groupMember ? [7] : []))
                    }
                }
                try await eventually("nobody is left") { seen.withLockedValue { $0.last == [] } }
                watching.cancel()
            }
            await client.close()
            await third.close()
        }
    }

    @Test func countersAndQueuesLoseNothing() async throws {
        try await RecipeBench.with { server in
            let clients = try await [
                RecipeBench.connect([server.address]), RecipeBench.connect([server.address]),
                RecipeBench.connect([server.address]),
            ]
            for format in CounterFormat.allCases {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in clients {
                        group.addTask {
                            let counter = DistributedCounter(
                                client, at: "/counters/\(format)", format: format, initial: 100)
                            for _ in 0..<5 { try await counter.add(2) }
                        }
                    }
                    try await group.waitForAll()
                }
                let counter = DistributedCounter(clients[0], at: "/counters/\(format)", format: format)
                try await clients[0].sync()
                #expect(try await counter.value() == 130)
                try await counter.set(-1)
                #expect(try await counter.value() == -1)
            }
            try await clients[0].setData("/counters/int32", [1])
            await #expect(
                throws: RecipeError.foreign(path: "/counters/int32", detail: "1 bytes that are no number of int32")
            ) { try await DistributedCounter(clients[0], at: "/counters/int32", format: .int32).value() }

            for style in NameStyle.allCases {
                let queue = DistributedQueue(clients[0], at: "/queues/\(style)", names: style)
                #expect(try await queue.poll() == nil)
                await #expect(throws: RecipeError.timeout(path: "/queues/\(style)", after: .milliseconds(20))) {
                    try await queue.take(timeout: .milliseconds(20))
                }
                let taken = NIOLockedValueBox<[UInt8]>([])
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in clients {
                        group.addTask {
                            let queue = DistributedQueue(client, at: "/queues/\(style)", names: style)
                            for _ in 0..<5 {
                                let entry = try await queue.take()
                                taken.withLockedValue { $0 += entry }
                            }
                        }
                    }
                    for number in 0..<15 { try await queue.put([UInt8(number)]) }
                    try await group.waitForAll()
                }
                #expect(taken.withLockedValue { $0.sorted() } == Array(0..<15))
                #expect(try await queue.count() == 0)
            }
            let queue = DistributedQueue(clients[0], at: "/queues/kazoo", names: .kazoo)
            try await queue.put([1])
            try await queue.put([2], priority: 5)
            #expect(try await [queue.poll(), queue.poll(), queue.poll()] == [[2], [1], nil])
            for client in clients { await client.close() }
        }
    }

    @Test func workIsGivenAgainUntilItIsDone() async throws {
        try await RecipeBench.with { server in
            let client = try await RecipeBench.connect([server.address])
            let doomed = try await RecipeBench.connect([server.address])
            let queue = LockingQueue(client, at: "/work")
            struct Fault: Error {}
            try await queue.put([1])
            await #expect(throws: Fault.self) { try await queue.work { _, _ in throw Fault() } }
            #expect(try await queue.count() == 1)
            // A worker whose session somebody closes. He is told when the next one gets the entry, not before.
            let holders = Holders()
            let first = Task {
                try await LockingQueue(doomed, at: "/work").work { data, token in
                    try await holders.hold(token) { try await untilCancelled() }
                }
            }
            try await eventually("it works") { holders.count == 1 }
            await #expect(throws: RecipeError.timeout(path: "/work", after: .milliseconds(50))) {
                try await queue.work(timeout: .milliseconds(50)) { _, _ in }
            }
            let second = Task { try await queue.work { data, token in await holders.hold(token) { data } } }
            try await RecipeBench.expire(doomed, at: server.address)
            await #expect(throws: RecipeError.self) { try await first.value }
            #expect(try await second.value == [1])
            #expect(try await queue.count() == 0)
            #expect(try await client.getChildren("/work/taken").names == [])
            try await queue.put([3])
            try await queue.put([2], priority: 1)
            #expect(try await queue.work { data, _ in data } == [2])
            #expect(try await queue.work { data, _ in data } == [3])
            await client.close()
        }
    }

    @Test(arguments: [Engine.bundled, .apache])
    func aCachedTreeFollowsTheTreeThroughAnExpiryToo(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let client = try await RecipeBench.connect([server.address], whenExpired: .renew)
            let other = try await RecipeBench.connect([server.address])
            try await other.create("/config", data: Array("a".utf8))
            try await other.create("/config/x", data: Array("b".utf8))
            let cache = TreeCache(client, at: "/config")
            #expect(!cache.isCurrent)
            try await cache.whileCurrent {
                #expect(cache.isCurrent)
                #expect(cache["/config"]?.data == Array("a".utf8))
                #expect(cache.children(of: "/config") == ["x"])
                for number in 0..<20 { try await other.create("/config/x/\(number)", data: [UInt8(number)]) }
                try await other.setData("/config/x", Array("c".utf8))
                try await other.delete("/config/x/7")
                try await eventually("the cache has all of it") {
                    cache.znodes.count == 21 && cache["/config/x"]?.data == Array("c".utf8)
                        && cache["/config/x/7"] == nil
                }
                try await RecipeBench.expire(client, at: server.address)
                try await other.delete("/config/x/8")
                try await other.create("/config/y")
                try await eventually("the cache is current again") {
                    cache.isCurrent && cache["/config/x/8"] == nil && cache["/config/y"] != nil
                }
                #expect(cache.children(of: "/config") == ["x", "y"])
            }
            // Changes one by one.
            let seen = NIOLockedValueBox<[String]>([])
            let second = TreeCache(other, at: "/late")
            let running = Task {
                try await second.run { change in
                    seen.withLockedValue { seen in
                        switch change {
                        case .added(let path, _): seen.append("+\(path)")
                        case .changed(let path, _, _): seen.append("~\(path)")
                        case .removed(let path, _): seen.append("-\(path)")
                        }
                    }
                }
            }
            try await eventually("it is filled") { second.isCurrent }
            try await client.create("/late")
            try await eventually("one") { seen.withLockedValue { $0 == ["+/late"] } }
            try await client.create("/late/a")
            try await eventually("two") { seen.withLockedValue { $0.contains("+/late/a") } }
            try await client.delete("/late/a")
            try await client.delete("/late")
            try await eventually("none") { second.znodes.isEmpty }
            running.cancel()
            await #expect(throws: RecipeError.self) {
                try await client.create("/big")
                try await client.create("/big/a")
                try await TreeCache(other, at: "/big", limit: 1).run()
            }
            await client.close()
            await other.close()
        }
    }
}
