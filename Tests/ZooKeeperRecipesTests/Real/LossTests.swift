import TestSupport
import Testing
import ZooKeeperClient

@testable import ZooKeeperRecipes

/// A holder that loses what it holds is told, before anybody else can hold it.
@Suite(.serialized)
struct LossTests {
    /// Holds until told, and then says so.
    private func hold(_ lock: DistributedLock, _ holders: Holders) -> Task<Void, any Error> {
        Task { try await lock.withLock { token in try await holders.hold(token) { try await untilCancelled() } } }
    }

    @Test(arguments: RecipeBench.engines)
    func aSessionThatEndsTakesTheLockAlongAndItsHolderIsTold(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let client = try await RecipeBench.connect([server.address], whenExpired: .renew)
            let other = try await RecipeBench.connect([server.address])
            let lock = DistributedLock(client, at: "/lock", id: "first")
            let holders = Holders()
            let first = hold(lock, holders)
            try await eventually("the first holds") { holders.count == 1 }
            let token = try #require(holders.tokens.first)
            try await RecipeBench.expire(client, at: server.address)
            await #expect(throws: RecipeError.lost(path: "/lock", token: token, reason: .sessionExpired)) {
                try await first.value
            }
            // With its new session it can hold again.
            let second = hold(lock, holders)
            try await eventually("it holds again") { holders.count == 1 }
            #expect(try #require(holders.tokens.last) > token)

            // Somebody removes the znode.
            let name = try #require(try await other.getChildren("/lock").names.first)
            try await other.delete("/lock/" + name)
            await #expect(throws: RecipeError.self) { try await second.value }
            do { try await second.value } catch RecipeError.lost(_, _, let reason) { #expect(reason == .removed) }

            // The client is closed.
            let third = hold(lock, holders)
            try await eventually("it holds once more") { holders.count == 1 }
            await client.close()
            do {
                try await third.value
                Issue.record("nobody was told")
            } catch RecipeError.lost(_, _, let reason) {
                #expect(reason == .sessionClosed)
            }
            #expect(holders.most == 1)
            await other.close()
        }
    }

    @Test(arguments: RecipeBench.engines)
    func aHolderOutlastsALostConnection(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let client = try await RecipeBench.connect([server.address], sessionTimeout: .seconds(20))
            let lock = DistributedLock(client, at: "/lock")
            let holders = Holders()
            let holder = hold(lock, holders)
            try await eventually("it holds") { holders.count == 1 }
            let participants = try await lock.participants()
            server.kill()
            try await eventually("the connection is lost") { client.state == .disconnected }
            try await server.start()
            #expect(try await lock.participants() == participants)
            #expect(holders.count == 1)
            holder.cancel()
            await #expect(throws: CancellationError.self) { try await holder.value }
            #expect(try await lock.participants() == [])
            await client.close()
        }
    }

    @Test(arguments: RecipeBench.engines)
    func whoWaitsWithASessionThatEndsStandsAgainWithTheNext(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let client = try await RecipeBench.connect([server.address])
            let renewing = try await RecipeBench.connect([server.address], whenExpired: .renew)
            let ending = try await RecipeBench.connect([server.address])
            let lock = DistributedLock(client, at: "/lock", id: "holder")
            let holders = Holders()
            let holder = hold(lock, holders)
            try await eventually("it is held") { holders.count == 1 }
            let stands = hold(DistributedLock(renewing, at: "/lock", id: "renewing"), holders)
            let gives = hold(DistributedLock(ending, at: "/lock", id: "ending"), holders)
            try await eventually("three stand") { try await lock.participants().count == 3 }
            let before = Set(try await lock.participants().map(\.token))
            try await RecipeBench.expire(renewing, at: server.address)
            try await RecipeBench.expire(ending, at: server.address)
            await #expect(throws: ZooKeeperError.self) { try await gives.value }
            try await eventually("one stands again") {
                let participants = try await lock.participants()
                return participants.map(\.id) == ["holder", "renewing"] && !before.contains(participants[1].token)
            }
            holder.cancel()
            try await eventually("the other holds") { holders.tokens.count == 2 }
            stands.cancel()
            _ = await stands.result
            #expect(holders.most == 1)
            for client in [client, renewing, ending] { await client.close() }
        }
    }

    @Test(arguments: RecipeBench.engines)
    func aHolderThatIsCutOffStopsBeforeTheNextOneBegins(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let link = try TestNetwork(to: server.address)
            defer { link.close() }
            let far = ServerAddress(host: "127.0.0.1", port: try #require(link.clientPort))
            let client = try await RecipeBench.connect([far], sessionTimeout: .seconds(2), whenExpired: .renew)
            let other = try await RecipeBench.connect([server.address])
            let holders = Holders()
            let first = hold(DistributedLock(client, at: "/lock", id: "far"), holders)
            try await eventually("the far one holds") { holders.count == 1 }
            let second = hold(DistributedLock(other, at: "/lock", id: "near"), holders)
            link.part([0], from: [1])
            await #expect(throws: RecipeError.self) { try await first.value }
            do { try await first.value } catch RecipeError.lost(_, _, let reason) { #expect(reason == .unheard) }
            try await eventually("the near one holds") { holders.tokens.count == 2 }
            #expect(holders.most == 1)
            // The far one comes back, to the end of the queue.
            link.heal()
            let third = hold(DistributedLock(client, at: "/lock", id: "far"), holders)
            try await eventually("both stand") {
                try await DistributedLock(other, at: "/lock").participants().map(\.id) == ["near", "far"]
            }
            second.cancel()
            try await eventually("the far one holds again") { holders.tokens.count == 3 }
            third.cancel()
            _ = await third.result
            #expect(holders.most == 1)
            #expect(holders.tokens == holders.tokens.sorted())
            await client.close()
            await other.close()
        }
    }

    /// The request arrives, its answer does not: the contender is there, and must be found again, not made twice.
    @Test(arguments: RecipeBench.engines)
    func aLostAnswerLeavesOneContender(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let link = try TestNetwork(to: server.address)
            defer { link.close() }
            let far = ServerAddress(host: "127.0.0.1", port: try #require(link.clientPort))
            let client = try await RecipeBench.connect([far], sessionTimeout: .seconds(6))
            let other = try await RecipeBench.connect([server.address])
            try await other.create("/lock")
            let holders = Holders()
            link.block(from: [1], to: [0])
            let holder = hold(DistributedLock(client, at: "/lock"), holders)
            try await eventually("the contender is made") { try await other.getChildren("/lock").names.count == 1 }
            let names = try await other.getChildren("/lock").names
            try await eventually("the client has noticed") { client.state == .disconnected }
            link.heal()
            try await eventually("it holds") { holders.count == 1 }
            #expect(try await other.getChildren("/lock").names == names)

            // Given up while the answer is on its way: nothing is left.
            try await other.create("/other")
            link.block(from: [1], to: [0])
            let given = Task { try await DistributedLock(client, at: "/other").withLock { _ in } }
            try await eventually("the contender is made") { try await other.getChildren("/other").names.count == 1 }
            given.cancel()
            _ = await given.result
            link.heal()
            try await eventually("it is removed") { try await other.getChildren("/other").names.isEmpty }
            holder.cancel()
            _ = await holder.result
            await client.close()
            await other.close()
        }
    }

    /// The same ensemble for both: Apache's take long to boot.
    @Test(arguments: RecipeBench.engines)
    func inAnEnsembleNoTwoHoldAtAnyMoment(engine: Engine) async throws {
        try await TestEnsemble.with([engine, engine, engine], hasNetwork: true) { ensemble in
            try await aHolderAtAFollowerIsCutOff(ensemble)
            try await ensemble.waitUntilServing()
            try await theLeaderIsKilledUnderContention(ensemble)
        }
    }

    /// A process of its own that is killed: the servers take the lock from it when its session's timeout is over, not before.
    @Test(arguments: RecipeBench.engines)
    func theLockOfAKilledProcessGoesToTheNext(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let directory = try TemporaryDirectory("killed-holder")
            defer { directory.remove() }
            let client = try await RecipeBench.connect([server.address])
            let timeout = Duration.seconds(2)
            let holder = try ChildProcess(
                Engine.packageRoot + "/.build/debug/lock-holder",
                [RecipeBench.connectString([server.address]).description, "/lock", "2000"],
                output: directory.path + "/output")
            defer { holder.killAndWait() }
            let lock = DistributedLock(client, at: "/lock", id: "next")
            try await eventually("the other holds") { try await lock.participants().map(\.isHolder) == [true] }
            let before = try #require(try await lock.participants().first)
            let next = Task { try await lock.withLock { token in (token, ContinuousClock.now) } }
            try await eventually("two stand") {
                try await lock.participants().map(\.id) == ["doomed", "next"]
            }
            holder.killAndWait()
            let killed = ContinuousClock.now
            let (token, held) = try await next.value
            #expect(token > before.token)
            // Its last ping was a third of its timeout before it was killed, at most; Apache's servers round up to their tick of 0.5 s.
            #expect(held - killed >= timeout / 2, "\(held - killed)")
            #expect(held - killed < .seconds(10), "\(held - killed)")
            await client.close()
        }
    }

    /// The follower goes on answering reads and pings for a while; only what goes through the leader tells the truth.
    private func aHolderAtAFollowerIsCutOff(_ ensemble: TestEnsemble) async throws {
        let network = try #require(ensemble.network)
        let follower = try #require(try await ensemble.followers().first)
        let leader = try await ensemble.leader()
        let client = try await RecipeBench.connect([follower.address], sessionTimeout: .seconds(2))
        let other = try await RecipeBench.connect([leader.address])
        let holders = Holders()
        let first = hold(DistributedLock(client, at: "/lock", id: "cut off"), holders)
        try await eventually("the first holds") { holders.count == 1 }
        let second = hold(DistributedLock(other, at: "/lock", id: "next"), holders)
        try await eventually("the second waits") {
            try await DistributedLock(other, at: "/lock").participants().count == 2
        }
        network.part([follower.id], from: ensemble.servers.map(\.id).filter { $0 != follower.id })
        await #expect(throws: RecipeError.self) { try await first.value }
        do { try await first.value } catch RecipeError.lost(_, _, let reason) { #expect(reason == .unheard) }
        try await eventually("the second holds") { holders.tokens.count == 2 }
        #expect(holders.most == 1)
        second.cancel()
        _ = await second.result
        network.heal()
        await other.close()
        await client.close()
    }

    private func theLeaderIsKilledUnderContention(_ ensemble: TestEnsemble) async throws {
        let holders = Holders()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                let client = try await RecipeBench.connect(
                    ensemble.addresses, sessionTimeout: .seconds(6), whenExpired: .renew)
                group.addTask {
                    let lock = DistributedLock(client, at: "/lock")
                    while !Task.isCancelled {
                        // Whoever loses it contends again.
                        _ = try? await lock.withLock { token in
                            try await holders.hold(token) { try await client.setData("/lock", []) }
                        }
                    }
                    await client.close()
                }
            }
            for _ in 0..<2 {
                let before = holders.tokens.count
                try await eventually("the lock goes round") { holders.tokens.count > before + 10 }
                let leader = try await ensemble.leader()
                leader.kill()
                let after = holders.tokens.count
                try await eventually("it goes on without the leader") { holders.tokens.count > after + 10 }
                try await ensemble.restart(leader)
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(holders.most == 1)
        #expect(holders.tokens == holders.tokens.sorted())
        #expect(Set(holders.tokens).count == holders.tokens.count)
    }
}
