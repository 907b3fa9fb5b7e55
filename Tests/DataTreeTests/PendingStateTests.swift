import Jute
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import DataTree

/// Writes are checked against what will be, not against what is applied: nothing here is applied before the end.
@Suite struct PendingStateTests {
    private func paths(_ server: TestServer) -> [String] {
        server.log.compactMap {
            guard case .create(let txn) = try! TxnEntry(decoding: $0).txn else { return nil }
            return txn.path
        }
    }

    private func finish(_ server: TestServer) {
        server.applyAll()
        #expect(server.tree.digestMismatches == 0)
        #expect(server.tree.recomputedDigest() == server.tree.digest)
        #expect(server.preparerIsIdle)
        #expect(server.tree.acls.ids == [1] || server.tree.acls.ids.allSatisfy { server.tree.acls.list($0) != [] })
    }

    @Test func sequenceNumbersOfCreatesInFlight() {
        let server = TestServer()
        for _ in 0..<3 { server.prepare(.create("/s-", flags: 2)) }
        server.prepare(.create("/other"))
        server.prepare(.create("/t-", flags: 3))
        #expect(paths(server) == ["/s-0000000000", "/s-0000000001", "/s-0000000002", "/other", "/t-0000000004"])
        finish(server)
    }

    @Test func aDeletedChildInFlightLetsTheParentBeDeleted() {
        let server = TestServer()
        server.write(.create("/p"))
        server.write(.create("/p/c"))
        #expect(server.prepare(.delete("/p")) == .notEmpty)
        #expect(server.prepare(.delete("/p/c")) == .ok)
        #expect(server.prepare(.delete("/p")) == .ok)
        finish(server)
        #expect(server.stat("/p") == nil)
    }

    @Test func aCreateInFlightKeepsTheParentFromBeingDeleted() {
        let server = TestServer()
        server.write(.create("/p"))
        #expect(server.prepare(.create("/p/c")) == .ok)
        #expect(server.prepare(.delete("/p")) == .notEmpty)
        finish(server)
    }

    @Test func creatingBelowWhatIsInFlight() {
        let server = TestServer()
        #expect(server.prepare(.create("/p")) == .ok)
        #expect(server.prepare(.create("/p/c")) == .ok)
        #expect(server.prepare(.create("/p/c")) == .nodeExists)
        #expect(server.prepare(.delete("/p/c")) == .ok)
        #expect(server.prepare(.create("/p/c/d")) == .noNode)
        #expect(server.prepare(.set("/p/c", "")) == .noNode)
        #expect(server.prepare(.delete("/p/c")) == .noNode)
        #expect(server.prepare(.create("/p/c", "again")) == .ok)
        finish(server)
        #expect(server.data("/p/c") == "again")
        #expect(server.stat("/p")?.cversion == 3)
    }

    @Test func versionsInFlight() {
        let server = TestServer()
        server.write(.create("/v"))
        #expect(server.prepare(.set("/v", "1", version: 0)) == .ok)
        #expect(server.prepare(.set("/v", "2", version: 1)) == .ok)
        #expect(server.prepare(.set("/v", "3", version: 1)) == .badVersion)
        #expect(server.prepare(.delete("/v", version: 1)) == .badVersion)
        #expect(server.prepare(.setACL("/v", .open, version: 0)) == .ok)
        #expect(server.prepare(.setACL("/v", .open, version: 0)) == .badVersion)
        #expect(server.prepare(.setACL("/v", .open, version: 1)) == .ok)
        #expect(server.prepare(.delete("/v", version: 2)) == .ok)
        finish(server)
    }

    @Test func rootUnderItsTwoNames() {
        let server = TestServer()
        #expect(server.prepare(.create("/a")) == .ok)
        #expect(server.prepare(.set("/", "root", version: 0)) == .ok)
        #expect(server.prepare(.create("/b-", flags: 2)) == .ok)
        #expect(paths(server).last == "/b-0000000001")
        #expect(server.prepare(.set("/", "root", version: 1)) == .ok)
        finish(server)
        #expect(server.stat("/")?.version == 2)
    }

    @Test func permissionsInFlight() {
        let server = TestServer()
        server.write(.create("/a"))
        #expect(server.prepare(.setACL("/a", .readOnly)) == .ok)
        #expect(server.prepare(.create("/a/b")) == .noAuth)
        #expect(server.prepare(.set("/a", "x")) == .noAuth)
        #expect(server.prepare(.create("/c", acl: .readOnly)) == .ok)
        #expect(server.prepare(.create("/c/d")) == .noAuth)
        finish(server)
    }

    @Test func failingMultiRollsBackNodesAndTheirParents() {
        let server = TestServer()
        server.write(.create("/p"))
        #expect(server.prepare(.create("/p/before-", flags: 2)) == .ok)
        #expect(server.prepare(.setACL("/p", .open)) == .ok)
        let multi: [MultiOperation] = [
            .create(.create, CreateRequest(path: "/p/x-", data: nil, acl: .open, flags: 2)),
            .create(.create, CreateRequest(path: "/p/y", data: nil, acl: .readOnly, flags: 0)),
            .setData(SetDataRequest(path: "/p", data: [1], version: 0)),
            .delete(DeleteRequest(path: "/p/before-0000000000", version: -1)),
            .check(CheckVersionRequest(path: "/p", version: 9)),
            .setData(SetDataRequest(path: "/p", data: [2], version: -1)),
        ]
        #expect(server.prepare(.multi(multi)) == .badVersion)
        guard case .multi(let operations) = server.lastPrepared.txn else { return #expect(Bool(false)) }
        #expect(operations.map(\.type) == [.create, .create, .setData, .delete, .error, .error])
        #expect(Array(operations.suffix(2)) == [.error(.badVersion), .error(.runtimeInconsistency)])
        #expect(server.lastPrepared.digest != nil)

        #expect(server.prepare(.create("/p/after-", flags: 2)) == .ok)
        #expect(paths(server).last == "/p/after-0000000001", "a multi rolled back takes no number")
        #expect(server.prepare(.set("/p", "v", version: 0)) == .ok)
        #expect(server.prepare(.delete("/p/y")) == .noNode)
        #expect(server.prepare(.delete("/p/before-0000000000")) == .ok)
        finish(server)
        #expect(server.tree.acls.ids.count == 1, "the list of the node that never was is gone")
    }

    @Test func theReplyToAFailedMulti() throws {
        let server = TestServer()
        server.write(.create("/a"))
        server.prepare(
            .multi([
                .check(CheckVersionRequest(path: "/a", version: 0)), .delete(DeleteRequest(path: "/a", version: 5)),
                .delete(DeleteRequest(path: "/a", version: 0)),
            ]))
        let reply = server.applyNext()
        #expect(reply.error == .ok)
        let results = try reply.body.readJute { reader throws(JuteError) in try MultiResult.readAll(from: &reader) }
        #expect(results == [.error(.ok), .error(.badVersion), .error(.runtimeInconsistency)])
    }

    @Test func eachOperationOfAMultiSeesThoseBefore() throws {
        let server = TestServer()
        server.prepare(
            .multi([
                .create(.create2, CreateRequest(path: "/m", data: [1], acl: .open, flags: 0)),
                .setData(SetDataRequest(path: "/m", data: [2], version: 0)),
                .check(CheckVersionRequest(path: "/m", version: 1)),
                .create(.createContainer, CreateRequest(path: "/m/box", data: nil, acl: .open, flags: 4)),
                .delete(DeleteRequest(path: "/m/box", version: 0)), .delete(DeleteRequest(path: "/m", version: 1)),
                .create(.create, CreateRequest(path: "/m", data: [3], acl: .open, flags: 1)),
            ]))
        let reply = server.applyNext()
        let results = try reply.body.readJute { reader throws(JuteError) in try MultiResult.readAll(from: &reader) }
        #expect(results.count == 7)
        guard case .create(let path) = results[0], case .create2(let box) = results[3] else {
            return #expect(Bool(false))
        }
        #expect(path.path == "/m")
        #expect(box.path == "/m/box")
        #expect(server.stat("/m")?.ephemeralOwner == TestServer.session)
        finish(server)
    }

    @Test(arguments: [
        [MultiOperation.getData(ReadRequest(path: "/", watch: false))],
        [.create(.create, CreateRequest(path: "/t", data: nil, acl: .open, flags: 5))],
    ])
    func multisThatAreNoneCostAZXID(operations: [MultiOperation]) {
        let server = TestServer()
        #expect(server.write(.multi(operations)) == .marshallingError)
        #expect(server.tree.lastZXID == ZXID(rawValue: 1))
    }

    @Test func closeSessionKnowsWhatIsInFlight() throws {
        let server = TestServer()
        for path in ["/e1", "/e2"] { server.write(.create(path, flags: 1)) }
        server.write(.create("/p"))
        server.prepare(.create("/p/e3", flags: 1))
        server.prepare(.delete("/e1"))
        server.prepare(.multi([.create(.create, CreateRequest(path: "/e4", data: nil, acl: .open, flags: 1))]))
        server.prepare(.closeSession)
        #expect(server.lastPrepared.txn == .closeSession(paths: ["/e2", "/e4", "/p/e3"]))
        #expect(server.prepare(.create("/late")) == .sessionExpired)
        #expect(server.prepare(.create("/late", flags: 1)) == .sessionExpired)
        finish(server)
        #expect(server.tree.ephemeralCount == 0)
        #expect(!server.tree.sessions.contains { $0.id == TestServer.session })
        #expect(server.stat("/p")?.numChildren == 0)
    }

    @Test func afterCloseSessionTheParentIsEmpty() {
        let server = TestServer()
        let other = SessionID(rawValue: 9)
        server.sessions.track(other, timeout: 1000, now: 0)
        server.write(.create("/p"))
        server.write(.create("/p/e", flags: 1))
        server.prepare(.closeSession)
        #expect(server.prepare(.delete("/p"), session: other) == .ok)
        finish(server)
    }

    @Test func tombstonesAndRecordsGoWhenApplied() {
        let server = TestServer()
        server.prepare(.create("/a"))
        server.prepare(.delete("/a"))
        server.prepare(.create("/a", "second"))
        server.applyNext()
        #expect(server.prepare(.create("/a")) == .nodeExists, "the newest record is not the one just applied")
        server.applyNext()
        #expect(server.prepare(.set("/a", "third", version: 0)) == .ok)
        finish(server)
        #expect(server.data("/a") == "third")
    }

    // MARK: The oracle: one at a time

    /// Whatever is in flight, a request becomes the very txn that it becomes when everything before it is applied already.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func sameTxnsAsOneAtATime(seed: UInt64) throws {
        var options = TxnPreparer.Options()
        options.allowsTTL = true
        let (slow, fast) = (TestServer(options), TestServer(options))
        var random = SeededGenerator(seed: seed)
        var sessions = (1...4).map { SessionID(rawValue: 1000 + $0) }
        for server in [slow, fast] {
            for session in sessions { server.sessions.track(session, timeout: 1 << 20, now: 0) }
        }
        for step in 0..<1500 {
            let session = sessions.randomElement(using: &random)!
            let request = randomRequest(&random, step)
            let who = random.next() % 3 == 0 ? [PreparerErrorTests.bob] : []
            #expect(
                slow.prepare(request, session: session, as: who) == fast.prepare(request, session: session, as: who))
            #expect(slow.log.last == fast.log.last, "step \(step): \(request)")
            slow.applyAll()
            // From nothing to dozens in flight.
            if random.next() % 40 == 0 { fast.applyAll() } else if random.next() % 3 == 0 { fast.applyNext() }
            if case .closeSession = request {
                let next = SessionID(rawValue: Int64(2000 + step))
                sessions[sessions.firstIndex(of: session)!] = next
                for server in [slow, fast] { server.sessions.track(next, timeout: 1 << 20, now: 0) }
            }
        }
        fast.applyAll()
        #expect(slow.tree.digestMismatches == 0)
        #expect(slow.tree.recomputedDigest() == slow.tree.digest)
        #expect(fast.tree.digest == slow.tree.digest)
        #expect(try fast.tree.everything() == slow.tree.everything())
        #expect(fast.tree.acls.ids.count == slow.tree.acls.ids.count)
        #expect(fast.preparerIsIdle && slow.preparerIsIdle)
        #expect(slow.tree.lastZXID == ZXID(rawValue: 1500))

        // And the log, once more, over a snapshot taken in the middle of it.
        let tree = DataTree()
        var (writer, next) = (JuteWriter(), 0)
        for entry in slow.everything[..<500] { try tree.apply(entry) }
        next = 500
        let snapshot = tree.beginSnapshot(into: &writer)
        while tree.writeSnapshot(snapshot, into: &writer, size: writer.count + 1) {
            for _ in 0..<20 where next < slow.everything.count {
                try tree.apply(slow.everything[next])
                next += 1
            }
        }
        let copy = try SnapshotBytes(body: writer.bytes, digest: (tree.lastZXID, tree.digest)).load(
            lastZXID: snapshot.zxid)
        for entry in slow.everything[500...] { try copy.apply(entry) }
        #expect(copy.digest == slow.tree.digest)
        #expect(copy.digestMismatches == 0)
        #expect(try copy.everything() == slow.tree.everything())
        #expect(copy.approximateDataSize == slow.tree.approximateDataSize)
    }

    private func randomRequest(_ random: inout SeededGenerator, _ step: Int) -> Request {
        func operation() -> MultiOperation {
            let path = randomPath(&random)
            let version: Int32 = random.next() % 4 == 0 ? Int32(random.next() % 3) : -1
            switch random.next() % 9 {
            case 0..<4:
                let acl: [ACL] = [.open, .open, .open, [ACL(.all, PreparerErrorTests.bob)], .readOnly][
                    Int(random.next() % 5)]
                let flags: Int32 = [0, 0, 0, 1, 2, 3, 4][Int(random.next() % 7)]
                return .create(
                    flags == 4 ? .createContainer : .create,
                    CreateRequest(
                        path: path, data: random.next() % 5 == 0 ? nil : Array("\(step)".utf8), acl: acl, flags: flags))
            case 4:
                return .createTTL(
                    CreateTTLRequest(path: path, data: [], acl: .open, flags: 5, ttl: Int64(1 + random.next() % 9)))
            case 5, 6: return .delete(DeleteRequest(path: path, version: version))
            case 7: return .setData(SetDataRequest(path: path, data: Array("\(step)".utf8), version: version))
            default: return .check(CheckVersionRequest(path: path, version: version))
            }
        }
        switch random.next() % 20 {
        case 0:
            return .setACL(
                randomPath(&random),
                random.next() % 2 == 0 ? .open : [ACL(.all, PreparerErrorTests.bob), ACL(.all, .anyone)])
        case 1..<4: return .multi((0..<Int.random(in: 0...4, using: &random)).map { _ in operation() })
        case 4 where random.next() % 4 == 0: return .closeSession
        default:
            switch operation() {
            case .create(let op, let body): return .create(op, body)
            case .createTTL(let body): return .createTTL(body)
            case .delete(let body): return .delete(body)
            case .setData(let body): return .setData(body)
            default: return .set("/", "\(step)")
            }
        }
    }

    private func randomPath(_ random: inout SeededGenerator) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
            "/" + ["a", "b", "c", "d-"].randomElement(using: &random)!
        }.joined()
    }
}
