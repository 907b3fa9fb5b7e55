import Jute
import SASL
import Testing
import ZooKeeperProtocol

@testable import ZooKeeperClient

/// Every edge of the session's state machine, without a socket or a clock.
struct ClientSessionTests {
    static let server = ServerAddress(host: "a", port: 1)
    static let credentials = SessionCredentials(id: SessionID(rawValue: 7), password: [UInt8](repeating: 9, count: 16))

    // MARK: Connecting

    @Test func aNewSessionAsksForId0AndTakesWhatItIsGiven() throws {
        var session = Harness()
        #expect(session.effects() == [.enter(.connecting), .connect(Self.server)])
        session.core.connectionOpened(now: 1)
        let request = try ConnectRequest(decoding: try #require(session.sent().first))
        #expect(request.session == .none)
        #expect(request.timeout == 9000)
        #expect(request.password == [UInt8](repeating: 0, count: 16))
        #expect(request.lastZXIDSeen == .zero)
        #expect(request.readOnly == false)
        session.accept(now: 2)
        #expect(session.effects() == [.enter(.connected)])
        #expect(session.core.credentials == Self.credentials)
        #expect(session.core.sessionTimeout == 6000)
    }

    @Test func aReconnectionPresentsTheSessionAndTheLastZxid() throws {
        var session = Harness.connected()
        session.core.submit(.sync(PathRecord(path: "/")), id: 1, now: 10)
        session.reply(xid: 1, zxid: 0x1_0000_0005, now: 11)
        session.core.connectionEnded("gone", now: 2000)
        #expect(
            session.effects() == [
                .succeed(1, .init(zxid: ZXID(rawValue: 0x1_0000_0005), body: [])), .enter(.disconnected),
                .connect(Self.server),
            ])
        session.core.connectionOpened(now: 2001)
        let request = try ConnectRequest(decoding: try #require(session.sent().first))
        #expect(request.session == Self.credentials.id)
        #expect(request.password == Self.credentials.password)
        #expect(request.lastZXIDSeen == ZXID(rawValue: 0x1_0000_0005))
    }

    @Test func aSessionOfBeforeIsContinued() throws {
        var session = Harness { $0.credentials = Self.credentials }
        session.core.connectionOpened(now: 1)
        let request = try ConnectRequest(decoding: try #require(session.sent().first))
        #expect(request.session == Self.credentials.id)
    }

    @Test func requestsWaitForAServerOrFailOnceAllWereTried() {
        for fails in [false, true] {
            var session = Harness {
                $0.servers = [ServerAddress(host: "a", port: 1), ServerAddress(host: "b", port: 1)]
                $0.failsWithoutConnection = fails
            }
            session.core.submit(.whoAmI, id: 1, now: 1)
            session.core.submit(.auth(AuthPacket(type: 0, scheme: "digest", auth: [])), id: 2, now: 1)
            _ = session.effects()
            session.core.connectionEnded("refused", now: 2)
            #expect(session.effects().allSatisfy { if case .connect = $0 { true } else { false } })
            session.core.connectionEnded("refused", now: 3)
            let failed = session.effects().compactMap { effect -> ClientSession.Failure? in
                if case .fail(_, let failure) = effect { failure } else { nil }
            }
            #expect(failed.map(\.code) == (fails ? [.connectionLoss, .connectionLoss] : []))
            #expect(failed.allSatisfy { $0.detail?.hasSuffix("refused") == true })
        }
    }

    @Test func aServerThatRefusesTheSessionIsLeftWithItsReason() {
        var session = Harness { $0.allowsReadOnly = true }
        session.core.connectionOpened(now: 1)
        session.reply(xid: 0, zxid: 0, error: .notReadOnly, now: 2)
        #expect(session.effects().contains(.disconnect))
        #expect(session.core.lastProblem == "a:1: the server refuses the session: NotReadOnly")
    }

    @Test func aSessionThatOnlyAReadOnlyServerKnowsIsNotPresentedToOthers() throws {
        var session = Harness { $0.allowsReadOnly = true }
        session.core.connectionOpened(now: 1)
        #expect(try ConnectRequest(decoding: try #require(session.sent().first)).readOnly == true)
        session.accept(readOnly: true, now: 2)
        #expect(session.effects().last == .enter(.connectedReadOnly))
        session.core.connectionEnded("gone", now: 5000)
        session.core.connectionOpened(now: 5001)
        #expect(try ConnectRequest(decoding: try #require(session.sent().first)).session == .none)
    }

    @Test func aRefusedSessionIsExpired() {
        var session = Harness.connected()
        session.core.submit(.sync(PathRecord(path: "/")), id: 1, now: 10)
        session.core.connectionEnded("gone", now: 2000)
        session.core.submit(.sync(PathRecord(path: "/")), id: 2, now: 2000)
        session.core.connectionOpened(now: 2001)
        _ = session.effects()
        session.receive(ConnectResponse.invalidSession(readOnly: false).encoded, now: 2002)
        #expect(session.effects() == [.disconnect, .enter(.expired), .fail(2, .init(.sessionExpired))])
        session.core.submit(.whoAmI, id: 3, now: 2003)
        #expect(session.effects() == [.fail(3, .init(.sessionExpired))])
        #expect(session.core.deadline == nil)
        session.core.connectionEnded("late", now: 2004)
        session.core.tick(now: 99999)
        #expect(session.effects() == [])
    }

    @Test func serversAreTriedInTurnThenARoundIsWaitedFor() {
        var session = Harness { $0.servers = (1...3).map { ServerAddress(host: "s", port: $0) } }
        var tried: [ServerAddress] = []
        var waits: [Int64] = []
        var now: Int64 = 0
        for _ in 0..<49 {
            let connects = session.effects().compactMap { effect -> ServerAddress? in
                if case .connect(let server) = effect { server } else { nil }
            }
            if connects.isEmpty {
                let until = session.core.deadline!
                waits.append(until - now)
                now = until
                session.core.tick(now: now)
            } else {
                tried += connects
                session.core.connectionEnded("refused", now: now)
            }
        }
        #expect(Set(tried.prefix(3)) == Set((1...3).map { ServerAddress(host: "s", port: $0) }))
        #expect(Array(tried.prefix(3)) == Array(tried.dropFirst(3).prefix(3)))
        let longest: [Int64] = [20, 20, 20, 20, 20, 40, 80, 160, 320, 640, 1000, 1000]
        #expect(waits.count == 12)
        for (wait, longest) in zip(waits, longest) { #expect((longest / 2...longest).contains(wait)) }
        #expect(session.core.lastProblem?.hasSuffix("refused") == true)
    }

    @Test func theOrderOfTheServersIsTheSeeds() {
        func order(_ seed: UInt64) -> ClientSession.Effect? {
            var session = Harness(seed: seed) { $0.servers = (1...9).map { ServerAddress(host: "s", port: $0) } }
            return session.effects().last
        }
        #expect(order(1) == order(1))
        #expect((0..<20).contains { order($0) != order(0) })
    }

    @Test func noServerTakesLongerThanItsShareOfTheSession() {
        var session = Harness { settings in
            settings.servers = (1...18).map { ServerAddress(host: "s", port: $0) }
            settings.shufflesServers = false
        }
        #expect(session.effects().last == .connect(ServerAddress(host: "s", port: 1)), "not shuffled, as asked")
        #expect(session.core.deadline == 500)
        session.core.tick(now: 500)
        #expect(session.core.lastProblem == "s:1: no connection within 500 ms")
        #expect(session.effects() == [.disconnect, .connect(ServerAddress(host: "s", port: 2))])
    }

    @Test func theServersAreThoseOfTheConfigurationOnceItIsKnownAndAgainWhenItChanges() {
        let ask = { (xid: Int32) in
            RequestHeader(xid: xid, op: .getData).encoded
                + ReadRequest(path: "/zookeeper/config", watch: true).encoded
        }
        func answer(_ lines: String...) -> [UInt8] {
            var writer = JuteWriter(capacity: 256)
            writer.write(Array(lines.joined(separator: "\n").utf8))
            writer.write(Stat())
            return writer.bytes
        }
        var session = Harness {
            $0.followsConfiguration = true
            $0.shufflesServers = false
        }
        session.core.connectionOpened(now: 0)
        _ = session.sent()
        session.accept(now: 0)
        #expect(session.sent() == [ask(1)])
        _ = session.effects()
        session.reply(
            xid: 1, zxid: 5,
            body: answer(
                "server.1=h1:2888:3888:participant;2181", "server.2=h2:2888:3888:participant;0.0.0.0:2182",
                "server.3=h3:2888:3888:observer;clients.h3:2183", "server.4=h4:2888:3888:participant", "version=0"),
            now: 1)
        session.event(.nodeDataChanged, "/zookeeper/config", now: 2)
        #expect(session.sent() == [ask(2)], "the watch is left anew")
        session.reply(xid: 2, zxid: 6, body: answer("server.1=h1:2888:3888:participant", "version=1"), now: 3)
        _ = session.effects()
        var tried: [ServerAddress] = []
        for now in 0..<3 {
            session.core.connectionEnded("gone", now: 5000 + Int64(now))
            for case .connect(let server) in session.effects() { tried.append(server) }
        }
        #expect(
            tried.map(\.description) == ["h1:2181", "h2:2182", "clients.h3:2183"], "one without client ports is no list"
        )
    }

    @Test func aServerThatDoesNotAnswerIsGivenUp() {
        var session = Harness()
        _ = session.effects()
        #expect(session.core.deadline == 1000)
        session.core.tick(now: 999)
        #expect(session.effects() == [])
        session.core.tick(now: 1000)
        #expect(session.effects() == [.disconnect])
        #expect(session.core.lastProblem == "a:1: no connection within 1000 ms")

        var silent = Harness()
        silent.core.connectionOpened(now: 500)
        silent.core.tick(now: 1000)
        #expect(silent.core.lastProblem == "a:1: no session within 1000 ms")
    }

    @Test func aConnectionThatDidNotLastCountsAsAFailure() {
        var session = Harness.connected(now: 10)
        session.core.connectionEnded("gone", now: 500)
        #expect(session.effects() == [.enter(.disconnected)], "a server that accepts and drops is not hammered")
        var lasting = Harness.connected(now: 10)
        lasting.core.connectionEnded("gone", now: 1010)
        #expect(lasting.effects() == [.enter(.disconnected), .connect(Self.server)])
    }

    // MARK: Requests

    @Test func answersGoToThoseWhoAsked() {
        var session = Harness.connected()
        session.core.submit(.exists(ReadRequest(path: "/a", watch: false)), id: 5, now: 10)
        session.core.submit(.exists(ReadRequest(path: "/b", watch: false)), id: 6, now: 10)
        #expect(
            session.sent() == [
                RequestHeader(xid: 1, op: .exists).encoded + ReadRequest(path: "/a", watch: false).encoded,
                RequestHeader(xid: 2, op: .exists).encoded + ReadRequest(path: "/b", watch: false).encoded,
            ])
        session.reply(xid: 1, zxid: 3, body: Stat().encoded, now: 11)
        session.reply(xid: 2, zxid: 4, error: .noNode, now: 11)
        #expect(
            session.effects() == [
                .succeed(5, .init(zxid: ZXID(rawValue: 3), body: Stat().encoded)), .fail(6, .init(.noNode)),
            ])
        #expect(session.core.lastZXIDSeen == ZXID(rawValue: 4))
    }

    @Test func sentRequestsAreLostWithTheConnectionOthersWaitForTheNext() {
        var session = Harness.connected()
        session.core.submit(.whoAmI, id: 1, now: 10)
        _ = session.sent()
        session.core.connectionEnded("gone", now: 5000)
        session.core.submit(.sync(PathRecord(path: "/")), id: 2, now: 5001)
        #expect(
            session.effects() == [
                .enter(.disconnected), .fail(1, .init(.connectionLoss, sentAfter: .zero)), .connect(Self.server),
            ])
        session.core.connectionOpened(now: 5002)
        #expect(session.sent().count == 1, "the handshake comes first, alone")
        session.accept(now: 5003)
        #expect(session.sent() == [RequestHeader(xid: 2, op: .sync).encoded + PathRecord(path: "/").encoded])
        session.reply(xid: 2, zxid: 9, body: [], now: 5004)
        #expect(session.effects() == [.enter(.connected), .succeed(2, .init(zxid: ZXID(rawValue: 9), body: []))])
    }

    @Test(arguments: [
        (Int32(2), "a:1: an answer out of order: xid 2 where 1 was due"),
        (Int32(0), "a:1: an answer out of order: xid 0 where 1 was due"),
    ])
    func anAnswerOutOfOrderBreaksTheConnection(xid: Int32, problem: String) {
        var session = Harness.connected()
        session.core.submit(.whoAmI, id: 1, now: 10)
        session.reply(xid: xid, zxid: 3, now: 2000)
        #expect(
            session.effects() == [
                .disconnect, .enter(.disconnected), .fail(1, .init(.connectionLoss, sentAfter: .zero)),
                .connect(Self.server),
            ])
        #expect(session.core.lastProblem == problem)
    }

    @Test func anAnswerToNothingBreaksTheConnection() {
        var session = Harness.connected()
        session.reply(xid: 4, zxid: 3, now: 2000)
        #expect(session.effects() == [.disconnect, .enter(.disconnected), .connect(Self.server)])
        #expect(session.core.lastProblem == "a:1: an answer (xid 4) to no request")
    }

    @Test(arguments: [[], [0], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]])
    func aFrameThatIsNoAnswerBreaksTheConnection(frame: [UInt8]) {
        var session = Harness.connected()
        session.receive(frame, now: 2000)
        #expect(session.effects() == [.disconnect, .enter(.disconnected), .connect(Self.server)])
        var handshaking = Harness()
        handshaking.core.connectionOpened(now: 1)
        _ = handshaking.effects()
        handshaking.receive(frame, now: 2)
        #expect(handshaking.effects() == [.disconnect])
    }

    @Test func aRequestInTimeIsAnsweredOneTooLateIsNot() {
        var session = Harness.connected(now: 0)
        session.core.submit(.whoAmI, id: 1, now: 0)
        session.core.submit(.whoAmI, id: 2, now: 100)
        session.ping(now: 3900)
        session.ping(now: 7800)
        session.core.tick(now: 10_000)
        #expect(
            session.effects() == [.fail(1, .init(.requestTimeout, "sent, and not answered in time", sentAfter: .zero))])
        #expect(session.core.deadline == 10_100)
        session.reply(xid: 1, zxid: 3, now: 10_050)
        session.reply(xid: 2, zxid: 3, now: 10_050)
        #expect(session.effects() == [.succeed(2, .init(zxid: ZXID(rawValue: 3), body: []))])
    }

    @Test func readsAreSentAgainInTheirOrderAndBeforeWhatWasAskedLaterWritesAreNot() {
        var session = Harness.connected { $0.repeatsReads = true }
        let write = Request.setData(SetDataRequest(path: "/a", data: [], version: -1))
        session.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 1, watcher: 11, now: 10)
        session.core.submit(write, id: 2, now: 10)
        session.core.submit(.sync(PathRecord(path: "/b")), id: 3, now: 10)
        session.core.submit(.sync(PathRecord(path: "/c")), id: 4, now: 10)
        session.core.cancel(4)
        session.core.connectionEnded("gone", now: 5000)
        session.core.submit(.whoAmI, id: 5, now: 5000)
        #expect(
            session.effects() == [
                .enter(.disconnected), .fail(2, .init(.connectionLoss, sentAfter: .zero)), .connect(Self.server),
            ])
        session.core.connectionOpened(now: 5001)
        _ = session.sent()
        session.accept(now: 5002)
        #expect(
            session.sent() == [
                RequestHeader(xid: 5, op: .getData).encoded + ReadRequest(path: "/a", watch: true).encoded,
                RequestHeader(xid: 6, op: .sync).encoded + PathRecord(path: "/b").encoded,
                RequestHeader(xid: 7, op: .whoAmI).encoded,
            ])
        _ = session.effects()
        session.reply(xid: 5, zxid: 9, now: 5003)
        session.event(.nodeDeleted, "/a", now: 5004)
        let deleted = WatcherEvent(type: .nodeDeleted, state: .syncConnected, path: "/a")
        #expect(
            session.effects() == [
                .succeed(1, .init(zxid: ZXID(rawValue: 9), body: [])), .notify(deleted), .tell(11, deleted),
            ])
        // Its time is not begun anew.
        session.ping(now: 8000)
        session.core.tick(now: 10_010)
        #expect(
            session.effects().contains(
                .fail(3, .init(.requestTimeout, "sent, and not answered in time", sentAfter: .zero))))
        session.core.submit(.sync(PathRecord(path: "/d")), id: 6, now: 10_011)
        session.core.close(now: 10_012)
        session.core.connectionEnded("gone", now: 10_013)
        #expect(session.effects().contains(.fail(6, .init(.connectionLoss, sentAfter: ZXID(rawValue: 9)))))
    }

    @Test func aRequestThatCouldNotBeSentInTimeSaysWhy() {
        var session = Harness()
        session.core.submit(.whoAmI, id: 1, now: 0)
        session.core.submit(.auth(AuthPacket(type: 0, scheme: "digest", auth: [])), id: 2, now: 0)
        session.core.connectionEnded("refused", now: 0)
        _ = session.effects()
        session.core.tick(now: 10_000)
        let failure = ClientSession.Failure(
            .operationTimeout, "not sent, as no server could be reached; the last one tried was a:1: refused")
        #expect(session.effects() == [.fail(1, failure), .fail(2, failure), .connect(Self.server)])
    }

    @Test func aCancelledRequestIsNotSentOrItsAnswerIsPassedOver() {
        var session = Harness()
        session.core.submit(.whoAmI, id: 1, now: 0)
        session.core.submit(.ping, id: 2, now: 0)
        session.core.cancel(1)
        session.core.connectionOpened(now: 1)
        session.accept(now: 2)
        #expect(session.sent().count == 2, "the handshake and the other request")
        session.core.cancel(2)
        session.core.cancel(77)
        _ = session.effects()
        session.reply(xid: 1, zxid: 3, now: 3)
        #expect(session.effects() == [])
        session.core.submit(.whoAmI, id: 3, now: 4)
        session.reply(xid: 2, zxid: 4, now: 5)
        #expect(session.effects() == [.succeed(3, .init(zxid: ZXID(rawValue: 4), body: []))])
    }

    @Test func aRequestAboveTheLimitIsNotSent() {
        var session = Harness.connected { $0.maxRequestLength = 100 }
        session.core.submit(
            .setData(SetDataRequest(path: "/a", data: [UInt8](repeating: 0, count: 100), version: -1)), id: 1, now: 10)
        let detail = "the request of 122 bytes is longer than 100 (jute.maxbuffer)"
        #expect(session.effects() == [.fail(1, .init(.badArguments, detail))])
        #expect(session.sent() == [])
        session.core.submit(.whoAmI, id: 2, now: 10)
        #expect(session.sent() == [RequestHeader(xid: 1, op: .whoAmI).encoded])
    }

    // MARK: Liveness

    @Test func aQuietConnectionIsPingedASilentOneIsLeft() {
        var session = Harness.connected(now: 0)
        #expect(session.core.deadline == 2000)
        session.core.tick(now: 1999)
        #expect(session.sent() == [])
        session.core.tick(now: 2000)
        #expect(session.sent() == [RequestHeader(xid: -2, op: .ping).encoded])
        #expect(session.core.deadline == 4000)
        session.reply(xid: -2, zxid: 0, now: 2001)
        #expect(session.effects() == [])
        session.core.tick(now: 4000)
        #expect(session.sent().count == 1)
        session.core.tick(now: 6000)
        #expect(session.effects() == [])
        session.core.tick(now: 6001)
        #expect(session.effects() == [.disconnect, .enter(.disconnected), .connect(Self.server)])
        #expect(session.core.lastProblem == "a:1: nothing heard for 4000 ms")
    }

    @Test func requestsAreAsGoodAsPings() {
        var session = Harness.connected(now: 0)
        session.core.submit(.whoAmI, id: 1, now: 1500)
        _ = session.sent()
        session.core.tick(now: 2000)
        #expect(session.sent() == [])
    }

    // MARK: Closing

    @Test func closingEndsTheSessionBehindWhatIsUnderWay() {
        var session = Harness.connected()
        session.core.submit(.whoAmI, id: 1, now: 10)
        session.core.close(now: 11)
        session.core.close(now: 12)
        #expect(session.sent().last == RequestHeader(xid: 2, op: .closeSession).encoded)
        session.core.submit(.whoAmI, id: 2, now: 13)
        session.reply(xid: 1, zxid: 3, now: 14)
        session.reply(xid: 2, zxid: 4, now: 15)
        #expect(
            session.effects() == [
                .fail(2, .init(.sessionExpired, "the client was closed")),
                .succeed(1, .init(zxid: ZXID(rawValue: 3), body: [])), .disconnect, .enter(.closed),
            ])
    }

    @Test func closingDoesNotWaitForEver() {
        var session = Harness.connected(now: 0)
        session.core.submit(.whoAmI, id: 1, now: 10)
        session.core.close(now: 10)
        session.core.tick(now: 1010)
        #expect(
            session.effects() == [.disconnect, .enter(.closed), .fail(1, .init(.connectionLoss, sentAfter: .zero))])
    }

    @Test func aConnectionThatEndsWhileClosingCloses() {
        var session = Harness.connected()
        session.core.close(now: 10)
        session.core.connectionEnded("gone", now: 11)
        #expect(session.effects() == [.enter(.closed)])
    }

    @Test func closingWithoutAConnectionIsImmediate() {
        var session = Harness()
        _ = session.effects()
        session.core.submit(.whoAmI, id: 1, now: 1)
        session.core.close(now: 2)
        #expect(
            session.effects() == [
                .disconnect, .enter(.closed), .fail(1, .init(.sessionExpired, "the client was closed")),
            ])
        var waiting = Harness()
        waiting.core.connectionEnded("refused", now: 1)
        _ = waiting.effects()
        waiting.core.close(now: 2)
        #expect(waiting.effects() == [.enter(.closed)])
    }

    // MARK: Identities

    @Test func identitiesAreToldToEveryServerBeforeAnythingElse() throws {
        let packet = AuthPacket(type: 0, scheme: "digest", auth: Array("bob:pw".utf8))
        var session = Harness.connected()
        session.core.submit(.auth(packet), id: 1, now: 10)
        #expect(session.sent() == [RequestHeader(xid: -4, op: .auth).encoded + packet.encoded])
        session.reply(xid: -4, zxid: 0, now: 11)
        #expect(session.effects() == [.succeed(1, .init(zxid: .zero, body: []))])
        session.core.connectionEnded("gone", now: 5000)
        session.core.submit(.whoAmI, id: 2, now: 5000)
        session.core.connectionOpened(now: 5001)
        _ = session.sent()
        session.accept(now: 5002)
        #expect(
            session.sent() == [
                RequestHeader(xid: -4, op: .auth).encoded + packet.encoded, RequestHeader(xid: 1, op: .whoAmI).encoded,
            ])
    }

    @Test func aRefusedIdentityEndsEverything() {
        var session = Harness.connected()
        session.core.submit(.whoAmI, id: 1, now: 10)
        session.core.submit(.auth(AuthPacket(type: 0, scheme: "x", auth: nil)), id: 2, now: 10)
        session.reply(xid: -4, zxid: 0, error: .authFailed, now: 11)
        #expect(
            session.effects() == [
                .fail(2, .init(.authFailed)), .disconnect, .enter(.authenticationFailed),
                .fail(1, .init(.authFailed, "the servers refused credentials", sentAfter: .zero)),
            ])
    }

    @Test func saslComesBeforeEverythingElseOverEveryConnection() throws {
        var session = Harness { $0.sasl = SASLCredentials(user: "bob", password: "secret") }
        session.core.submit(.whoAmI, id: 1, now: 0)
        _ = session.effects()
        for round in 0..<2 {
            let start = Int64(round) * 5000
            let xid = Int32(round * 3 + 1)
            let server = DigestMD5Server(.clients, nonce: [UInt8](repeating: UInt8(round), count: 16))
            session.core.connectionOpened(nonce: [UInt8](repeating: 7, count: 16), now: start)
            _ = session.sent()
            session.accept(now: start)
            #expect(session.sent() == [RequestHeader(xid: xid, op: .sasl).encoded + SASLToken(token: []).encoded])
            session.reply(xid: xid, zxid: 0, body: SASLToken(token: server.challenge).encoded, now: start)
            let frame = try #require(session.sent().first)
            let token = try SASLToken(decoding: Array(frame.dropFirst(8))).token ?? []
            let (user, proof) = try server.verify(token) {
                DigestMD5.Secret(user: $0, password: "secret", at: .clients)
            }
            #expect(user == "bob")
            #expect(session.effects() == [], "not yet connected")
            session.reply(xid: xid + 1, zxid: 0, body: SASLToken(token: proof).encoded, now: start)
            #expect(session.effects() == [.enter(.connected)])
            #expect(session.sent() == (round == 0 ? [RequestHeader(xid: 3, op: .whoAmI).encoded] : []))
            session.core.connectionEnded("gone", now: start + 4000)
            _ = session.effects()
        }
    }

    @Test(
        arguments: [
            // The server's error, its token, why.
            (ErrorCode.authFailed, nil, "the server has refused the SASL user or password, or has no SASL"),
            (.ok, nil, "the server has refused the SASL user or password, or has no SASL"),
            (.ok, Array("nonsense".utf8), "the SASL token is malformed"),
        ] as [(ErrorCode, [UInt8]?, String)])
    func aRefusedSASLUserEndsTheSession(error: ErrorCode, token: [UInt8]?, why: String) {
        var session = Harness { $0.sasl = SASLCredentials(user: "bob", password: "secret") }
        session.core.submit(.whoAmI, id: 1, now: 0)
        session.core.connectionOpened(nonce: [UInt8](repeating: 7, count: 16), now: 0)
        session.accept(now: 0)
        _ = session.effects()
        session.reply(xid: 1, zxid: 0, error: error, body: SASLToken(token: token).encoded, now: 1)
        #expect(
            session.effects() == [
                .disconnect, .enter(.authenticationFailed),
                .fail(1, .init(.authFailed, "the servers refused credentials")),
            ])
        #expect(session.core.lastProblem?.contains(why) == true, "\(session.core.lastProblem ?? "")")
    }

    @Test func aServerThatSaysNothingOfSASLIsLeft() {
        var session = Harness { $0.sasl = SASLCredentials(user: "bob", password: "secret") }
        session.core.connectionOpened(nonce: [UInt8](repeating: 7, count: 16), now: 0)
        session.accept(now: 0)
        _ = session.effects()
        #expect(session.core.deadline == 1000)
        session.core.tick(now: 1000)
        #expect(session.core.lastProblem == "a:1: no end of the SASL exchange within 1000 ms")
    }

    // MARK: Watches

    @Test func eventsComeThroughOfUnknownTypesToo() {
        var session = Harness.connected()
        let known = WatcherEvent(type: .nodeCreated, state: .syncConnected, path: "/a")
        let unknown = WatcherEvent(type: EventType(rawValue: 99), state: .syncConnected, path: "/b")
        session.reply(xid: -1, zxid: -1, body: known.encoded, now: 1)
        session.reply(xid: -1, zxid: -1, body: unknown.encoded, now: 1)
        #expect(session.effects() == [.notify(known), .notify(unknown)])
        #expect(session.core.lastZXIDSeen == .zero)
    }

    @Test func watchesThatAreStillThereAreLeftWithTheNextServer() {
        var session = Harness.connected()
        session.core.submit(.getData(ReadRequest(path: "/data", watch: true)), id: 1, now: 1)
        session.core.submit(.exists(ReadRequest(path: "/missing", watch: true)), id: 2, now: 1)
        session.core.submit(.getChildren2(ReadRequest(path: "/children", watch: true)), id: 3, now: 1)
        session.core.submit(.getData(ReadRequest(path: "/failed", watch: true)), id: 4, now: 1)
        session.core.submit(.getData(ReadRequest(path: "/fired", watch: true)), id: 5, now: 1)
        session.core.submit(.getData(ReadRequest(path: "/unwatched", watch: false)), id: 6, now: 1)
        session.reply(xid: 1, zxid: 8, now: 2)
        session.reply(xid: 2, zxid: 8, error: .noNode, now: 2)
        session.reply(xid: 3, zxid: 8, now: 2)
        session.reply(xid: 4, zxid: 8, error: .noNode, now: 2)
        session.reply(xid: 5, zxid: 8, now: 2)
        session.reply(xid: 6, zxid: 8, now: 2)
        let fired = WatcherEvent(type: .nodeDataChanged, state: .syncConnected, path: "/fired")
        session.reply(xid: -1, zxid: -1, body: fired.encoded, now: 3)
        session.core.connectionEnded("gone", now: 5000)
        session.core.connectionOpened(now: 5001)
        _ = session.sent()
        session.accept(now: 5002)
        let watches = SetWatches(
            relativeZXID: ZXID(rawValue: 8), data: ["/data"], exist: ["/missing"], child: ["/children"])
        #expect(session.sent() == [RequestHeader(xid: -8, op: .setWatches).encoded + watches.encoded])
        _ = session.effects()
        session.core.submit(.whoAmI, id: 7, now: 5003)
        session.reply(xid: -8, zxid: 9, now: 5004)
        session.reply(xid: 7, zxid: 9, now: 5004)
        #expect(session.effects() == [.succeed(7, .init(zxid: ZXID(rawValue: 9), body: []))])
    }

    @Test func persistentWatchesTakeTheNewerRequestAndCanBeRemoved() {
        var session = Harness.connected()
        session.core.submit(.addWatch(AddWatchRequest(path: "/p", mode: 0)), id: 1, now: 1)
        session.core.submit(.addWatch(AddWatchRequest(path: "/r", mode: 1)), id: 2, now: 1)
        session.core.submit(.addWatch(AddWatchRequest(path: "/removed", mode: 1)), id: 3, now: 1)
        session.core.submit(.removeWatches(WatcherRequest(path: "/removed", type: 3)), id: 4, now: 1)
        for xid in 1...4 { session.reply(xid: Int32(xid), zxid: 8, now: 2) }
        let event = WatcherEvent(type: .nodeDeleted, state: .syncConnected, path: "/p")
        session.reply(xid: -1, zxid: -1, body: event.encoded, now: 3)
        session.core.connectionEnded("gone", now: 5000)
        session.core.connectionOpened(now: 5001)
        _ = session.sent()
        session.accept(now: 5002)
        let watches = SetWatches2(
            relativeZXID: ZXID(rawValue: 8), data: [], exist: [], child: [], persistent: ["/p"],
            persistentRecursive: ["/r"])
        #expect(session.sent() == [RequestHeader(xid: -8, op: .setWatches2).encoded + watches.encoded])
    }

    @Test(arguments: [
        (WatcherType.children, [EventType.childWatchRemoved]), (.data, [.dataWatchRemoved]),
        (.any, [.childWatchRemoved, .dataWatchRemoved, .persistentWatchRemoved]),
    ])
    func whatIsTakenBackIsToldOnceForEachKind(type: WatcherType, events: [EventType]) {
        var session = Harness.connected()
        session.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 1, now: 1)
        session.core.submit(.getChildren(ReadRequest(path: "/a", watch: true)), id: 2, now: 1)
        session.core.submit(.addWatch(AddWatchRequest(path: "/a", mode: 0)), id: 3, now: 1)
        session.core.submit(.removeWatches(WatcherRequest(path: "/a", type: type.rawValue)), id: 4, now: 1)
        session.core.submit(.removeWatches(WatcherRequest(path: "/a", type: type.rawValue)), id: 5, now: 1)
        for xid in 1...3 { session.reply(xid: Int32(xid), zxid: 8, now: 2) }
        _ = session.effects()
        session.reply(xid: 4, zxid: 8, now: 2)
        #expect(
            session.effects()
                == events.map { .notify(WatcherEvent(type: $0, state: .syncConnected, path: "/a")) }
                + [.succeed(4, .init(zxid: ZXID(rawValue: 8), body: []))])
        session.reply(xid: 5, zxid: 8, error: .noWatcher, now: 2)
        #expect(session.effects() == [.fail(5, .init(.noWatcher))])
    }

    @Test func watchesCanBeForgottenWithoutAServer() {
        var session = Harness.connected()
        session.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 1, now: 1)
        session.reply(xid: 1, zxid: 8, now: 2)
        session.core.connectionEnded("gone", now: 5000)
        _ = session.effects()
        session.core.forgetWatches("/a", .any)
        #expect(
            session.effects() == [
                .notify(WatcherEvent(type: .dataWatchRemoved, state: .syncConnected, path: "/a"))
            ])
        session.core.connectionOpened(now: 5001)
        _ = session.sent()
        session.accept(now: 5002)
        #expect(session.sent() == [])
    }

    @Test func aWatchOfAReadIsToldToWhomItIsForOnceOverANewConnectionToo() {
        var session = Harness.connected()
        session.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 1, watcher: 11, now: 1)
        session.core.submit(.exists(ReadRequest(path: "/b", watch: true)), id: 2, watcher: 12, now: 1)
        session.reply(xid: 1, zxid: 8, now: 2)
        session.reply(xid: 2, zxid: 8, error: .noNode, now: 2)
        session.core.connectionEnded("gone", now: 5000)
        session.core.connectionOpened(now: 5001)
        session.accept(now: 5002)
        _ = session.sent()
        _ = session.effects()
        for _ in 0..<2 {
            session.event(.nodeDataChanged, "/a", now: 5003)
            session.event(.nodeCreated, "/b", now: 5003)
        }
        let told = session.effects().filter { if case .tell = $0 { true } else { false } }
        #expect(
            told == [
                .tell(11, WatcherEvent(type: .nodeDataChanged, state: .syncConnected, path: "/a")),
                .tell(12, WatcherEvent(type: .nodeCreated, state: .syncConnected, path: "/b")),
            ])
        session.core.connectionEnded("gone", now: 9000)
        session.core.connectionOpened(now: 9001)
        _ = session.sent()
        session.accept(now: 9002)
        #expect(session.sent() == [], "nothing is watched any more")
    }

    @Test func aReadThatFailsLeavesNoWatch() {
        var session = Harness.connected()
        session.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 1, watcher: 11, now: 1)
        session.reply(xid: 1, zxid: 8, error: .noNode, now: 2)
        _ = session.effects()
        session.event(.nodeCreated, "/a", now: 3)
        session.core.forget(11, now: 4)
        #expect(
            session.effects() == [.notify(WatcherEvent(type: .nodeCreated, state: .syncConnected, path: "/a"))])
    }

    @Test func aWatchThatNobodyWaitsForIsTakenBackUnlessOthersShareIt() {
        let remove = RequestHeader(xid: 3, op: .removeWatches).encoded + WatcherRequest(path: "/a", type: 2).encoded
        var session = Harness.connected()
        session.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 1, watcher: 11, now: 1)
        session.core.submit(.exists(ReadRequest(path: "/a", watch: true)), id: 2, watcher: 12, now: 1)
        session.reply(xid: 1, zxid: 8, now: 2)
        session.core.forget(11, now: 3)
        _ = session.sent()
        #expect(session.sent() == [], "another read leaves it right now")
        session.reply(xid: 2, zxid: 8, now: 4)
        session.core.forget(12, now: 5)
        #expect(session.sent() == [remove])
        session.reply(xid: 3, zxid: 8, error: .noWatcher, now: 6)

        // Cancelled between the request and its answer.
        var cancelled = Harness.connected()
        cancelled.core.submit(.getChildren2(ReadRequest(path: "/a", watch: true)), id: 1, watcher: 11, now: 1)
        cancelled.core.cancel(1)
        cancelled.core.forget(11, now: 1)
        _ = cancelled.sent()
        cancelled.reply(xid: 1, zxid: 8, now: 2)
        #expect(
            cancelled.sent() == [
                RequestHeader(xid: 2, op: .removeWatches).encoded + WatcherRequest(path: "/a", type: 1).encoded
            ])

        // The observer's watch is nobody else's to take back.
        var observed = Harness.connected()
        observed.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 1, now: 1)
        observed.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 2, watcher: 11, now: 1)
        observed.reply(xid: 1, zxid: 8, now: 2)
        observed.reply(xid: 2, zxid: 8, now: 2)
        _ = observed.sent()
        observed.core.forget(11, now: 3)
        #expect(observed.sent() == [])
    }

    @Test func aLastingWatchSaysWhenToReadAgainInPlaceAndAfterEachReconnection() {
        var session = Harness()
        session.core.watch("/a", recursive: false, for: 11, now: 0)
        session.core.connectionOpened(now: 1)
        _ = session.sent()
        session.accept(now: 2)
        func restored(since zxid: Int64, _ persistent: [String], _ recursive: [String]) -> [UInt8] {
            RequestHeader(xid: -8, op: .setWatches2).encoded
                + SetWatches2(
                    relativeZXID: ZXID(rawValue: zxid), data: [], exist: [], child: [], persistent: persistent,
                    persistentRecursive: recursive
                ).encoded
        }
        #expect(session.sent() == [restored(since: 0, ["/a"], [])])
        _ = session.effects()
        session.reply(xid: -8, zxid: 7, now: 3)
        #expect(session.effects() == [.readAgain(11)])

        session.core.watch("/b", recursive: true, for: 12, now: 4)
        #expect(
            session.sent() == [
                RequestHeader(xid: 1, op: .addWatch).encoded + AddWatchRequest(path: "/b", mode: 1).encoded
            ])
        session.reply(xid: 1, zxid: 8, now: 5)
        #expect(session.effects() == [.readAgain(12)])
        session.event(.nodeCreated, "/b/c/d", now: 6)
        session.event(.nodeDataChanged, "/a", now: 6)
        session.event(.nodeChildrenChanged, "/a", now: 6)
        let told = session.effects().compactMap { effect -> String? in
            if case .tell(let id, let event) = effect { "\(id) \(event.type) \(event.path)" } else { nil }
        }
        #expect(told == ["12 NodeCreated /b/c/d", "11 NodeDataChanged /a", "11 NodeChildrenChanged /a"])

        session.core.connectionEnded("gone", now: 5000)
        session.core.connectionOpened(now: 5001)
        _ = session.sent()
        session.accept(now: 5002)
        #expect(session.sent() == [restored(since: 8, ["/a"], ["/b"])])
        _ = session.effects()
        session.reply(xid: -8, zxid: 9, now: 5003)
        #expect(session.effects() == [.readAgain(11), .readAgain(12)])

        session.core.forget(12, now: 5004)
        #expect(
            session.sent() == [
                RequestHeader(xid: 2, op: .removeWatches).encoded + WatcherRequest(path: "/b", type: 3).encoded
            ])
    }

    @Test func aLastingWatchThatIsRefusedEnds() {
        var session = Harness.connected()
        session.core.watch("/a", recursive: true, for: 11, now: 0)
        session.reply(xid: 1, zxid: 0, error: .unimplemented, now: 1)
        #expect(session.effects() == [.dismiss(11, .init(.unimplemented))])
        session.core.close(now: 2)
        session.reply(xid: 2, zxid: 9, now: 3)
        session.core.watch("/a", recursive: true, for: 12, now: 4)
        #expect(
            session.effects() == [
                .disconnect, .enter(.closed), .dismiss(12, .init(.sessionExpired, "the client was closed")),
            ])
    }

    /// A server of 3.8 has one mode for each path and connection (ZOOKEEPER-4466).
    @Test func watchesOfDifferentKindsOnOnePathDoEachOtherNoHarm() {
        var session = Harness.connected()
        session.core.watch("/a", recursive: false, for: 11, now: 0)
        session.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 1, watcher: 12, now: 1)
        session.core.submit(.getChildren2(ReadRequest(path: "/a", watch: true)), id: 2, watcher: 13, now: 1)
        session.core.watch("/a", recursive: true, for: 14, now: 1)
        session.core.watch("/a", recursive: false, for: 15, now: 1)
        let addWatch = { (xid: Int32, mode: Int32) in
            RequestHeader(xid: xid, op: .addWatch).encoded + AddWatchRequest(path: "/a", mode: mode).encoded
        }
        #expect(
            session.sent() == [
                addWatch(1, 0),
                RequestHeader(xid: 2, op: .getData).encoded + ReadRequest(path: "/a", watch: false).encoded,
                RequestHeader(xid: 3, op: .getChildren2).encoded + ReadRequest(path: "/a", watch: false).encoded,
                addWatch(4, 1), addWatch(5, 1),
            ])
        for xid in 1...5 { session.reply(xid: Int32(xid), zxid: 8, now: 2) }
        _ = session.effects()
        // What the recursive watch tells is all that comes.
        session.event(.nodeCreated, "/a/c", now: 3)
        session.event(.nodeDataChanged, "/a", now: 3)
        let told = session.effects().compactMap { effect -> String? in
            if case .tell(let id, let event) = effect { "\(id) \(event.type) \(event.path)" } else { nil }
        }
        #expect(
            told == [
                "11 NodeChildrenChanged /a", "15 NodeChildrenChanged /a", "13 NodeChildrenChanged /a",
                "14 NodeCreated /a/c", "11 NodeDataChanged /a", "14 NodeDataChanged /a", "15 NodeDataChanged /a",
                "12 NodeDataChanged /a",
            ])
        for watcher in [11, 14] as [UInt64] { session.core.forget(watcher, now: 4) }
        #expect(session.sent() == [])
        session.core.forget(15, now: 5)
        #expect(
            session.sent() == [
                RequestHeader(xid: 6, op: .removeWatches).encoded + WatcherRequest(path: "/a", type: 3).encoded
            ])
    }

    @Test func whatTheObserverTakesBackAtTheServerIsLeftAgainForTheOthers() {
        var session = Harness.connected()
        session.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 1, now: 1)
        session.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 2, watcher: 11, now: 1)
        session.core.submit(.removeWatches(WatcherRequest(path: "/a", type: 3)), id: 3, now: 1)
        for xid in 1...3 { session.reply(xid: Int32(xid), zxid: 8, now: 2) }
        let watches = SetWatches(relativeZXID: ZXID(rawValue: 8), data: ["/a"], exist: [], child: [])
        #expect(session.sent().last == RequestHeader(xid: -8, op: .setWatches).encoded + watches.encoded)
    }

    @Test func aSessionThatIsRenewedWhatWaitsFailsOnceLastingWatchesGoOn() throws {
        var session = Harness.connected { $0.renewsSession = true }
        session.core.submit(.getData(ReadRequest(path: "/a", watch: true)), id: 1, watcher: 11, now: 1)
        session.core.submit(.getData(ReadRequest(path: "/b", watch: true)), id: 2, now: 1)
        session.core.watch("/c", recursive: false, for: 12, now: 1)
        for xid in 1...3 { session.reply(xid: Int32(xid), zxid: 8, now: 2) }
        session.core.connectionEnded("gone", now: 5000)
        session.core.submit(.whoAmI, id: 3, now: 5000)
        session.core.submit(.auth(AuthPacket(type: 0, scheme: "digest", auth: [])), id: 4, now: 5000)
        session.core.connectionOpened(now: 5001)
        _ = session.effects()
        session.receive(ConnectResponse.invalidSession(readOnly: false).encoded, now: 5002)
        #expect(
            session.effects() == [
                .disconnect, .enter(.expired), .fail(3, .init(.sessionExpired)), .dismiss(11, .init(.sessionExpired)),
                .enter(.connecting), .connect(Self.server),
            ])
        session.core.connectionOpened(now: 5003)
        #expect(try ConnectRequest(decoding: try #require(session.sent().first)).session == .none)
        session.accept(now: 5004)
        let watches = SetWatches2(
            relativeZXID: ZXID(rawValue: 8), data: [], exist: [], child: [], persistent: ["/c"],
            persistentRecursive: [])
        #expect(
            session.sent() == [
                RequestHeader(xid: -4, op: .auth).encoded + AuthPacket(type: 0, scheme: "digest", auth: []).encoded,
                RequestHeader(xid: -8, op: .setWatches2).encoded + watches.encoded,
            ])
        session.reply(xid: -4, zxid: 0, now: 5005)
        session.reply(xid: -8, zxid: 9, now: 5005)
        #expect(
            session.effects() == [
                .enter(.connected), .succeed(4, .init(zxid: .zero, body: [])), .readAgain(12),
            ])
    }

    @Test func aServerWhoseDataBeginsAnewGivesANewSession() throws {
        var session = Harness.connected { $0.renewsSession = true }
        session.core.submit(.sync(PathRecord(path: "/")), id: 1, now: 1)
        session.reply(xid: 1, zxid: 0x500, now: 2)
        session.core.watch("/c", recursive: false, for: 12, now: 2)
        session.reply(xid: 2, zxid: 0x500, now: 2)
        session.core.connectionEnded("gone", now: 5000)
        func request() throws -> ConnectRequest {
            try ConnectRequest(decoding: try #require(session.sent().first))
        }
        // It refuses who has seen more than it has: it ends the connection without a word.
        for now in stride(from: Int64(5000), through: 10_000, by: 1000) {
            session.core.tick(now: now)
            session.core.connectionOpened(now: now)
            #expect(try request().session == Self.credentials.id)
            session.core.connectionEnded("closed", now: now)
        }
        _ = session.effects()
        // The session's timeout has passed: the same server is asked as by a new client.
        session.core.tick(now: 11_000)
        session.core.connectionOpened(now: 11_000)
        _ = session.sent()
        session.core.connectionEnded("closed", now: 11_000)
        #expect(session.effects().last == .connect(Self.server))
        session.core.connectionOpened(now: 11_001)
        let anew = try request()
        #expect(anew.session == .none)
        #expect(anew.lastZXIDSeen == .zero)
        // One that does not want it either, for want of a quorum, leaves the session what it was.
        session.core.connectionEnded("closed", now: 11_002)
        #expect(session.effects().isEmpty)
        session.core.tick(now: 13_000)
        session.core.connectionOpened(now: 13_000)
        #expect(try request().session == Self.credentials.id)
        session.core.connectionEnded("closed", now: 13_001)
        session.core.connectionOpened(now: 13_002)
        _ = session.sent()
        _ = session.effects()
        session.accept(now: 13_003)
        #expect(session.effects() == [.enter(.expired), .enter(.connecting), .enter(.connected)])
        #expect(session.core.lastZXIDSeen == .zero)
        let watches = SetWatches2(
            relativeZXID: .zero, data: [], exist: [], child: [], persistent: ["/c"], persistentRecursive: [])
        #expect(session.sent() == [RequestHeader(xid: -8, op: .setWatches2).encoded + watches.encoded])
    }

    @Test func manyWatchesAreLeftInSeveralRequests() {
        var table = ClientWatches()
        for index in 0..<3000 { table.insert("/" + String(repeating: "x", count: 96) + "\(index)", .data) }
        let requests = table.restore(since: .zero).requests
        #expect(requests.count == 3)
        #expect(requests.flatMap { $0.data ?? [] }.count == 3000)
        #expect(requests.allSatisfy { $0.encoded.count < 160_000 })
    }
}

/// Stands for the shell: keeps the effects apart from the bytes.
struct Harness {
    var core: ClientSession

    init(seed: UInt64 = 1, _ change: (inout ClientSession.Settings) -> Void = { _ in }) {
        var settings = ClientSession.Settings(
            servers: [ClientSessionTests.server], sessionTimeout: 9000, connectTimeout: 1000, requestTimeout: 10_000)
        change(&settings)
        core = ClientSession(settings, seed: seed)
        core.start(now: 0)
    }

    /// A session with nothing left to do: the handshake is over, and its effects and bytes are taken.
    static func connected(
        now: Int64 = 0, _ change: (inout ClientSession.Settings) -> Void = { _ in }
    ) -> Harness {
        var session = Harness(change)
        session.core.connectionOpened(now: now)
        session.accept(now: now)
        _ = session.effects()
        _ = session.sent()
        return session
    }

    mutating func effects() -> [ClientSession.Effect] { core.takeEffects() }

    /// The frames to be sent, without their lengths.
    mutating func sent() -> [[UInt8]] {
        defer { core.output.removeAll() }
        return core.output.bytes.readJute { reader in
            var frames: [[UInt8]] = []
            while let frame = try? reader.readBuffer() { frames.append(frame) }
            return frames
        }
    }

    mutating func receive(_ frame: [UInt8], now: Int64) {
        frame.withUnsafeBytes { core.received($0, now: now) }
    }

    mutating func accept(readOnly: Bool = false, now: Int64) {
        let credentials = ClientSessionTests.credentials
        receive(
            ConnectResponse(
                timeout: 6000, session: credentials.id, password: credentials.password, readOnly: readOnly
            ).encoded, now: now)
    }

    mutating func reply(xid: Int32, zxid: Int64, error: ErrorCode = .ok, body: [UInt8] = [], now: Int64) {
        receive(ReplyHeader(xid: xid, zxid: ZXID(rawValue: zxid), error: error).encoded + body, now: now)
    }

    mutating func event(_ type: EventType, _ path: String, now: Int64) {
        reply(
            xid: SpecialXID.watchEvent, zxid: -1,
            body: WatcherEvent(type: type, state: .syncConnected, path: path).encoded, now: now)
    }

    /// A ping that is due, and its answer.
    mutating func ping(now: Int64) {
        core.tick(now: now)
        reply(xid: SpecialXID.ping, zxid: 0, now: now)
    }
}
