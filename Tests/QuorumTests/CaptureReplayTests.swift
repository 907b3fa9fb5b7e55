import Jute
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// Our learner hears what an Apache leader said, and our leader what an Apache learner said; what ours answer must be
/// what the Apache peer answered.
@Suite struct CaptureReplayTests {
    static let streams = [
        "diff-empty-first-quorum", "diff-nothing-missed", "diff-observer", "diff-old-leader-back", "diff-same-epoch",
        "diff-uncommitted-from-dead-leader", "local-session-upgrade", "new-epoch-follower", "new-epoch-observer",
        "observer-snap-inform", "snap-diverged-old-leader", "snap-empty-follower", "snap-empty-observer",
        "snap-late-follower", "trunc-old-leader",
    ]

    @Test(arguments: streams)
    func ourLearnerAnswersAnApacheLeaderAsItsOwnDid(name: String) throws {
        let stream = try CapturedStream(name)
        var bench = Bench(
            stream.learner, configuration: stream.configuration,
            recovered: RecoveredState(
                acceptedEpoch: stream.acceptedEpoch, currentEpoch: stream.currentEpoch ?? stream.acceptedEpoch,
                base: stream.lastZXID))
        bench.join(stream.leader)
        bench.put(.connected(1, to: stream.leader))
        var heartbeats = stream.packets(fromLeader: false).filter { $0.type == .ping }[...]
        for message in stream.messages {
            guard let packet = message.packet else {
                bench.put(.snapshotArrived(on: 1))
                continue
            }
            if message.fromLeader {
                if packet.type == .ping, case .following = bench.quorum.status {
                    for touch in heartbeats.popFirst()?.touches ?? [] {
                        bench.put(.touch(touch.session, timeout: touch.timeout))
                    }
                }
                bench.put(.packet(packet, from: 1))
            } else if let request = packet.type == .request ? packet.request : nil {
                bench.put(.request(request))
            } else if packet.type == .revalidate, let question = packet.revalidationRequest {
                bench.put(.revalidate(question.session, timeout: question.timeout))
            }
        }
        let effects = bench.take()
        #expect(!effects.statuses.contains { if case .looking(let why) = $0 { why != .started } else { false } })
        // 3.8 ACKs also what DIFF or SNAP brought and what is committed anyway; later versions do not, nor do we.
        let synced = Set(stream.syncedTxns)
        let expected = stream.packets(fromLeader: false).filter { packet in
            packet.type != .ping && !(packet.type == .ack && synced.contains(packet.zxid))
        }
        let answered = effects.packets(to: 1).filter { !($0.type == .ack && synced.contains($0.zxid)) }
        // ACKs wait for a disk, requests do not: their order among each other is chance. The recording may have ended
        // before the last answers.
        for isAck in [true, false] {
            let ours = answered.filter { ($0.type == .ack) == isAck }
            let theirs = expected.filter { ($0.type == .ack) == isAck }
            #expect(Array(ours.prefix(theirs.count)) == theirs)
        }
        let committed = stream.packets(fromLeader: true).filter { $0.type == .commit || $0.type == .inform }.map(\.zxid)
        #expect(effects.applied == committed)
    }

    /// Without those where Apache's leader gives an empty learner a SNAP of its own empty tree, because it counts the
    /// start of the epoch as a txn; ours has nothing to send and says DIFF.
    @Test(arguments: streams.filter { $0 != "snap-late-follower" && $0 != "observer-snap-inform" })
    func ourLeaderTellsAnApacheLearnerWhatItsOwnDid(name: String) throws {
        let stream = try CapturedStream(name)
        var bench = try established(stream)
        _ = bench.take()
        bench.put(.accepted(2))
        for message in stream.messages {
            guard let packet = message.packet else { continue }
            if message.fromLeader {
                // What was broadcast is proposed again by us; the rest must come by itself.
                let isNew = [.proposal, .inform].contains(packet.type) && !stream.syncedTxns.contains(packet.zxid)
                if isNew {
                    #expect(bench.quorum.nextZXID == packet.zxid)
                    bench.put(.propose(Transaction(zxid: packet.zxid, bytes: packet.data ?? [])))
                    if stream.isObserver { bench.put(.packet(.ack(packet.zxid), from: 1)) }
                }
                if packet.type == .revalidate, let answer = packet.revalidation {
                    bench.put(.revalidated(answer.session, isValid: answer.isValid, for: 2))
                }
            } else {
                bench.put(.packet(packet, from: 2))
            }
        }
        let effects = bench.take()
        let said = effects.packets(to: 2)
        let expected = stream.packets(fromLeader: true).filter { $0.type != .ping }
        let upToDate = try #require(expected.firstIndex { $0.type == .upToDate })
        #expect(said.prefix(upToDate + 1).map(\.summary) == expected.prefix(upToDate + 1).map(\.summary))
        #expect(Array(said.prefix(upToDate + 1)) == Array(expected.prefix(upToDate + 1)))
        for type in [PacketType.proposal, .commit, .inform, .sync, .revalidate] {
            let ours = said.filter { $0.type == type }
            let theirs = expected.filter { $0.type == type }
            #expect(Array(ours.prefix(theirs.count)) == theirs, "\(type)")
        }
        #expect(effects.closed.isEmpty)
    }

    /// A leader of the stream's epoch with the stream's history, established with the help of another voter.
    private func established(_ stream: CapturedStream) throws -> Bench {
        var options = QuorumOptions()
        options.syncFromDisk = false
        let synced = stream.packets(fromLeader: true).filter {
            $0.type == .proposal && stream.syncedTxns.contains($0.zxid)
        }
        let start = try #require(stream.packets(fromLeader: true).first { [.diff, .trunc, .snap].contains($0.type) })
        let before = Epoch(rawValue: stream.epoch.rawValue - 1)
        let older = synced.filter { $0.zxid.epoch < stream.epoch }
        let base = synced.isEmpty ? start.zxid : stream.lastZXID
        var bench = Bench(
            stream.leader, configuration: stream.configuration, options: options,
            recovered: RecoveredState(
                acceptedEpoch: before, currentEpoch: before,
                transactions: older.map { Transaction(zxid: $0.zxid, bytes: $0.data ?? []) },
                base: base.epoch < stream.epoch ? base : .zero))
        bench.win()
        let helper = try #require(bench.quorum.membership.voters.first { $0 != stream.leader && $0 != stream.learner })
        bench.put(.accepted(1))
        bench.put(
            .packet(
                .learnerInfo(LearnerInfo(server: helper, configVersion: 0), observer: false, acceptedEpoch: before),
                from: 1))
        bench.put(
            .packet(
                .ackEpoch(
                    bench.quorum.lastLogged,
                    currentEpoch: before),
                from: 1))
        bench.put(.packet(.ack(ZXID(epoch: stream.epoch, counter: 0)), from: 1))
        #expect(bench.quorum.status == .leading(stream.epoch))
        // What the epoch had committed before the learner came.
        let last = synced.last?.zxid ?? start.zxid
        if last.epoch == stream.epoch {
            var next = ZXID(epoch: stream.epoch, counter: 1)
            while next <= last {
                let known = synced.first { $0.zxid == next }
                bench.put(.propose(Transaction(zxid: next, bytes: known?.data ?? [])))
                bench.put(.packet(.ack(next), from: 1))
                next = next.next
            }
        }
        return bench
    }
}

extension CapturedStream {
    /// Txns the learner was given before NEWLEADER.
    var syncedTxns: [ZXID] {
        packets(fromLeader: true).prefix { $0.type != .newLeader }.filter { $0.type == .proposal }.map(\.zxid)
    }
}

extension QuorumPacket {
    var summary: String { "\(type) \(zxid)" }
}
