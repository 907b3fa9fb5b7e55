import Jute
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// A follower's side of Zab (reference 8.3 to 8.13); the sections are the reference's, the phases the paper's.
@Suite struct LearnerTests {
    private static let epoch = Epoch(rawValue: 3)
    private static let start = ZXID(epoch: epoch, counter: 0)
    private static let base = ZXID(rawValue: 0x2_0000_0005)

    private func connected(diskIsQuick: Bool = true) -> Bench {
        var bench = Bench(
            1,
            recovered: RecoveredState(
                acceptedEpoch: Epoch(rawValue: 2), currentEpoch: Epoch(rawValue: 2), base: Self.base),
            diskIsQuick: diskIsQuick)
        bench.join(3)
        bench.put(.connected(1, to: 3))
        return bench
    }

    private func serving(diskIsQuick: Bool = true) -> Bench {
        var bench = connected()
        bench.put(.packet(.leaderInfo(Self.epoch), from: 1))
        bench.put(.packet(.diff(Self.base), from: 1))
        bench.put(.packet(.newLeader(Self.epoch, ""), from: 1))
        bench.put(.packet(.upToDate, from: 1))
        _ = bench.take()
        bench.diskIsQuick = diskIsQuick
        return bench
    }

    private func proposal(_ counter: UInt32) -> QuorumPacket {
        .proposal(Transaction(zxid: ZXID(epoch: Self.epoch, counter: counter), bytes: [UInt8(counter)]))
    }

    // MARK: Finding the leader

    @Test func aLeaderWhosePortIsNotOpenYetIsTriedAgain() {
        var bench = Bench(1)
        bench.join(3)
        #expect(bench.take().connects == [3])
        bench.put(.connectFailed(to: 3))
        #expect(bench.take().connects.isEmpty)
        bench.wait(10)
        #expect(bench.take().connects == [3])
        bench.put(.connectFailed(to: 3))
        bench.wait(1000)
        #expect(bench.quorum.status == .looking(.leaderUnreachable(3)))
    }

    @Test func aLeaderThatDoesNotKnowItLeadsYetIsTriedAgain() {
        var bench = connected()
        bench.put(.disconnected(1))
        #expect(bench.quorum.status == .joining(3))
        bench.wait(10)
        #expect(bench.take().connects == [3, 3])
        bench.put(.connected(2, to: 3))
        #expect(bench.take().packets(to: 2).map(\.type) == [.followerInfo])
    }

    /// Neither its quorum port nor its election port: it is gone, and patience would only cost time.
    @Test func aLeaderThatNeitherPortAnswersIsGivenUpAtOnce() {
        var bench = Bench(1)
        bench.join(3)
        bench.put(.unreachable(3))
        #expect(bench.quorum.status == .joining(3))
        bench.put(.connectFailed(to: 3))
        #expect(bench.quorum.status == .looking(.leaderUnreachable(3)))
        bench.join(3)
        bench.put(.connectFailed(to: 3))
        #expect(bench.quorum.status == .joining(3))
        bench.put(.unreachable(3))
        #expect(bench.quorum.status == .looking(.leaderUnreachable(3)))
    }

    @Test func aLateConnectionIsClosed() {
        var bench = connected()
        bench.put(.connected(2, to: 3))
        #expect(bench.take().closed[2] == .roleEnded)
        bench.put(.disconnected(1))
        bench.put(.accepted(9))
        #expect(bench.take().closed[9] == .notLeading)
    }

    // MARK: Phase 1: the promise

    @Test func anEpochIsPromisedOnlyOnceTheDiskHasIt() {
        var bench = connected(diskIsQuick: false)
        _ = bench.take()
        bench.put(.packet(.leaderInfo(Self.epoch), from: 1))
        let before = bench.take()
        #expect(before.writes == [.acceptedEpoch(Self.epoch)])
        #expect(before.packets(to: 1).isEmpty)
        bench.sync()
        #expect(bench.take().packets(to: 1) == [.ackEpoch(Self.base, currentEpoch: Epoch(rawValue: 2))])
    }

    /// ZAB 4: a follower promises an epoch to one leader only.
    @Test func anEpochPromisedBeforeIsNotPromisedAgain() {
        var bench = connected()
        bench.put(.packet(.leaderInfo(Self.epoch), from: 1))
        bench.put(.disconnected(1))
        bench.join(2)
        bench.put(.connected(2, to: 2))
        bench.put(.packet(.leaderInfo(Self.epoch), from: 2))
        #expect(bench.take().packets(to: 2).last == .ackEpoch(Self.base, currentEpoch: nil))
    }

    @Test func anOldEpochIsRefused() {
        var bench = connected()
        bench.put(.packet(.leaderInfo(Epoch(rawValue: 1)), from: 1))
        #expect(
            bench.quorum.status == .looking(.epochTooLow(Epoch(rawValue: 1), accepted: Epoch(rawValue: 2))))
        #expect(bench.take().closed[1] == .roleEnded)
    }

    // MARK: Phase 2: the history

    /// ZOOKEEPER-4643, 4785: history, then currentEpoch, then the ACK.
    @Test func newLeaderIsAcknowledgedOnceHistoryAndEpochAreOnDisk() {
        var bench = connected()
        bench.put(.packet(.leaderInfo(Self.epoch), from: 1))
        bench.diskIsQuick = false
        _ = bench.take()
        bench.put(.packet(.diff(Self.base), from: 1))
        let missed = Transaction(zxid: Self.base.next, bytes: [7])
        bench.put(.packet(.proposal(missed), from: 1))
        bench.put(.packet(.commit(missed.zxid), from: 1))
        bench.put(.packet(.newLeader(Self.epoch, ""), from: 1))
        let before = bench.take()
        #expect(before.writes == [.append(missed), .currentEpoch(Self.epoch)])
        #expect(before.packets(to: 1).isEmpty)
        #expect(before.applied == [missed.zxid])
        bench.put(.durable(WriteTicket(rawValue: bench.lastWrite.rawValue - 1)))
        #expect(bench.take().packets(to: 1).isEmpty)
        bench.sync()
        #expect(bench.take().packets(to: 1) == [.ack(Self.start)])
    }

    @Test func truncCutsTheLogAndLoadsTheTreeAnew() {
        var bench = connected()
        bench.put(.packet(.leaderInfo(Self.epoch), from: 1))
        _ = bench.take()
        let last = ZXID(rawValue: 0x2_0000_0003)
        bench.put(.packet(.truncate(last), from: 1))
        let effects = bench.take()
        #expect(effects.writes == [.truncate(to: last)])
        #expect(effects.contains { if case .reload(upTo: last) = $0 { true } else { false } })
        #expect(bench.quorum.lastLogged == last)
    }

    @Test func aSnapshotReplacesEverythingOnceItIsWhole() {
        var bench = connected()
        bench.put(.packet(.leaderInfo(Self.epoch), from: 1))
        _ = bench.take()
        let zxid = ZXID(rawValue: 0x2_0000_0009)
        bench.put(.packet(QuorumPacket(.snap, zxid: zxid), from: 1))
        #expect(bench.take().isEmpty)
        bench.put(.snapshotArrived(on: 1))
        #expect(bench.take().writes == [.snapshot(from: 1, at: zxid)])
        #expect(bench.quorum.lastLogged == zxid)
        bench.put(.packet(.proposal(Transaction(zxid: zxid.next, bytes: [1])), from: 1))
        #expect(bench.quorum.lastLogged == zxid.next)
    }

    @Test func aSnapshotThatBreaksOffChangesNothing() {
        var bench = connected()
        bench.put(.packet(.leaderInfo(Self.epoch), from: 1))
        bench.put(.packet(QuorumPacket(.snap, zxid: ZXID(rawValue: 0x2_0000_0009)), from: 1))
        bench.put(.disconnected(1))
        #expect(bench.quorum.lastLogged == Self.base)
        #expect(bench.quorum.status == .looking(.connectionLost(3)))
    }

    /// Proposals that were outstanding at the leader while we synchronised still need our ACK, behind NEWLEADER's.
    @Test func whatIsUncommittedAtNewLeaderIsAcknowledgedBehindIt() {
        var bench = connected()
        bench.put(.packet(.leaderInfo(Self.epoch), from: 1))
        bench.put(.packet(.diff(Self.base), from: 1))
        bench.put(.packet(proposal(1), from: 1))
        bench.put(.packet(proposal(2), from: 1))
        bench.put(.packet(.commit(ZXID(epoch: Self.epoch, counter: 1)), from: 1))
        _ = bench.take()
        bench.put(.packet(.newLeader(Self.epoch, ""), from: 1))
        #expect(
            bench.take().packets(to: 1) == [.ack(Self.start), .ack(ZXID(epoch: Self.epoch, counter: 2))])
    }

    /// 8.7: an Apache leader would take the answer for the ACK of NEWLEADER.
    @Test func pingsAreNotAnsweredBeforeUpToDate() {
        var bench = connected()
        bench.put(.packet(.leaderInfo(Self.epoch), from: 1))
        bench.put(.packet(.diff(Self.base), from: 1))
        bench.put(.packet(.newLeader(Self.epoch, ""), from: 1))
        _ = bench.take()
        bench.put(.packet(.ping(Self.start), from: 1))
        #expect(bench.take().isEmpty)
        bench.put(.packet(.upToDate, from: 1))
        let effects = bench.take()
        #expect(effects.packets(to: 1) == [.ack(Self.start)])
        #expect(effects.statuses == [.following(3, Self.epoch)])
        bench.put(.packet(.ping(Self.start), from: 1))
        #expect(bench.take().sent(.ping, to: 1) == [.pong(Self.start, [])])
    }

    // MARK: Phase 3: broadcast

    @Test func proposalsAreAcknowledgedOneByOneOnceTheyAreOnDisk() {
        var bench = serving(diskIsQuick: false)
        bench.put(.packet(proposal(1), from: 1))
        bench.put(.packet(proposal(2), from: 1))
        #expect(bench.take().packets(to: 1).isEmpty)
        bench.put(.durable(WriteTicket(rawValue: bench.lastWrite.rawValue - 1)))
        #expect(bench.take().packets(to: 1) == [.ack(ZXID(epoch: Self.epoch, counter: 1))])
        bench.sync()
        #expect(bench.take().packets(to: 1) == [.ack(ZXID(epoch: Self.epoch, counter: 2))])
    }

    @Test func aCommitMayComeBeforeTheOwnDiskIsDone() {
        var bench = serving(diskIsQuick: false)
        bench.put(.packet(proposal(1), from: 1))
        bench.put(.packet(.commit(ZXID(epoch: Self.epoch, counter: 1)), from: 1))
        #expect(bench.take().applied == [ZXID(epoch: Self.epoch, counter: 1)])
        bench.put(.packet(.commit(ZXID(epoch: Self.epoch, counter: 1)), from: 1))
        #expect(bench.take().applied.isEmpty)
    }

    @Test(arguments: ["gap", "commit out of order", "repetition", "ack"])
    func aLeaderThatBreaksTheOrderIsLeft(how: String) {
        var bench = serving()
        bench.put(.packet(proposal(1), from: 1))
        switch how {
        case "gap": bench.put(.packet(proposal(3), from: 1))
        case "commit out of order":
            bench.put(.packet(proposal(2), from: 1))
            bench.put(.packet(.commit(ZXID(epoch: Self.epoch, counter: 2)), from: 1))
        case "repetition": bench.put(.packet(proposal(1), from: 1))
        default: bench.put(.packet(.ack(Self.start), from: 1))
        }
        guard case .looking(.unexpected(_, from: 3)) = bench.quorum.status else {
            Issue.record("\(bench.quorum.status)")
            return
        }
    }

    @Test func packetsOfUnknownTypeAreIgnored() {
        var bench = serving()
        bench.put(.packet(QuorumPacket(PacketType(rawValue: 77), zxid: .zero), from: 1))
        #expect(bench.quorum.status == .following(3, Self.epoch))
    }

    /// Whatever is logged counts for the vote, committed or not.
    @Test func whoLosesItsLeaderVotesWithItsWholeLog() {
        var bench = serving()
        bench.put(.packet(proposal(1), from: 1))
        bench.put(.packet(proposal(2), from: 1))
        _ = bench.take()
        bench.put(.disconnected(1))
        let effects = bench.take()
        #expect(effects.applied == [ZXID(epoch: Self.epoch, counter: 1), ZXID(epoch: Self.epoch, counter: 2)])
        let vote = effects.notifications(to: 2).last
        #expect(vote?.zxid == ZXID(epoch: Self.epoch, counter: 2))
        #expect(vote?.peerEpoch == Self.epoch)
    }

    @Test func touchedSessionsGoWithTheNextHeartbeat() {
        var bench = serving()
        bench.put(.touch(SessionID(rawValue: 9), timeout: 4000))
        bench.put(.touch(SessionID(rawValue: 2), timeout: 5000))
        bench.put(.touch(SessionID(rawValue: 9), timeout: 4000))
        bench.put(.packet(.ping(Self.start), from: 1))
        let touches = [
            SessionTimeout(session: SessionID(rawValue: 2), timeout: 5000),
            SessionTimeout(session: SessionID(rawValue: 9), timeout: 4000),
        ]
        #expect(bench.take().sent(.ping, to: 1) == [.pong(Self.start, touches)])
        bench.put(.packet(.ping(Self.start), from: 1))
        #expect(bench.take().sent(.ping, to: 1) == [.pong(Self.start, [])])
    }

    @Test func silenceEndsIt() {
        var bench = serving()
        bench.wait(9999)
        #expect(bench.quorum.status == .following(3, Self.epoch))
        bench.wait(1)
        #expect(bench.quorum.status == .looking(.leaderSilent(3, for: 10_000)))
    }

    /// A crash between log and epoch file (ZOOKEEPER-1653).
    @Test func txnsOfALaterEpochThanTheFileSaysCountAsThatEpoch() {
        let bench = Bench(
            1,
            recovered: RecoveredState(
                acceptedEpoch: Epoch(rawValue: 1), currentEpoch: Epoch(rawValue: 1), base: Self.base))
        #expect(bench.quorum.currentEpoch == Epoch(rawValue: 2))
        #expect(bench.quorum.acceptedEpoch == Epoch(rawValue: 2))
    }
}

extension [Quorum.Effect] {
    var connects: [ServerID] { compactMap { if case .connect(let leader) = $0 { leader } else { nil } } }

    func sent(_ type: PacketType, to connection: LinkID) -> [QuorumPacket] {
        compactMap { if case .send(let packet, connection) = $0, packet.type == type { packet } else { nil } }
    }
}
