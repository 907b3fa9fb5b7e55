import Membership
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// Servers whose data is known to differ stand for election only if nobody else can.
@Suite struct ReluctanceTests {
    private static func configuration(_ voters: [ServerID], observers: [ServerID] = []) -> EnsembleConfiguration {
        EnsembleConfiguration(voters: voters, observers: observers)
    }

    private static func state(_ zxid: Int64 = 0x1_0000_0005, differs: Bool = false) -> RecoveredState {
        RecoveredState(
            acceptedEpoch: Epoch(rawValue: 1), currentEpoch: Epoch(rawValue: 1), base: ZXID(rawValue: zxid),
            differs: differs)
    }

    /// Lets timers fire for `milliseconds`, in steps as small as an election's.
    private func wait(_ milliseconds: Milliseconds, _ ensemble: inout Ensemble) {
        for _ in 0..<milliseconds / 100 where ensemble.leader == nil { ensemble.wait(100) }
    }

    /// The best of those whose data does not differ leads.
    @Test(
        arguments: [
            ([3], 2), ([2, 3], 1), ([1], 3), ([1, 2], 3), ([], 3),
            // All: somebody has to, and soon.
            ([1, 2, 3], 3),
        ] as [([ServerID], ServerID)])
    func whoLeads(differing: [ServerID], expected: ServerID) {
        var ensemble = Ensemble(
            [1, 2, 3], Self.configuration([1, 2, 3]),
            recovered: Dictionary(
                uniqueKeysWithValues: ([1, 2, 3] as [ServerID]).map {
                    ($0, Self.state(differs: differing.contains($0)))
                }))
        wait(1000, &ensemble)
        if differing.count < 3 {
            #expect(ensemble.leader == expected)
        } else {
            #expect(ensemble.leader != nil)
        }
        for id in [1, 2, 3] as [ServerID] where id != ensemble.leader {
            if case .following = ensemble.status(id) {} else { Issue.record("server \(id): \(ensemble.status(id)!)") }
        }
    }

    /// Whoever alone has the newest txns leads, though its data differs: they may be acknowledged.
    @Test func newestHistoryFirst() {
        var newest = Self.state(differs: true)
        newest.transactions = [Transaction(zxid: newest.base.next, bytes: [1])]
        var ensemble = Ensemble(
            [1, 2, 3], Self.configuration([1, 2, 3]),
            recovered: [1: Self.state(), 2: Self.state(), 3: newest])
        wait(1000, &ensemble)
        #expect(ensemble.leader == 3)
    }

    /// A server that stood because it was alone gives way to the next that comes.
    @Test(arguments: [true, false])
    func givesWay(otherDiffers: Bool) {
        let configuration = Self.configuration([1, 2, 3])
        var ensemble = Ensemble([3], configuration, recovered: [3: Self.state(differs: true)])
        ensemble.wait(200)
        ensemble.wait(6000)
        ensemble.start(1, configuration, Self.state(differs: otherDiffers))
        wait(3000, &ensemble)
        #expect(ensemble.leader != nil)
        if !otherDiffers { #expect(ensemble.leader == 1) }
    }

    /// It follows a leader that is there, and one that was found to differ while it served does not stand the next time.
    @Test func joinsAndLooksAgain() {
        let configuration = Self.configuration([1, 2, 3])
        var ensemble = Ensemble([1, 2], configuration, recovered: [1: Self.state(), 2: Self.state()])
        wait(1000, &ensemble)
        #expect(ensemble.leader == 2)
        ensemble.start(3, configuration, Self.state(differs: true))
        #expect(ensemble.status(3) == .following(2, Epoch(rawValue: 2)))

        ensemble = Ensemble([1, 2, 3], configuration)
        wait(1000, &ensemble)
        #expect(ensemble.leader == 3)
        ensemble.put(.dataDiffers, to: 2)
        ensemble.kill(3, tells: [1, 2])
        wait(2000, &ensemble)
        #expect(ensemble.leader == 1)
    }

    /// Whoever differs, there is a leader as long as a quorum is up.
    ///
    /// Servers with histories of different lengths that start one by one and fail, some of them with data that differs.
    @Test(arguments: 0..<60)
    func always(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func draw(_ range: Range<Int64>) -> Int64 {
            range.lowerBound + Int64(random.next() % UInt64(range.count))
        }
        let ids: [ServerID] = draw(0..<2) == 0 ? [1, 2, 3] : [1, 2, 3, 4, 5]
        let configuration = Self.configuration(ids)
        let base = ZXID(rawValue: 0x1_0000_0005)
        var ensemble = Ensemble([], configuration)
        var (waiting, up) = (ids, [ServerID]())
        while !waiting.isEmpty {
            let id = waiting.remove(at: Int(draw(0..<Int64(waiting.count))))
            var recovered = Self.state(differs: draw(0..<2) == 0)
            recovered.transactions = (0..<draw(0..<3)).map {
                Transaction(zxid: ZXID(rawValue: base.rawValue + $0 + 1), bytes: [1])
            }
            ensemble.start(id, configuration, recovered)
            up.append(id)
            for _ in 0..<draw(0..<4) * draw(0..<20) { ensemble.wait(100) }
        }
        for _ in 0..<2 {
            wait(20_000, &ensemble)
            guard let leader = ensemble.leader else {
                Issue.record("nobody leads: \(up.map { "\($0) \(ensemble.status($0)!)" })")
                return
            }
            let following = up.filter { if case .following = ensemble.status($0) { true } else { $0 == leader } }
            #expect(following.count > ids.count / 2)
            up.removeAll { $0 == leader }
            guard up.count > ids.count / 2 else { return }
            if draw(0..<2) == 0 { ensemble.put(.dataDiffers, to: up[0]) }
            ensemble.kill(leader, tells: up)
        }
    }

    /// It asks in a round that nobody counts, stands when its patience is over, and stands again after a leader's tree.
    @Test func onTheBench() {
        var bench = Bench(3, voters: [1, 2, 3], recovered: Self.state(differs: true))
        func sent() -> [Notification] { bench.take().notifications(to: 1) }
        #expect(sent().map(\.electionEpoch) == [0])
        bench.put(.unreachable(2))
        bench.wait(bench.quorum.options.reluctance - 1)
        #expect(sent().allSatisfy { $0.electionEpoch == 0 && $0.leader == 3 })
        #expect(bench.quorum.nextDeadline <= bench.now + 1)
        bench.wait(1)
        #expect(sent().map(\.electionEpoch) == [1])
        bench.win()
        #expect(bench.quorum.status == .preparingToLead)

        // Another's question is answered and not counted.
        bench = Bench(2, voters: [1, 2, 3], recovered: Self.state())
        _ = bench.take()
        bench.put(
            .notification(
                Notification(
                    state: .looking, leader: 3, zxid: ZXID(rawValue: 0x1_0000_0005), electionEpoch: 0,
                    peerEpoch: Epoch(rawValue: 1), config: nil), from: 3))
        let answers = bench.take().notifications(to: 3)
        #expect(answers.map(\.leader) == [2])
        #expect(answers.map(\.electionEpoch) == [1])
    }
}
