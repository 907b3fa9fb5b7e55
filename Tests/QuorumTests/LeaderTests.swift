import Jute
import Membership
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// A leader's side of Zab (reference 8.4 to 8.15).
@Suite struct LeaderTests {
    private static let epoch = Epoch(rawValue: 3)
    private static let start = ZXID(epoch: epoch, counter: 0)
    private static let base = ZXID(rawValue: 0x2_0000_0005)
    private static let recovered = RecoveredState(
        acceptedEpoch: Epoch(rawValue: 2), currentEpoch: Epoch(rawValue: 2), base: base)

    private func elected(
        voters: [ServerID] = [1, 2, 3], observers: [ServerID] = [], options: QuorumOptions = QuorumOptions(),
        diskIsQuick: Bool = true
    ) -> Bench {
        var bench = Bench(
            3, voters: voters, observers: observers, options: options, recovered: Self.recovered,
            diskIsQuick: diskIsQuick)
        bench.win()
        #expect(bench.quorum.status == .preparingToLead)
        return bench
    }

    private func greet(
        _ bench: inout Bench, _ server: ServerID, on connection: LinkID, accepted: Int64 = 2,
        observer: Bool = false
    ) {
        bench.put(.accepted(connection))
        bench.put(
            .packet(
                .learnerInfo(
                    LearnerInfo(server: server, configVersion: 0), observer: observer,
                    acceptedEpoch: Epoch(rawValue: accepted)), from: connection))
    }

    private func join(
        _ bench: inout Bench, _ server: ServerID, on connection: LinkID, at zxid: ZXID = base,
        observer: Bool = false
    ) {
        greet(&bench, server, on: connection, observer: observer)
        bench.put(.packet(.ackEpoch(zxid, currentEpoch: Epoch(rawValue: 2)), from: connection))
        bench.put(.packet(.ack(Self.start), from: connection))
    }

    private func serving(voters: [ServerID] = [1, 2, 3], observers: [ServerID] = []) -> Bench {
        var bench = elected(voters: voters, observers: observers)
        let connections = voters.indices.dropLast().map { LinkID(rawValue: UInt64($0 + 1)) }
        for (connection, voter) in zip(connections, voters.filter { $0 != 3 }) { greet(&bench, voter, on: connection) }
        for connection in connections {
            bench.put(.packet(.ackEpoch(Self.base, currentEpoch: Epoch(rawValue: 2)), from: connection))
        }
        for connection in connections { bench.put(.packet(.ack(Self.start), from: connection)) }
        #expect(bench.quorum.status == .leading(Self.epoch))
        _ = bench.take()
        return bench
    }

    private func propose(_ bench: inout Bench) -> ZXID {
        let zxid = bench.quorum.nextZXID ?? .zero
        bench.put(.propose(Transaction(zxid: zxid, bytes: [1])))
        return zxid
    }

    // MARK: Discovery

    @Test func theNewEpochIsAboveAllAcceptedOnesOfAQuorumAndIsStoredBeforeItIsTold() {
        var bench = elected(voters: [1, 2, 3, 4, 5], diskIsQuick: false)
        greet(&bench, 1, on: 1, accepted: 2)
        #expect(bench.take().writes.isEmpty)
        greet(&bench, 2, on: 2, accepted: 8)
        let decided = bench.take()
        #expect(decided.writes == [.acceptedEpoch(Epoch(rawValue: 9))])
        #expect(decided.packets(to: 1).isEmpty)
        bench.sync()
        let told = bench.take()
        #expect(told.packets(to: 1) == [.leaderInfo(Epoch(rawValue: 9))])
        #expect(told.packets(to: 2) == [.leaderInfo(Epoch(rawValue: 9))])
    }

    @Test func observersAreNotCountedButAnswered() {
        var bench = elected(observers: [4, 5])
        greet(&bench, 4, on: 1, observer: true)
        greet(&bench, 5, on: 2, observer: true)
        #expect(bench.quorum.acceptedEpoch == Epoch(rawValue: 2))
        greet(&bench, 1, on: 3)
        #expect(bench.take().packets(to: 1) == [.leaderInfo(Self.epoch)])
    }

    /// Whoever promised an epoch to a candidate that came to nothing keeps its promise, and must be able to join all
    /// the same.
    @Test func aMemberThatPromisedMoreIsIncludedNowOrInTheNextReign() {
        var bench = elected(observers: [4])
        greet(&bench, 4, on: 1, accepted: 50, observer: true)
        greet(&bench, 1, on: 2)
        #expect(bench.take().packets(to: 1) == [.leaderInfo(Epoch(rawValue: 51))])

        bench = serving(observers: [4])
        greet(&bench, 4, on: 9, accepted: 50, observer: true)
        #expect(bench.quorum.status == .looking(.higherEpochPromised(Epoch(rawValue: 50), by: 4)))
        bench.win(round: 2)
        _ = bench.take()
        greet(&bench, 1, on: 10)
        #expect(bench.take().packets(to: 10) == [.leaderInfo(Epoch(rawValue: 51))])
    }

    @Test func aStrangerThatPromisedMoreDoesNotEndAReign() {
        var bench = serving()
        greet(&bench, 9, on: 9, accepted: 50)
        #expect(bench.quorum.status == .leading(Self.epoch))
        #expect(bench.take().packets(to: 9) == [.leaderInfo(Self.epoch)])
    }

    /// A leader whose disk was too slow each time: nobody was told of the epochs it stored.
    @Test func anEpochThatNobodyWasToldOfIsTakenBack() {
        var bench = elected(diskIsQuick: false)
        for round in 2...4 as ClosedRange<Int64> {
            greet(&bench, 1, on: 1)
            #expect(bench.take().writes == [.acceptedEpoch(Self.epoch)])
            bench.wait(20_000)
            #expect(bench.quorum.status == .looking(.noQuorumInTime(.awaitingPromises(Self.epoch))))
            #expect(bench.take().writes == [.acceptedEpoch(Epoch(rawValue: 2))])
            bench.win(round: round)
        }
        bench.sync()
        bench.wait(20_000)
        bench.join(1)
        bench.put(.connected(7, to: 1))
        bench.put(.packet(.leaderInfo(Self.epoch), from: 7))
        bench.sync()
        let packets = bench.take().packets(to: 7)
        #expect(packets.last == .ackEpoch(Self.base, currentEpoch: Epoch(rawValue: 2)))
    }

    @Test func anEpochThatWasToldIsKept() {
        var bench = elected()
        greet(&bench, 1, on: 1)
        bench.wait(20_000)
        #expect(bench.quorum.acceptedEpoch == Self.epoch)
        bench.win(round: 2)
        _ = bench.take()
        greet(&bench, 1, on: 2, accepted: 3)
        #expect(bench.take().packets(to: 2) == [.leaderInfo(Self.epoch.next)])
    }

    /// A voter of the configuration that comes as an observer is not one; nor is a stranger.
    @Test func strangersAreNotCounted() {
        var bench = elected()
        greet(&bench, 9, on: 1)
        #expect(bench.take().packets(to: 1).isEmpty)
    }

    // MARK: Members only

    private static let threeAndAReconfig = EnsembleConfiguration(
        text: "server.1=h1:1:2\nserver.2=h2:1:2\nserver.3=h3:1:2\nserver.4=h4:1:2:observer\nversion=200000005")!

    /// Whether a leader with `quorum.membersOnly` takes in server 4 and then 9 of a configuration with 1 to 3.
    @Test(arguments: [(true, false), (true, true), (false, false)])
    func strangersAreTurnedAwayFromMembersOnly(membersOnly: Bool, isProposed: Bool) {
        var options = QuorumOptions()
        options.membersOnly = membersOnly
        options.reconfigEnabled = true
        var bench = Bench(
            3, proposed: isProposed ? Self.threeAndAReconfig : nil, options: options, recovered: Self.recovered)
        bench.win()
        greet(&bench, 1, on: 1)
        greet(&bench, 4, on: 2, observer: true)
        greet(&bench, 9, on: 3, accepted: 50)
        let effects = bench.take()
        #expect(effects.packets(to: 1) == [.leaderInfo(Self.epoch)])
        #expect(effects.closed[1] == nil)
        #expect(effects.closed[2] == (membersOnly && !isProposed ? .noMember(4) : nil))
        #expect(effects.closed[3] == (membersOnly ? .noMember(9) : nil))
        #expect(effects.packets(to: 3) == (membersOnly ? [] : [.leaderInfo(Self.epoch)]))
    }

    @Test func whoIsAheadOfTheLeaderIsRefused() {
        var bench = elected()
        greet(&bench, 1, on: 1)
        bench.put(.packet(.ackEpoch(Self.base.next, currentEpoch: Epoch(rawValue: 2)), from: 1))
        #expect(bench.take().closed[1] == .aheadOfLeader(epoch: Epoch(rawValue: 2), zxid: Self.base.next))
    }

    @Test func aPromiseMadeBeforeCannotBeCounted() {
        var bench = elected(voters: [1, 2, 3, 4, 5])
        greet(&bench, 1, on: 1)
        greet(&bench, 2, on: 2)
        bench.put(.packet(.ackEpoch(Self.base, currentEpoch: nil), from: 1))
        #expect(bench.quorum.status == .looking(.epochPromisedBefore(Self.epoch, by: 1)))
    }

    @Test func withoutAQuorumInTimeItGivesUp() {
        var bench = elected()
        bench.wait(19_999)
        #expect(bench.quorum.status == .preparingToLead)
        bench.wait(1)
        #expect(bench.quorum.status == .looking(.noQuorumInTime(.awaitingLearners)))
    }

    @Test func aLearnerThatComesBeforeTheElectionIsOverIsKept() {
        var bench = Bench(3, recovered: Self.recovered)
        greet(&bench, 1, on: 1)
        bench.win()
        #expect(bench.take().packets(to: 1) == [.leaderInfo(Self.epoch)])
    }

    // MARK: Establishment

    @Test func itServesOnceAQuorumHasItsHistoryAndItselfIsDurable() {
        var bench = elected(diskIsQuick: false)
        greet(&bench, 1, on: 1)
        bench.sync()
        bench.put(.packet(.ackEpoch(Self.base, currentEpoch: Epoch(rawValue: 2)), from: 1))
        #expect(bench.take().writes.last == .currentEpoch(Self.epoch))
        bench.put(.packet(.ack(Self.start), from: 1))
        #expect(bench.quorum.status == .preparingToLead)
        #expect(bench.quorum.nextZXID == nil)
        bench.sync()
        #expect(bench.quorum.status == .leading(Self.epoch))
        #expect(bench.take().packets(to: 1) == [.upToDate])
        #expect(bench.quorum.nextZXID == Self.start.next)
    }

    @Test func aLateLearnerHearsWhatIsOutstandingAndThenEverything() {
        var bench = serving()
        let first = propose(&bench)
        _ = bench.take()
        join(&bench, 2, on: 7)
        let second = propose(&bench)
        let said = bench.take().packets(to: 7)
        #expect(
            said.map(\.summary) == [
                "LEADERINFO \(Self.start)", "DIFF \(Self.base)", "PROPOSAL \(first)", "NEWLEADER \(Self.start)",
                "UPTODATE 0xffffffffffffffff", "PROPOSAL \(second)",
            ])
    }

    @Test func aLateFollowerHearsOfCommitsOnlyBehindUpToDate() {
        var bench = serving()
        let first = propose(&bench)
        greet(&bench, 2, on: 7)
        bench.put(.packet(.ackEpoch(Self.base, currentEpoch: Epoch(rawValue: 2)), from: 7))
        _ = bench.take()
        bench.put(.packet(.ack(first), from: 1))
        #expect(bench.quorum.lastApplied == first)
        #expect(bench.take().packets(to: 7) == [])
        bench.put(.packet(.ack(Self.start), from: 7))
        #expect(bench.take().packets(to: 7) == [.upToDate, .commit(first)])
        let second = propose(&bench)
        bench.put(.packet(.ack(second), from: 7))
        #expect(bench.take().packets(to: 7).last == .commit(second))
    }

    @Test func aVoterThatPromisedALaterEpochEndsTheReign() {
        var bench = serving()
        greet(&bench, 2, on: 7, accepted: 6)
        #expect(bench.quorum.status == .looking(.higherEpochPromised(Epoch(rawValue: 6), by: 2)))
    }

    @Test func aSecondConnectionOfAServerReplacesTheFirst() {
        var bench = serving()
        join(&bench, 1, on: 7)
        #expect(bench.take().closed == [1: .replacedByNewerConnection])
    }

    // MARK: Broadcast

    @Test func aTxnIsCommittedByAQuorumInOrder() {
        var bench = serving(voters: [1, 2, 3, 4, 5])
        bench.diskIsQuick = false
        let first = propose(&bench)
        let second = propose(&bench)
        _ = bench.take()
        bench.put(.packet(.ack(second), from: 1))
        bench.put(.packet(.ack(second), from: 2))
        bench.put(.packet(.ack(second), from: 3))
        // A higher ACK says nothing of lower ones.
        #expect(bench.take().applied.isEmpty)
        bench.put(.packet(.ack(first), from: 1))
        bench.put(.packet(.ack(first), from: 1))
        bench.put(.packet(.ack(first), from: 2))
        #expect(bench.take().applied.isEmpty)
        bench.sync()
        let effects = bench.take()
        #expect(effects.applied == [first, second])
        #expect(effects.packets(to: 4) == [.commit(first), .commit(second)])
        // Late ACKs are usual.
        bench.put(.packet(.ack(first), from: 3))
        bench.put(.packet(.ack(Self.start), from: 3))
        #expect(bench.take().isEmpty)
    }

    @Test func observersAreInformedAndTheirAcksCountForNothing() {
        var bench = serving(observers: [4])
        join(&bench, 4, on: 9, observer: true)
        bench.diskIsQuick = false
        _ = bench.take()
        let zxid = propose(&bench)
        bench.put(.packet(.ack(zxid), from: 9))
        #expect(bench.take().applied.isEmpty)
        bench.put(.packet(.ack(zxid), from: 1))
        bench.put(.packet(.ack(zxid), from: 2))
        let effects = bench.take()
        #expect(effects.applied == [zxid])
        #expect(effects.packets(to: 9) == [.inform(Transaction(zxid: zxid, bytes: [1]))])
    }

    /// 3.8.0 followers may ACK a txn before NEWLEADER (ZOOKEEPER-4685): it counts from the ACK of NEWLEADER on.
    @Test func acksBeforeTheAckOfNewLeaderCountLater() {
        var bench = serving()
        bench.put(.disconnected(2))
        bench.diskIsQuick = false
        let zxid = propose(&bench)
        greet(&bench, 2, on: 7)
        bench.put(.packet(.ackEpoch(Self.base, currentEpoch: nil), from: 7))
        bench.put(.packet(.ack(zxid), from: 7))
        bench.put(.packet(.ack(zxid), from: 1))
        #expect(bench.take().applied.isEmpty)
        bench.put(.packet(.ack(Self.start), from: 7))
        #expect(bench.take().applied == [zxid])
    }

    /// Found by the simulator: between TRUNC and the second logging of what it cuts off, the ACK is not true.
    @Test func acksOfALearnerThatConnectsAnewAreVoid() {
        var bench = serving(voters: [1, 2, 3, 4, 5])
        bench.diskIsQuick = false
        let zxid = propose(&bench)
        bench.put(.packet(.ack(zxid), from: 1))
        bench.put(.packet(.ack(zxid), from: 2))
        greet(&bench, 1, on: 7, accepted: 3)
        bench.put(.packet(.ackEpoch(zxid, currentEpoch: nil), from: 7))
        #expect(bench.take().packets(to: 7).contains { $0.type == .trunc && $0.zxid == Self.base })
        bench.put(.packet(.ack(zxid), from: 3))
        #expect(bench.take().applied.isEmpty)
        bench.put(.packet(.ack(Self.start), from: 7))
        bench.put(.packet(.ack(zxid), from: 7))
        #expect(bench.take().applied == [zxid])
    }

    @Test func syncIsAnsweredBehindTheCommitOfWhatWasProposed() {
        var bench = serving()
        bench.diskIsQuick = false
        let sync = Quorum.Request(
            ForwardedRequest(session: SessionID(rawValue: 5), cxid: 1, op: .sync, body: []), authInfo: [])
        bench.put(.packet(.request(sync), from: 1))
        #expect(bench.take().packets(to: 1) == [.sync])
        let zxid = propose(&bench)
        bench.put(.packet(.request(sync), from: 1))
        bench.put(.request(sync))
        #expect(!bench.take().packets(to: 1).contains(.sync))
        bench.put(.packet(.ack(zxid), from: 1))
        bench.put(.packet(.ack(zxid), from: 2))
        let effects = bench.take()
        #expect(effects.packets(to: 1) == [.commit(zxid), .sync])
        #expect(effects.contains { if case .synced = $0 { true } else { false } })
    }

    /// One segment of a follower brings both; the shell puts both in before it carries anything out.
    @Test func syncDoesNotOvertakeAWriteThatIsYetToBeProposed() {
        var bench = serving()
        func request(_ op: OpCode) -> QuorumPacket {
            .request(
                Quorum.Request(
                    ForwardedRequest(session: SessionID(rawValue: 1), cxid: 1, op: op, body: []), authInfo: []))
        }
        for op in [OpCode.setData, .sync] { bench.quorum.step(.packet(request(op), from: 1), now: bench.now) }
        guard case .prepare? = bench.quorum.nextEffect(), let zxid = bench.quorum.nextZXID else {
            Issue.record("the write is not prepared first")
            return
        }
        bench.quorum.step(.propose(Transaction(zxid: zxid, bytes: [1])), now: bench.now)
        bench.put(.packet(.ack(zxid), from: 1))
        let packets = bench.take().packets(to: 1)
        #expect(packets.map(\.type) == [.proposal, .commit, .sync])
    }

    /// What happens while effects are carried out waits for them; what answers an effect does not.
    @Test func anInputWaitsForTheEffectsOfTheOneBefore() {
        var bench = serving()
        bench.quorum.step(.packet(.ping(Self.start), from: 1), now: bench.now)
        #expect(bench.quorum.nextEffect() == nil, "an input without effects holds nothing up")
        let zxid = bench.quorum.nextZXID ?? .zero
        bench.quorum.step(.propose(Transaction(zxid: zxid, bytes: [1])), now: bench.now)
        #expect(bench.quorum.nextEffect() != nil)
        bench.quorum.step(.disconnected(1), now: bench.now)
        #expect(bench.quorum.learners.count == 2, "it waits")
        bench.quorum.step(.propose(Transaction(zxid: zxid.next, bytes: [1])), now: bench.now)
        #expect(bench.quorum.nextZXID == zxid.next.next, "it does not")
        while bench.quorum.nextEffect() != nil {}
        #expect(bench.quorum.learners.count == 1)
    }

    @Test func requestsOfLearnersAndOwnClientsArePreparedInOrder() {
        var bench = serving()
        let request = Quorum.Request(
            ForwardedRequest(session: SessionID(rawValue: 5), cxid: 1, op: .create, body: [1, 2]), authInfo: nil)
        bench.put(.packet(.request(request), from: 2))
        bench.put(.request(request))
        let origins = bench.take().compactMap { effect -> Quorum.Origin? in
            if case .prepare(request, let origin) = effect { origin } else { nil }
        }
        #expect(origins == [.learner(2), .ownClient])
    }

    // MARK: Liveness

    @Test func learnersArePingedTwiceATick() {
        var bench = serving()
        bench.wait(1000)
        #expect(bench.take().sent(.ping, to: 1) == [.ping(Self.start)])
        let zxid = propose(&bench)
        _ = bench.take()
        bench.wait(1000)
        #expect(bench.take().sent(.ping, to: 1) == [.ping(zxid)])
    }

    @Test func aLeaderWithoutItsQuorumStops() {
        var bench = serving()
        bench.put(.disconnected(1))
        bench.put(.disconnected(2))
        bench.wait(1000)
        bench.wait(1000)
        #expect(bench.quorum.status == .looking(.quorumLost(stillHere: [3])))
    }

    @Test func aFollowerThatDoesNotAcknowledgeInTimeIsClosed() {
        var bench = serving()
        let zxid = propose(&bench)
        bench.put(.packet(.ack(zxid), from: 1))
        for _ in 0..<10 {
            bench.put(.packet(.pong(Self.start, []), from: 1))
            bench.put(.packet(.pong(Self.start, []), from: 2))
            bench.wait(1000)
        }
        #expect(bench.take().closed == [2: .slowToAcknowledge(zxid)])
    }

    @Test func aSilentFollowerIsClosed() {
        var bench = serving()
        for _ in 0..<10 {
            bench.put(.packet(.pong(Self.start, []), from: 1))
            bench.wait(1000)
        }
        #expect(bench.take().closed == [2: .silent(for: 10_000)])
    }

    @Test func touchesAndRevalidationsReachTheSessionTracker() {
        var bench = serving()
        let session = SessionID(rawValue: 12)
        bench.put(.packet(.pong(Self.start, [SessionTimeout(session: session, timeout: 4000)]), from: 1))
        bench.put(.packet(.revalidate(session, timeout: 4000), from: 2))
        let effects = bench.take()
        #expect(
            effects.contains {
                if case .touched(let sessions) = $0 { sessions.map(\.session) == [session] } else { false }
            })
        #expect(effects.contains { if case .revalidate(session, timeout: 4000, for: 2) = $0 { true } else { false } })
        bench.put(.revalidated(session, isValid: true, for: 2))
        #expect(bench.take().packets(to: 2) == [.revalidated(session, isValid: true)])
    }

    /// When it is asked for, not only by the clock, and only of those that answer.
    @Test func learnersAreAskedForTheSessionsTheyHaveHeard() {
        var bench = serving()
        bench.put(.accepted(9))
        _ = bench.take()
        bench.put(.askForTouches)
        let effects = bench.take()
        #expect(effects.sent(.ping, to: 1).count == 1 && effects.sent(.ping, to: 2).count == 1)
        #expect(effects.sent(.ping, to: 9) == [])
    }

    // MARK: The end

    /// 8.15: the counter never reaches its last value.
    @Test func whenTheEpochHasNoMoreZXIDsANewOneIsElected() {
        var server = Server(
            id: 1, membership: JointConfiguration(EnsembleConfiguration(voters: [1])),
            options: QuorumOptions(),
            recovered: RecoveredState(acceptedEpoch: .zero, currentEpoch: .zero, base: .zero))
        var leader = Leader(&server)
        server.markDurable(server.lastTicket)
        leader.durable(&server)
        server.markDurable(server.lastTicket)
        leader.durable(&server)
        #expect(leader.nextZXID(server) == ZXID(rawValue: 0x1_0000_0001))
        server.restore(from: 1, at: ZXID(rawValue: 0x1_FFFF_FFFD))
        let last = ZXID(rawValue: 0x1_FFFF_FFFE)
        #expect(leader.nextZXID(server) == last)
        leader.propose(Transaction(zxid: last, bytes: [1]), &server)
        #expect(leader.nextZXID(server) == nil)
        #expect(server.takeDeparture() == nil)
        // It ends when that is committed.
        server.markDurable(server.lastTicket)
        leader.durable(&server)
        #expect(server.lastApplied == last)
        #expect(server.takeDeparture()?.reason == .zxidsExhausted(Epoch(rawValue: 1)))
    }

    @Test func aStoppingLeaderCommitsWhatIsOutstandingFirst() {
        var bench = serving()
        bench.diskIsQuick = false
        let zxid = propose(&bench)
        bench.put(.shutDown)
        #expect(bench.quorum.nextZXID == nil)
        #expect(bench.quorum.status == .leading(Self.epoch))
        bench.put(.packet(.ack(zxid), from: 1))
        bench.put(.packet(.ack(zxid), from: 2))
        let effects = bench.take()
        #expect(effects.applied == [zxid])
        #expect(effects.statuses == [.stopped])
        #expect(Set(effects.closed.keys) == [1, 2])
    }

    @Test(arguments: [PacketType.proposal, .commit, .leaderInfo, .upToDate, .diff])
    func aLearnerThatSpeaksLikeALeaderIsClosed(type: PacketType) {
        var bench = serving()
        bench.put(.packet(QuorumPacket(type, zxid: .zero), from: 1))
        #expect(bench.take().closed == [1: .notExpected(type)])
        #expect(bench.quorum.status == .leading(Self.epoch))
    }

    @Test func malformedDataClosesThatConnectionOnly() {
        var bench = serving()
        bench.put(.accepted(7))
        bench.put(.packet(QuorumPacket(.followerInfo, zxid: .zero, data: [1, 2]), from: 7))
        bench.put(.packet(QuorumPacket(.ping, zxid: .zero, data: [1]), from: 2))
        #expect(bench.take().closed == [7: .notExpected(.followerInfo), 2: .notExpected(.ping)])
    }
}
