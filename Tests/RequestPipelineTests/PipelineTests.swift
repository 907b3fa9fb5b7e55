import DataTree
import Jute
import Testing
import ZooKeeperProtocol

@testable import RequestPipeline

@Suite struct PipelineTests {
    private let create = CreateRequest(path: "/a", data: [1], acl: .open, flags: 0).encoded
    private func create(_ path: String, flags: Int32 = 0) -> [UInt8] {
        CreateRequest(path: path, data: [1], acl: .open, flags: flags).encoded
    }
    private func set(_ path: String, _ data: [UInt8]) -> [UInt8] {
        SetDataRequest(path: path, data: data, version: -1).encoded
    }
    private func read(_ path: String, watch: Bool = false) -> [UInt8] { ReadRequest(path: path, watch: watch).encoded }

    // MARK: A large tree

    /// What is looked up ahead changes no answer, whatever the bytes are.
    @Test func requestsThatAreForeseen() throws {
        func answers(foreseen: Bool) throws -> [Reply] {
            let bench = Bench()
            let (id, _) = try bench.connect(timeout: 1_000_000)
            for directory in 0..<70 {
                bench.ask(1, .create, create("/d\(directory)"), from: id)
                for node in 0..<70 { bench.ask(1, .create, create("/d\(directory)/n\(node)"), from: id) }
                bench.commit()
            }
            _ = try bench.replies(id)
            var frames: [[UInt8]] = []
            for number in 0..<300 {
                let path = number % 7 == 0 ? "" : "/d\(number % 90)/n\(number * 31 % 90)"
                let (op, body): (OpCode, [UInt8]) =
                    switch number % 5 {
                    case 0: (.setData, set(path, [2]))
                    case 1: (.create, create(path + "/x"))
                    case 2: (.delete, DeleteRequest(path: path, version: -1).encoded)
                    case 3: (.getChildren, read(path))
                    default: (.getData, number % 2 == 0 ? read(path) : Array(read(path).dropLast(2)))
                    }
                frames.append(RequestHeader(xid: Int32(number), op: op).encoded + body)
            }
            if foreseen {
                var together = JuteWriter()
                for frame in frames { together.frame { $0.write(raw: frame) } }
                for end in stride(from: 0, through: together.count, by: 97) {
                    Array(together.bytes.prefix(end)).withUnsafeBytes {
                        bench.pipeline.foresee(requests: $0)
                        bench.pipeline.foresee(packets: $0)
                    }
                }
            }
            _ = bench.send(frames, from: id)
            bench.commit()
            return try bench.replies(id)
        }
        let plain = try answers(foreseen: false)
        #expect(plain.count == 300 && Set(plain.map(\.error)).count > 3)
        #expect(try answers(foreseen: true) == plain)
    }

    // MARK: Handshake

    /// A new session is there when its createSession is committed.
    @Test func newSession() throws {
        let bench = Bench()
        let id = try #require(bench.open())
        #expect(try bench.handshake(id, timeout: 1) == nil, "not before")
        // What comes meanwhile waits.
        #expect(bench.ask(1, .ping, from: id) == .later)
        bench.commit()
        let response = try #require(try bench.response(id))
        #expect(response.timeout == 6000, "no less than the least")
        #expect(response.session != .none && response.readOnly == false)
        #expect(bench.takeEffects() == ["resume 0"])
        #expect(bench.pipeline.tree.sessions.map(\.id) == [response.session])
    }

    /// Who cannot be let in.
    @Test func refusals() throws {
        let late = Bench()
        let ahead = try #require(late.open())
        #expect(try late.handshake(ahead, seen: ZXID(rawValue: 9)) == nil)
        #expect(late.takeEffects() == ["close 0"])
        #expect(late.lines.last?.contains("has seen zxid 0x9, this server is at 0x0") == true)

        let stopping = Bench()
        let client = try #require(stopping.open())
        stopping.pipeline.shutDown()
        #expect(try stopping.handshake(client) == nil)
        #expect(stopping.takeEffects() == ["close 0"])

        let failed = Bench()
        failed.pipeline.fail()
        let other = try #require(failed.open())
        #expect(try failed.handshake(other) == nil)
        #expect(failed.takeEffects() == ["close 0"])

        let broken = Bench()
        let stranger = try #require(broken.open())
        _ = broken.send([[1, 2, 3]], from: stranger)
        #expect(broken.takeEffects() == ["close 0"])
    }

    /// A session goes on with its password on a new connection, and the old one is closed.
    @Test func renewal() throws {
        let bench = Bench()
        let (old, session) = try bench.connect()
        let new = try #require(bench.open())
        let wrong = try bench.handshake(new, session: session)
        #expect(wrong?.session == SessionID.none && wrong?.timeout == 0)
        #expect(bench.takeEffects().suffix(1) == ["close 1"])
        let third = try #require(bench.open())
        let password = SessionPasswords.derived.password(of: session)
        let answer = try bench.handshake(third, session: session, password: password)
        #expect(answer?.session == session)
        #expect(bench.takeEffects() == ["close \(old.rawValue)", "resume 2"])
        // The old connection's end does not end the session of the new one.
        bench.close(old)
        bench.ask(1, .ping, from: third)
        #expect(try bench.replies(third).map(\.xid) == [SpecialXID.ping])
    }

    /// A learner asks its leader whether a session goes on; answers belong to the oldest question.
    @Test func revalidation() throws {
        let bench = Bench()
        bench.pipeline.serve(.learning)
        let session = SessionID(rawValue: 77)
        let password = SessionPasswords.derived.password(of: session)
        let first = try #require(bench.open())
        let second = try #require(bench.open())
        for id in [first, second] { #expect(try bench.handshake(id, session: session, password: password) == nil) }
        #expect(bench.replication.revalidations == [session, session])
        bench.pipeline.revalidated(session, isValid: false)
        #expect(try bench.response(first)?.session == SessionID.none)
        bench.pipeline.revalidated(session, isValid: true)
        #expect(try bench.response(second)?.session == session)
        // Nobody asked.
        bench.pipeline.revalidated(session, isValid: true)
    }

    /// A connection that is gone does not get the answer meant for it, nor who takes its place.
    @Test func reusedPlaces() throws {
        let bench = Bench()
        let (id, _) = try bench.connect()
        bench.ask(1, .create, create, from: id)
        bench.close(id)
        let next = try #require(bench.open())
        #expect(next == id, "places are used again")
        _ = try bench.handshake(next)
        bench.commit()
        let answer = try #require(try bench.response(next))
        #expect(answer.session != .none)
        #expect(try bench.replies(next) == [])
        #expect(bench.pipeline.tree.nodeCount == 6)
    }

    // MARK: Order

    /// Answers come in the order of the requests, whatever waits for what.
    @Test func order() throws {
        let bench = Bench()
        let (id, _) = try bench.connect()
        bench.ask(1, .create, create, from: id)
        bench.ask(2, .getData, read("/a"), from: id)
        bench.ask(SpecialXID.ping, .ping, from: id)
        bench.ask(3, .setData, set("/a", [2]), from: id)
        bench.ask(4, .getData, read("/a"), from: id)
        bench.ask(5, .sync, PathRecord(path: "/a").encoded, from: id)
        #expect(try bench.replies(id) == [])
        bench.commit(1)
        let first = try bench.replies(id)
        #expect(first.map(\.xid) == [1, 2, SpecialXID.ping])
        #expect(first[1].body.prefix(5) == [0, 0, 0, 1, 1], "a read shows the write before it, not the one behind")
        bench.commit(1)
        let second = try bench.replies(id)
        #expect(second.map(\.xid) == [3, 4, 5])
        #expect(second[1].body.prefix(5) == [0, 0, 0, 1, 2])
        #expect(second.allSatisfy { $0.zxid == ZXID(rawValue: 3) })
    }

    /// Reads of a client that does not read are answered before a later write is seen.
    @Test func slowReader() throws {
        let bench = Bench()
        let (id, _) = try bench.connect()
        bench.ask(1, .create, create, from: id)
        bench.ask(2, .getData, read("/a"), from: id)
        bench.ask(3, .setData, set("/a", [2]), from: id)
        bench.pipeline.setWritable(id, false)
        bench.commit()
        #expect(try bench.replies(id) == [], "nothing is sent to it")
        bench.pipeline.setWritable(id, true)
        bench.pipeline.goOn(id)
        bench.settle()
        let replies = try bench.replies(id)
        #expect(replies.map(\.xid) == [1, 2, 3])
        #expect(replies[1].body.prefix(5) == [0, 0, 0, 1, 1])
    }

    /// An event comes before any reply that shows its change, to whoever set the watch.
    @Test func events() throws {
        let bench = Bench()
        let (watcher, _) = try bench.connect()
        let (writer, _) = try bench.connect()
        bench.ask(1, .create, create, from: writer)
        bench.commit()
        bench.ask(1, .getData, read("/a", watch: true), from: watcher)
        bench.ask(1, .getData, read("/a", watch: true), from: writer)
        _ = (try bench.replies(watcher), try bench.replies(writer))
        bench.ask(2, .setData, set("/a", [2]), from: writer)
        bench.ask(2, .create, create("/b"), from: watcher)
        bench.ask(3, .getData, read("/a"), from: watcher)
        bench.commit()
        #expect(try bench.replies(writer).map(\.type) == [.nodeDataChanged, nil])
        let seen = try bench.replies(watcher)
        #expect(seen.map(\.type) == [.nodeDataChanged, nil, nil])
        #expect(seen[2].body.prefix(5) == [0, 0, 0, 1, 2])
    }

    /// A sync goes no further when nothing is under way; a learner's waits for its leader.
    @Test func syncs() throws {
        let bench = Bench()
        let (id, _) = try bench.connect()
        bench.ask(1, .sync, PathRecord(path: "/a").encoded, from: id)
        #expect(try bench.replies(id).map(\.xid) == [1])
        bench.ask(2, .sync, [], from: id)
        #expect(try bench.replies(id).map(\.error) == [.marshallingError])

        bench.pipeline.serve(.learning)
        bench.ask(3, .sync, PathRecord(path: "/a").encoded, from: id)
        bench.ask(4, .exists, read("/a"), from: id)
        #expect(bench.replication.takeForwarded().map(\.op) == [.sync])
        #expect(try bench.replies(id) == [])
        bench.pipeline.synced()
        #expect(try bench.replies(id).map(\.xid) == [3, 4])
    }

    // MARK: Writes

    /// A multi is one txn, and one answer.
    @Test func multi() throws {
        let bench = Bench()
        let (id, _) = try bench.connect()
        func operation(_ op: OpCode, _ body: [UInt8]) -> [UInt8] {
            var writer = JuteWriter()
            writer.write(op.rawValue)
            writer.write(false)
            writer.write(-1 as Int32)
            writer.write(raw: body)
            return writer.bytes
        }
        let end: [UInt8] = [0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff]
        bench.ask(1, .multi, operation(.create, create("/m")) + operation(.setData, set("/m", [7])) + end, from: id)
        bench.ask(2, .multi, operation(.create, create("/n")) + operation(.setData, set("/x", [7])) + end, from: id)
        #expect(bench.replication.proposed.count == 2)
        bench.commit()
        let replies = try bench.replies(id)
        #expect(replies.map(\.xid) == [1, 2])
        #expect(replies.map(\.error) == [.ok, .ok])
        bench.ask(3, .getData, read("/m"), from: id)
        bench.ask(4, .exists, read("/n"), from: id)
        #expect(try bench.replies(id).map(\.error) == [.ok, .noNode])
    }

    /// closeSession takes the ephemerals along, and is the last that a client hears.
    @Test func closing() throws {
        let bench = Bench()
        let (id, session) = try bench.connect()
        let (other, _) = try bench.connect()
        bench.ask(1, .create, create("/e", flags: 1), from: id)
        bench.commit()
        #expect(bench.pipeline.tree.ephemerals(of: session) == ["/e"])
        bench.ask(1, .exists, read("/e", watch: true), from: other)
        _ = (try bench.replies(id), try bench.replies(other), bench.takeEffects())
        bench.ask(2, .closeSession, from: id)
        bench.ask(3, .ping, from: id)
        bench.commit()
        #expect(try bench.replies(id).map(\.xid) == [2])
        #expect(bench.takeEffects() == ["close \(id.rawValue)"])
        #expect(try bench.replies(other).map(\.type) == [.nodeDeleted])
        #expect(bench.pipeline.tree.ephemeralCount == 0)
    }

    /// What a learner forwards is answered by the txn with its session and xid.
    @Test func forwarding() throws {
        let leader = Bench()
        let bench = Bench()
        bench.pipeline.serve(.learning)
        let id = try #require(bench.open())
        #expect(try bench.handshake(id) == nil)
        func pass() {
            for operation in bench.replication.takeForwarded() {
                leader.pipeline.decide(operation, authInfo: [.anyone], owner: SessionOwner(rawValue: 1))
            }
            while let (_, bytes) = leader.replication.proposed.first {
                leader.commit(1)
                bytes.withUnsafeBytes { bench.pipeline.commit($0) }
                bench.settle()
            }
        }
        pass()
        let session = try #require(try bench.response(id)).session
        bench.ask(1, .create, create, from: id)
        bench.ask(2, .getData, read("/a"), from: id)
        pass()
        #expect(try bench.replies(id).map(\.xid) == [1, 2])
        // Heard of once a round.
        #expect(bench.replication.touches == [session])
        bench.replication.touchRound += 1
        bench.ask(3, .ping, from: id)
        bench.ask(4, .ping, from: id)
        #expect(bench.replication.touches == [session, session])
    }

    // MARK: Time

    /// A session that is not heard of expires; its txn closes it for all.
    @Test func expiry() throws {
        let bench = Bench()
        let (id, session) = try bench.connect(timeout: 6000)
        bench.ask(1, .create, create("/e", flags: 1), from: id)
        bench.commit()
        for _ in 0..<5 {
            bench.advance(by: 4000)
            bench.ask(SpecialXID.ping, .ping, from: id)
        }
        #expect(bench.replication.proposed.isEmpty)
        _ = bench.takeEffects()
        for _ in 0..<10 { bench.advance(by: 1000) }
        #expect(bench.lines.last == "session \(session) expired")
        #expect(bench.takeEffects() == ["close \(id.rawValue)"])
        #expect(bench.replication.proposed.count == 1)
        #expect(bench.pipeline.tree.ephemeralCount == 1, "until it is committed")
        bench.commit()
        #expect(bench.pipeline.tree.ephemeralCount == 0 && bench.pipeline.tree.sessions.isEmpty)
    }

    /// Whatever tickTime is (2 s here): never early, and no more than a step late. The pipeline says when it must be woken.
    @Test func sessionsExpireInTime() throws {
        let bench = Bench()
        let (id, _) = try bench.connect(timeout: 6000)
        bench.advance(by: 1230)
        bench.ask(SpecialXID.ping, .ping, from: id)
        let heard = bench.pipeline.now
        // The client is killed: its connection is gone at once.
        bench.advance(by: 400)
        bench.close(id)
        var looks = 0
        while bench.replication.proposed.isEmpty, looks < 100 {
            bench.advance(by: min(bench.pipeline.nextExpiry, heard + 10_000) - bench.pipeline.now)
            looks += 1
        }
        #expect((6001...6020).contains(bench.pipeline.now - heard), "\(bench.pipeline.now - heard)")
        #expect(looks <= 3)
    }

    /// Nobody is there, nothing is to be done: the clock wakes nobody but for the containers.
    @Test func anIdleServerIsNotWoken() throws {
        let bench = Bench()
        #expect(bench.pipeline.nextDeadline == bench.pipeline.nextContainerCheck)
        let (id, _) = try bench.connect(timeout: 30_000)
        var wakes = 0
        for _ in 0..<30 {
            let ping = bench.pipeline.now + 10_000
            while bench.pipeline.nextDeadline <= ping {
                bench.advance(by: bench.pipeline.nextDeadline - bench.pipeline.now)
                wakes += 1
            }
            bench.advance(by: ping - bench.pipeline.now)
            bench.ask(SpecialXID.ping, .ping, from: id)
        }
        #expect(bench.replication.proposed.isEmpty)
        // The handshake's 10 s, 5 looks at the containers, a look at the session each 20 to 30 s.
        #expect(wakes < 50, "\(wakes)")
    }

    /// A session that a learner may have heard: it is asked first.
    @Test func learnersAreAskedBeforeASessionExpires() throws {
        let bench = Bench()
        let learner = SessionOwner(rawValue: 7)
        let session = SessionID(rawValue: 0x2_0000_0001)
        bench.pipeline.sessions.track(session, timeout: 6000, now: bench.pipeline.now)
        bench.pipeline.sessions.setOwner(learner, of: session)
        bench.advance(by: 6020)
        #expect(bench.replication.questions == 1)
        // One second ago it was heard there.
        bench.pipeline.touched(session, timeLeft: 5000)
        bench.advance(by: 4999)
        #expect(bench.replication.questions == 1 && bench.replication.proposed.isEmpty)
        bench.advance(by: 21)
        #expect(bench.replication.questions == 2 && bench.replication.proposed.isEmpty)
        bench.advance(by: 20)
        #expect(bench.replication.questions == 2 && bench.replication.proposed.count == 1)
    }

    /// A learner tells how much of the timeout is left: it runs from the session's last word, also when its connection
    /// is gone or another has come since.
    @Test func aLearnerCountsFromTheLastWord() throws {
        let bench = Bench()
        bench.pipeline.serve(.learning)
        func client(_ session: Int64) throws -> (ClientID, SessionID) {
            let id = try #require(bench.open())
            let session = SessionID(rawValue: session)
            _ = try bench.handshake(
                id, session: session, password: PipelineOptions().passwords.password(of: session), timeout: 6000)
            bench.pipeline.revalidated(session, isValid: true)
            return (id, session)
        }
        let (a, first) = try client(0x1_0000_0001)
        let (b, second) = try client(0x1_0000_0002)
        for id in [a, b] { bench.ask(SpecialXID.ping, .ping, from: id) }
        bench.advance(by: 100)
        bench.ask(SpecialXID.ping, .ping, from: b)
        bench.advance(by: 300)
        bench.close(b)
        let touches = [first, second].map { SessionTimeout(session: $0, timeout: 6000) }
        #expect(bench.pipeline.endTouchRound(touches).map(\.timeout) == [5600, 5700])
        #expect(bench.pipeline.endTouchRound(touches).map(\.timeout) == [5600, 6000], "once")
        bench.advance(by: 100_000)
        #expect(bench.pipeline.endTouchRound(touches).map(\.timeout) == [4000, 6000], "it stood still")
        _ = try client(first.rawValue)
        bench.advance(by: 10)
        #expect(bench.pipeline.endTouchRound(touches).map(\.timeout) == [5990, 6000])
    }

    /// A connection without a session is closed after a while.
    @Test func sessionless() throws {
        let bench = Bench()
        let id = try #require(bench.open())
        for _ in 0..<9 { bench.advance(by: 1000) }
        #expect(bench.takeEffects() == [])
        for _ in 0..<2 { bench.advance(by: 1000) }
        #expect(bench.takeEffects() == ["close \(id.rawValue)"])
    }

    // MARK: Roles

    /// Without a leader clients are let go with what was answered, and nothing under way is answered later.
    @Test func roleChange() throws {
        let bench = Bench()
        let (id, _) = try bench.connect()
        bench.ask(1, .create, create, from: id)
        bench.commit()
        bench.ask(2, .setData, set("/a", [2]), from: id)
        bench.pipeline.stopServing()
        bench.settle()
        #expect(bench.takeEffects().suffix(1) == ["close \(id.rawValue)"])
        #expect(try bench.replies(id).map(\.xid) == [1], "sent before the connection is closed")
        bench.commit()
        #expect(try bench.replies(id) == [])
        let next = try #require(bench.open())
        #expect(try bench.handshake(next) == nil)
        bench.close(id)
        bench.close(next)
    }

    /// Read-only service is for clients that asked for it.
    @Test func readOnly() throws {
        let bench = Bench { $0.readOnlyDelay = 2000 }
        bench.pipeline.stopServing()
        bench.pipeline.awaitLeader()
        for _ in 0..<2 { bench.advance(by: 1000) }
        #expect(bench.pipeline.service == .readOnly)
        let plain = try #require(bench.open())
        #expect(try bench.handshake(plain, readOnly: false) == nil)
        let willing = try #require(bench.open())
        // A session that all know cannot be made without a leader.
        _ = bench.send(
            [
                ConnectRequest(
                    lastZXIDSeen: .zero, timeout: 9000, session: .none, password: [UInt8](repeating: 0, count: 16),
                    readOnly: true
                ).encoded
            ], from: willing)
        #expect(try bench.replies(willing).map(\.error) == [.notReadOnly])
        bench.pipeline.endReadOnly()
        #expect(bench.pipeline.service == .none)
    }

    /// A local session becomes a global one when it needs an ephemeral.
    @Test func localSessions() throws {
        let bench = Bench {
            $0.localSessions = true
            $0.opensLocalSessions = true
            $0.localSessionsUpgrading = true
        }
        let id = try #require(bench.open())
        let session = try #require(try bench.handshake(id)).session
        #expect(bench.replication.proposed.isEmpty && bench.pipeline.localSessions.count == 1)
        bench.ask(1, .create, create("/e", flags: 1), from: id)
        #expect(bench.replication.proposed.count == 2, "createSession goes ahead")
        bench.commit()
        #expect(try bench.replies(id).map(\.error) == [.ok])
        #expect(bench.pipeline.tree.ephemerals(of: session) == ["/e"])
        #expect(bench.pipeline.localSessions.count == 0)
    }

    // MARK: Limits

    /// Who has requests under way waits when all together have too many, and goes on when the load has fallen.
    @Test func throttling() throws {
        let bench = Bench { $0.globalOutstandingLimit = 2 }
        let (busy, _) = try bench.connect()
        let (idle, _) = try bench.connect()
        _ = bench.takeEffects()
        bench.ask(1, .create, create, from: busy)
        bench.ask(2, .setData, set("/a", [2]), from: busy)
        #expect(bench.ask(3, .setData, set("/a", [3]), from: busy) == .later)
        bench.ask(1, .exists, read("/a"), from: idle)
        #expect(try bench.replies(idle).map(\.xid) == [1], "who has nothing under way is served")
        bench.pipeline.resumeThrottled()
        bench.settle()
        #expect(bench.takeEffects() == [])
        bench.commit(1)
        bench.pipeline.resumeThrottled()
        bench.settle()
        #expect(bench.takeEffects() == ["resume \(busy.rawValue)"])
    }

    /// A leader that takes nothing more answers nothing behind what it dropped.
    @Test func drained() throws {
        let bench = Bench()
        let (id, _) = try bench.connect()
        bench.replication.nextZXID = nil
        #expect(bench.ask(1, .getData, read("/"), from: id) == .later)
        #expect(try bench.replies(id) == [])
    }

    /// Connections of a host, connections in all, and what the process has room for.
    @Test func connectionLimits() throws {
        let perHost = Bench { $0.maxClientConnections = 2 }
        #expect(["a", "a", "a", "b"].map { perHost.open($0) != nil } == [true, true, false, true])
        let inAll = Bench { $0.maxConnections = 2 }
        #expect(["a", "b", "c"].map { inAll.open($0) != nil } == [true, true, false])
        inAll.close(ClientID(rawValue: 0))
        #expect(inAll.open("c") != nil)
        // The one without a session goes for who comes.
        let small = Bench { $0.connectionCapacity = 2 }
        _ = try small.connect()
        let silent = try #require(small.open("b"))
        #expect(small.open("c") != nil)
        #expect(small.takeEffects().suffix(1) == ["close \(silent.rawValue)"])
    }

    /// Frames that are none close the connection.
    @Test(
        arguments: [
            ([0x7f, 0xff, 0xff, 0xff], "frame length 2147483647 is not in 0…1048575 (jute.maxbuffer)"),
            ([0xff, 0xff, 0xff, 0xff], "frame length -1 is not in 0…1048575 (jute.maxbuffer)"),
            ([0, 0, 0, 2, 1, 1], "a frame of 2 bytes is no request"),
            ([0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 4, 0xff], "unknown opcode 1279"),
        ] as [([UInt8], String)])
    func badFrames(bytes: [UInt8], complaint: String) throws {
        let bench = Bench()
        let (id, _) = try bench.connect()
        _ = bench.takeEffects()
        _ = bytes.withUnsafeBytes { bench.pipeline.take($0, from: id) }
        bench.settle()
        bench.flush()
        #expect(bench.takeEffects() == ["close \(id.rawValue)"])
        #expect(bench.lines.last == "closing a connection: " + complaint)
    }

    /// A frame may come in pieces.
    @Test func pieces() throws {
        let bench = Bench()
        let (id, _) = try bench.connect()
        var writer = JuteWriter()
        writer.frame { $0.write(raw: RequestHeader(xid: 1, op: .exists).encoded + read("/")) }
        let frame = writer.bytes
        for length in 1..<frame.count {
            let taken = frame[..<length].withUnsafeBytes { bench.pipeline.take($0, from: id) }
            #expect(taken == .incomplete, "\(length)")
        }
        let taken = (frame + frame).withUnsafeBytes { bench.pipeline.take($0, from: id) }
        #expect(taken == .used(frame.count))
        #expect(try bench.replies(id).map(\.xid) == [1])
    }

    /// Who serves in an epoch has seen all that was before it: clients may move between the servers of one epoch.
    @Test func clientsSeeAtLeastTheStartOfTheEpoch() {
        let bench = Bench()
        let start = ZXID(epoch: Epoch(rawValue: 3), counter: 0)
        bench.pipeline.serve(.learning, epochStart: start)
        #expect(bench.pipeline.lastZXID == start)
        bench.pipeline.stopServing()
        #expect(bench.pipeline.lastZXID == .zero)
    }

    /// Only who may reconfigure hears, or makes the log say, what is wrong with a reconfig.
    @Test func whatIsWrongWithAReconfigIsSaidAfterThePermission() throws {
        let bench = Bench {
            $0.preparer.allowsReconfig = true
        }
        bench.replication.verdict = ReconfigVerdict(.success([]), objection: "server.256: no")
        let (id, _) = try bench.connect()
        let body = ReconfigRequest(joiningServers: nil, leavingServers: "1", newMembers: nil, currentConfigID: -1)
        _ = bench.ask(1, .reconfig, body.encoded, from: id)
        bench.commit()
        #expect(try bench.replies(id).map(\.error) == [.noAuth])
        #expect(!bench.lines.contains { $0.contains("server.256") })
    }
}
