import TestSupport
import Testing
import ZooKeeperClient

@testable import ZooKeeperRecipes

/// Locks and elections against the bundled server and Apache's: who holds, in which order, and what is left behind.
@Suite(.serialized)
struct LockTests {
    @Test(arguments: RecipeBench.engines)
    func contendersOfBothStylesExcludeEachOtherAndTokensGrow(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let holders = Holders()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for contender in 0..<6 {
                    let client = try await RecipeBench.connect([server.address])
                    if contender == 0 { try await client.create("/value", data: Array("0".utf8)) }
                    group.addTask {
                        let lock = DistributedLock(
                            client, at: "/locks/one", names: contender % 2 == 0 ? .curator : .kazoo, id: "\(contender)")
                        for _ in 0..<5 {
                            try await lock.withLock { token in
                                try await holders.hold(token) {
                                    // Without a version: lost if anybody else wrote in between.
                                    let value = Int(
                                        String(decoding: try await client.getData("/value").data ?? [], as: UTF8.self))!
                                    try await client.setData("/value", Array("\(value + 1)".utf8))
                                }
                            }
                        }
                        #expect(client.state == .connected)
                        await client.close()
                    }
                }
                try await group.waitForAll()
            }
            let client = try await RecipeBench.connect([server.address])
            #expect(try await client.getData("/value").data == Array("30".utf8))
            #expect(holders.most == 1)
            #expect(holders.tokens.count == 30)
            #expect(holders.tokens == holders.tokens.sorted())
            #expect(try await client.getChildren("/locks/one").names == [])
            await client.close()
        }
    }

    @Test(arguments: RecipeBench.engines)
    func whoGivesUpWaitingLeavesNothingBehind(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let client = try await RecipeBench.connect([server.address])
            let other = try await RecipeBench.connect([server.address])
            let lock = DistributedLock(client, at: "/lock", id: "first")
            let second = DistributedLock(other, at: "/lock", id: "second")
            try await lock.withLock { token in
                await #expect(throws: RecipeError.timeout(path: "/lock", after: .milliseconds(50))) {
                    try await second.withLock(timeout: .milliseconds(50)) { _ in }
                }
                let waiting = Task { try await second.withLock { _ in } }
                try await eventually("the second waits") {
                    try await second.participants().map(\.id) == ["first", "second"]
                }
                #expect(try await second.participants().map(\.isHolder) == [true, false])
                #expect(try await second.participants().first?.token == token)
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
                try await eventually("only the first is left") { try await lock.participants().map(\.id) == ["first"] }
            }
            #expect(try await lock.participants() == [])
            struct Fault: Error {}
            await #expect(throws: Fault.self) { try await lock.withLock { _ in throw Fault() } }
            #expect(try await lock.participants() == [])
            // A holder whose caller is cancelled ends, and the lock is free.
            // Its znode is there before it holds, and who is cancelled in between leaves the removal to go on behind it.
            let holders = Holders()
            let holding = Task {
                try await lock.withLock { token in try await holders.hold(token) { try await untilCancelled() } }
            }
            try await eventually("the lock is held") { holders.count == 1 }
            holding.cancel()
            await #expect(throws: CancellationError.self) { try await holding.value }
            #expect(try await lock.participants() == [])
            await client.close()
            await other.close()
        }
    }

    @Test(arguments: RecipeBench.engines)
    func readersShareWritersDoNot(engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let readers = Holders()
            let writers = Holders()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for contender in 0..<4 {
                    let client = try await RecipeBench.connect([server.address])
                    group.addTask {
                        let lock = DistributedReadWriteLock(client, at: "/rw", names: contender < 2 ? .curator : .kazoo)
                        for round in 0..<4 {
                            if (contender + round) % 2 == 0 {
                                try await lock.withWriteLock { token in
                                    await writers.hold(token) { #expect(readers.count == 0) }
                                }
                            } else {
                                try await lock.withReadLock { token in
                                    await readers.hold(token) { #expect(writers.count == 0) }
                                }
                            }
                        }
                        await client.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(writers.most == 1)
            #expect(writers.tokens == writers.tokens.sorted())
            // Two readers at once: each waits for the other inside.
            let client = try await RecipeBench.connect([server.address])
            let lock = DistributedReadWriteLock(client, at: "/rw")
            let together = Holders()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        try await lock.withReadLock { token in
                            together.enter(token)
                            try await eventually("both read") { together.most == 2 }
                        }
                    }
                }
                try await group.waitForAll()
            }
            await client.close()
        }
    }

    @Test(arguments: NameStyle.allCases, RecipeBench.engines)
    func noMoreThanASemaphoresLeasesAreHeld(style: NameStyle, engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let holders = Holders()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for contender in 0..<5 {
                    let client = try await RecipeBench.connect([server.address])
                    group.addTask {
                        let semaphore = DistributedSemaphore(
                            client, at: "/pool/s", leases: 2, names: style, id: "\(contender)")
                        for round in 0..<3 {
                            try await semaphore.withLease { token in
                                try await holders.hold(token) {
                                    // All leases are used.
                                    if contender == 0, round == 0 {
                                        try await eventually("two hold") { holders.most == 2 }
                                    }
                                }
                            }
                        }
                        await client.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(holders.most == 2)
            #expect(holders.tokens.count == 15)
            let client = try await RecipeBench.connect([server.address])
            let semaphore = DistributedSemaphore(client, at: "/pool/s", leases: 2, names: style, id: "me")
            try await semaphore.withLease { _ in
                #expect(try await semaphore.holders() == ["me"])
                try await semaphore.withLease { _ in
                    await #expect(throws: RecipeError.timeout(path: "/pool/s", after: .milliseconds(50))) {
                        try await semaphore.withLease(timeout: .milliseconds(50)) { _ in }
                    }
                    // That of the one in vain is taken away behind its back.
                    try await eventually("two hold it") { try await semaphore.holders() == ["me", "me"] }
                }
            }
            if style == .kazoo {
                let other = DistributedSemaphore(client, at: "/pool/s", leases: 3, names: style)
                await #expect(
                    throws: RecipeError.foreign(path: "/pool/s", detail: "it says 2 leases, this semaphore 3")
                ) { try await other.withLease { _ in } }
            }
            await client.close()
        }
    }

    @Test(arguments: LeaderElection.Peers.allCases, RecipeBench.engines)
    func theNextOneLeadsWhenTheLeaderIsDone(peers: LeaderElection.Peers, engine: Engine) async throws {
        try await RecipeBench.with(engine) { server in
            let first = try await RecipeBench.connect([server.address])
            let second = try await RecipeBench.connect([server.address])
            let one = LeaderElection(first, at: "/leader", peers: peers, id: "one")
            let two = LeaderElection(second, at: "/leader", peers: peers, id: "two")
            #expect(try await one.leader() == nil)
            let terms = Holders()
            let next = try await one.lead { term in
                let next = Task { try await two.lead { term in terms.enter(term) } }
                try await eventually("two stand") { try await one.participants().count == 2 }
                #expect(try await two.leader()?.id == "one")
                #expect(try await two.leader()?.token == term)
                terms.enter(term)
                terms.leave(term)
                return next
            }
            try await next.value
            #expect(terms.tokens.count == 2)
            #expect(terms.tokens == terms.tokens.sorted())
            #expect(terms.most == 1)
            await first.close()
            await second.close()
        }
    }
}
