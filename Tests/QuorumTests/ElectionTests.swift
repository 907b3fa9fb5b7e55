import Jute
import Membership
import Testing
import ZooKeeperProtocol

@testable import Quorum

@Suite struct ElectionTests {
    /// What one captured server heard from its peers, and the different things it said to each of them, in order.
    struct Transcript: CustomTestStringConvertible, Sendable {
        var file: String
        var server: ServerID
        var lastZXID: Int64
        var epoch: Int64
        /// Milliseconds of the capture in which it looked.
        var during: ClosedRange<Double>
        var elects: ServerID

        var testDescription: String { "\(file), server \(server), from \(Int(during.lowerBound)) ms" }
    }

    static let transcripts = [
        Transcript(
            file: "with-zxids", server: 1, lastZXID: 0x1_0000_0007, epoch: 1, during: 7700...11000, elects: 2),
        Transcript(
            file: "with-zxids", server: 2, lastZXID: 0x1_0000_0007, epoch: 1, during: 7700...11000, elects: 2),
        // It had logged what nobody else had, but the others had settled.
        Transcript(
            file: "with-zxids", server: 3, lastZXID: 0x1_0000_000a, epoch: 1, during: 11100...11300, elects: 2),
        Transcript(
            file: "with-zxids", server: 1, lastZXID: 0x2_0000_0004, epoch: 2, during: 16100...18000, elects: 3),
        Transcript(
            file: "with-zxids", server: 2, lastZXID: 0x2_0000_0006, epoch: 2, during: 18080...18250, elects: 3),
    ]

    private struct File: Decodable {
        struct Connection: Decodable {
            var listenerPort: Int
            var messages: [Message]
        }
        struct Message: Decodable {
            var dir: String
            var name: String
            var hex: String
            var t_ms: Double
            var sid: Int64?
        }

        var connections: [Connection]
    }

    /// Every notification of the capture with sender and receiver: diallers say who they are, ports end in the id.
    private func notifications(_ name: String) throws -> [(time: Double, from: ServerID, to: ServerID, Notification)] {
        let file = Captures.load("election/\(name)", as: File.self)
        var all: [(Double, ServerID, ServerID, Notification)] = []
        for connection in file.connections {
            let listener = ServerID(Int64(connection.listenerPort % 100))
            guard let dialler = connection.messages.first?.sid.map({ ServerID($0) }) else { continue }
            for message in connection.messages where message.name == "notification" {
                let notification = try Notification(decoding: Array(bytes(message.hex)[4...]))
                let isDialler = message.dir == "dialer->listener"
                all.append((message.t_ms, isDialler ? dialler : listener, isDialler ? listener : dialler, notification))
            }
        }
        return all.sorted { $0.0 < $1.0 }
    }

    @Test(arguments: transcripts)
    func saysAndElectsWhatAnApacheServerDid(transcript: Transcript) throws {
        let all = try notifications(transcript.file).filter { transcript.during.contains($0.time) }
        var bench = Bench(
            transcript.server,
            recovered: RecoveredState(
                acceptedEpoch: Epoch(rawValue: transcript.epoch), currentEpoch: Epoch(rawValue: transcript.epoch),
                base: ZXID(rawValue: transcript.lastZXID)))
        for heard in all where heard.to == transcript.server {
            bench.now = 1000 + Int64(heard.time - transcript.during.lowerBound)
            bench.put(.notification(heard.3, from: heard.from))
        }
        bench.wait(300)
        let effects = bench.take()
        #expect(all.contains { $0.from == transcript.server })
        for peer in [1, 2, 3] as [ServerID] where peer != transcript.server {
            let theirs = different(all.filter { $0.from == transcript.server && $0.to == peer }.map(\.3))
            let ours = different(effects.notifications(to: peer))
            // Connections came up one after the other there, so a peer may have missed the first votes; what it
            // heard it heard in this order.
            #expect(theirs.allSatisfy(ours.contains), "to \(peer): \(theirs) in \(ours)")
        }
        switch bench.quorum.status {
        case .joining(let leader): #expect(leader == transcript.elects)
        case .preparingToLead: #expect(transcript.server == transcript.elects)
        default: Issue.record("still \(bench.quorum.status)")
        }
    }

    /// Repetitions and the configuration left out.
    private func different(_ notifications: [Notification]) -> [String] {
        var list: [String] = []
        for one in notifications {
            let text = "\(one.state) \(one.leader) \(one.zxid) round \(one.electionEpoch) epoch \(one.peerEpoch)"
            if !list.contains(text) { list.append(text) }
        }
        return list
    }

    // MARK: The end of an election

    @Test func nobodyWaitsOnceEveryVoterHasVotedTheSame() {
        var bench = Bench(1)
        bench.put(.notification(looking(for: 3), from: 3))
        #expect(bench.quorum.status == .looking(.started))
        bench.put(.notification(looking(for: 3), from: 2))
        #expect(bench.quorum.status == .joining(3))
    }

    @Test func aQuorumWaitsForTheRestUnlessItCannotBeReached() {
        var waiting = Bench(1)
        waiting.put(.notification(looking(for: 2), from: 2))
        #expect(waiting.quorum.status == .looking(.started))
        #expect(waiting.quorum.nextDeadline == waiting.now + 200)
        waiting.wait(199)
        #expect(waiting.quorum.status == .looking(.started))
        waiting.wait(1)
        #expect(waiting.quorum.status == .joining(2))

        var knowing = Bench(1)
        knowing.put(.unreachable(3))
        knowing.put(.notification(looking(for: 2), from: 2))
        #expect(knowing.quorum.status == .joining(2))
    }

    /// After a leader's death: the other follower began to look a moment later, and our vote found it still following.
    @Test func whoVotesForLessInTheSameRoundIsToldAtOnce() {
        var bench = Bench(2)
        _ = bench.take()
        bench.put(.notification(looking(for: 1), from: 1))
        #expect(bench.take().notifications(to: 1).map(\.leader) == [2])
        bench.put(.notification(looking(for: 2), from: 1))
        #expect(bench.take().notifications(to: 1).isEmpty)
    }

    /// At the start of an ensemble: servers 1 and 2 find each other before server 3 has opened its ports.
    @Test func whoWasElectedWithoutALateServerGivesWayToIt() {
        var leader = Bench(2)
        leader.put(.unreachable(3))
        leader.put(.notification(looking(for: 2), from: 1))
        #expect(leader.quorum.status == .preparingToLead)
        leader.put(.notification(looking(for: 3), from: 3))
        #expect(leader.quorum.status == .looking(.betterVote(3, from: 3)))

        var follower = Bench(1)
        follower.put(.unreachable(3))
        follower.put(.notification(looking(for: 2), from: 2))
        #expect(follower.quorum.status == .joining(2))
        follower.put(.notification(looking(for: 2, round: 2), from: 2))
        #expect(follower.quorum.status == .looking(.leaderLooks(2)))

        var hasty = Bench(1)
        hasty.put(.unreachable(3))
        hasty.put(.notification(looking(for: 2), from: 2))
        hasty.put(.notification(looking(for: 3), from: 2))
        #expect(hasty.quorum.status == .looking(.leaderLooks(2)))
    }

    @Test func whoHasAQuorumOfFollowersStays() {
        var leader = Bench(2)
        leader.put(.unreachable(3))
        leader.put(.notification(looking(for: 2), from: 1))
        let follower = LinkID(rawValue: 1)
        leader.put(.accepted(follower))
        leader.put(
            .packet(
                .learnerInfo(LearnerInfo(server: 1, configVersion: 0), observer: false, acceptedEpoch: .zero),
                from: follower))
        leader.put(.notification(looking(for: 3), from: 3))
        #expect(leader.quorum.status == .preparingToLead)
    }

    @Test func aBetterVoteDuringTheWaitIsTaken() {
        var bench = Bench(1)
        bench.put(.notification(looking(for: 2), from: 2))
        bench.wait(100)
        bench.put(.notification(looking(for: 3), from: 3))
        bench.wait(150)
        #expect(bench.quorum.status == .looking(.started))
        #expect(bench.take().notifications(to: 2).last?.leader == 3)
        bench.put(.notification(looking(for: 3), from: 2))
        #expect(bench.quorum.status == .joining(3))
    }

    @Test func anEnsembleOfOneElectsItself() {
        let bench = Bench(1, voters: [1])
        #expect(bench.quorum.status == .leading(Epoch(rawValue: 1)))
    }

    // MARK: Rounds

    @Test func aLaterRoundIsJoinedWithTheBetterOfBothVotes() {
        var bench = Bench(2)
        _ = bench.take()
        bench.put(.notification(looking(for: 1, round: 5), from: 1))
        // Server 1's vote is worse than the own one.
        #expect(bench.take().notifications(to: 3).last == looking(for: 2, round: 5))
        bench.put(.notification(looking(for: 3, round: 9), from: 3))
        #expect(bench.take().notifications(to: 1).last == looking(for: 3, round: 9))
    }

    @Test func whoIsInAnEarlierRoundIsToldOurs() {
        var bench = Bench(2)
        bench.put(.notification(looking(for: 3, round: 4), from: 3))
        _ = bench.take()
        bench.put(.notification(looking(for: 3, round: 1), from: 1))
        #expect(bench.take().notifications(to: 1) == [looking(for: 3, round: 4)])
        #expect(bench.quorum.status == .looking(.started))
    }

    /// It may have begun to look after our vote came.
    @Test func whoVotesWorseInTheSameRoundIsToldOurs() {
        var bench = Bench(2)
        _ = bench.take()
        bench.put(.notification(looking(for: 1, round: 1), from: 1))
        #expect(bench.take().notifications(to: 1) == [looking(for: 2, round: 1)])
        bench.put(.notification(looking(for: 2, round: 1), from: 1))
        #expect(bench.take().notifications(to: 1).isEmpty)
    }

    /// Two servers that each see the other's vote as worse, since each has another list of voters, would answer for
    /// ever.
    @Test func theSameAnswerIsNotGivenAgainAtOnce() {
        var bench = Bench(2)
        _ = bench.take()
        for _ in 0..<10 { bench.put(.notification(looking(for: 1, round: 1), from: 1)) }
        for _ in 0..<10 { bench.put(.notification(looking(for: 9, round: 1), from: 9)) }
        let effects = bench.take()
        #expect(effects.notifications(to: 1).count == 1)
        #expect(effects.notifications(to: 9).count == 1)
        bench.wait(100)
        _ = bench.take()
        bench.put(.notification(looking(for: 9, round: 1), from: 9))
        #expect(bench.take().notifications(to: 9).count == 1)
    }

    @Test func theVoteIsRepeatedAtGrowingIntervals() {
        var options = QuorumOptions()
        options.maxNotificationInterval = 1000
        var bench = Bench(1, options: options)
        var sent: [Milliseconds] = []
        for _ in 0..<400 {
            _ = bench.take()
            bench.wait(10)
            if !bench.take().notifications(to: 2).isEmpty { sent.append(bench.now - 1000) }
        }
        #expect(sent == [200, 600, 1400, 2400, 3400])
    }

    // MARK: Joining those who have settled

    @Test func aSettledQuorumIsJoinedOnlyIfItsLeaderSaysThatItLeads() {
        var bench = Bench(1)
        bench.put(.notification(settled(.following, leader: 3), from: 2))
        #expect(bench.quorum.status == .looking(.started))
        bench.put(.notification(settled(.leading, leader: 3), from: 3))
        #expect(bench.quorum.status == .joining(3))

        // Two who follow a leader that is gone must not draw a third.
        var misled = Bench(1, voters: [1, 2, 3, 4, 5])
        for voter in [2, 3, 4] as [ServerID] { misled.put(.notification(settled(.following, leader: 5), from: voter)) }
        #expect(misled.quorum.status == .looking(.started))
    }

    /// What it said before, while it looked, may have been overtaken by that on its way.
    @Test func whoHasSettledInThisRoundHasVotedAsItSettled() {
        var told = looking(for: 3)
        told.state = .following
        var bench = Bench(1)
        bench.put(.notification(looking(for: 3), from: 3))
        bench.put(.notification(told, from: 2))
        #expect(bench.quorum.status == .joining(3))

        // The leader that they settled on has said nothing.
        var misled = Bench(1, voters: [1, 2, 3, 4, 5])
        misled.put(.notification(looking(for: 5), from: 4))
        told.leader = 5
        for voter in [2, 3, 4] as [ServerID] { misled.put(.notification(told, from: voter)) }
        #expect(misled.quorum.status == .looking(.started))
    }

    @Test func settledServersMayReportOtherRoundsAndZXIDs() {
        var bench = Bench(1)
        var late = settled(.following, leader: 3)
        late.zxid = ZXID(rawValue: 77)
        late.electionEpoch = 3
        bench.put(.notification(late, from: 2))
        bench.put(.notification(settled(.leading, leader: 3), from: 3))
        #expect(bench.quorum.status == .joining(3))
    }

    // MARK: Answers

    @Test func aSettledServerAnswersThoseWhoLookAndNobodyElse() {
        var bench = Bench(1)
        bench.join(3)
        _ = bench.take()
        bench.put(.notification(looking(for: 2, round: 12), from: 2))
        let answer = bench.take().notifications(to: 2)
        #expect(answer.map(\.state) == [.following])
        #expect(answer.map(\.leader) == [3])
        #expect(answer.map(\.electionEpoch) == [7])
        bench.put(.notification(settled(.following, leader: 3), from: 2))
        #expect(bench.take().notifications(to: 2).isEmpty)
    }

    @Test func anObserverLooksWithoutAVoteAndIsAnsweredAndToldTheEnd() {
        let observer = Bench(4, observers: [4])
        #expect(observer.effects.notifications(to: 1).first.map { Vote($0) } == Vote.none)
        var bench = Bench(1, observers: [4])
        bench.put(.notification(observer.effects.notifications(to: 1)[0], from: 4))
        #expect(bench.take().notifications(to: 4) == [looking(for: 1)])
        bench.put(.notification(looking(for: 3), from: 2))
        bench.put(.notification(looking(for: 3), from: 3))
        #expect(bench.take().notifications(to: 4).map(\.state) == [.following])
        #expect(bench.quorum.status == .joining(3))
    }

    /// Ports are open before a server is started: what comes in between is not lost, and nothing is answered to it.
    @Test func whatIsSaidBeforeTheStartIsHeardThen() {
        var quorum = Quorum(id: 1, configuration: EnsembleConfiguration(voters: [1, 2, 3], observers: [4]))
        quorum.step(.notification(looking(for: 2), from: 2), now: 1)
        quorum.step(.notification(looking(for: 3), from: 3), now: 1)
        quorum.step(.notification(looking(for: 3), from: 2), now: 2)
        var asking = looking(for: 4, round: 1)
        asking.leader = Vote.none.leader
        quorum.step(.notification(asking, from: 4), now: 2)
        #expect(quorum.nextEffect() == nil)
        quorum.step(.start, now: 3)
        var effects: [Quorum.Effect] = []
        while let effect = quorum.nextEffect() { effects.append(effect) }
        #expect(quorum.status == .joining(3))
        #expect(effects.notifications(to: 4).last?.state == .following)
    }

    @Test func anObserversVoteIsNeverCounted() {
        var bench = Bench(1, voters: [1, 2, 3], observers: [4, 5])
        bench.put(.notification(looking(for: 1), from: 4))
        bench.put(.notification(looking(for: 1), from: 5))
        bench.wait(250)
        #expect(bench.quorum.status == .looking(.started))
    }

    @Test func anObserverJoinsTheLeaderOfTheVoters() {
        var bench = Bench(4, observers: [4])
        bench.put(.notification(settled(.following, leader: 2), from: 1))
        bench.put(.notification(settled(.leading, leader: 2), from: 2))
        #expect(bench.quorum.status == .joining(2))
        bench.put(.connected(1, to: 2))
        #expect(bench.take().packets(to: 1).map(\.type) == [.observerInfo])
    }

    /// 7.5: a voter of weight 0 never wins, but votes.
    @Test func aServerOfWeightZeroIsNotElected() {
        let configuration = EnsembleConfiguration(
            voters: [1, 2, 3, 4, 5], groups: [1: [1, 2, 3], 2: [4, 5]], weights: [4: 0, 5: 0])
        var bench = Bench(1, configuration: configuration)
        _ = bench.take()
        bench.put(.notification(looking(for: 5), from: 5))
        #expect(bench.take().notifications(to: 2).isEmpty)
        bench.put(.notification(looking(for: 3), from: 3))
        #expect(bench.take().notifications(to: 2).map(\.leader) == [3])
    }

    // MARK: Helpers

    private func looking(for leader: ServerID, round: Int64 = 1) -> Notification {
        Notification(
            state: .looking, leader: leader, zxid: .zero, electionEpoch: round, peerEpoch: .zero, config: "")
    }

    private func settled(_ state: ServerState, leader: ServerID) -> Notification {
        Notification(
            state: state, leader: leader, zxid: ZXID(rawValue: 9), electionEpoch: 7, peerEpoch: Epoch(rawValue: 1),
            config: "")
    }
}

extension Vote {
    init(_ notification: Notification) {
        self.init(leader: notification.leader, zxid: notification.zxid, peerEpoch: notification.peerEpoch)
    }
}
