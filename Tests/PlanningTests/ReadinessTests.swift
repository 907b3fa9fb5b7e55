import Testing
import ZooKeeperProtocol

@testable import Planning

@Suite struct ReadinessTests {
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var lacks: [Readiness.Lack]
        var change: @Sendable (inout PaperEnsemble) -> Void
    }

    static let cases: [Case] = [
        Case(description: "ready", lacks: []) { _ in },
        Case(description: "an open port alone", lacks: [Readiness.Lack(1, "has found no leader yet")]) {
            $0.setAnswer(1, .notServing)
        },
        Case(
            description: "an observer that does not answer",
            lacks: [Readiness.Lack(4, "does not answer at 127.0.0.1:2184: connection refused")]
        ) { $0.setAnswer(4, .silent("connection refused")) },
        Case(
            description: "nobody leads",
            lacks: [Readiness.Lack(2, "has found no leader yet"), Readiness.Lack(nil, "no server leads")]
        ) { $0.setAnswer(2, .notServing) },
        Case(description: "a leader that takes no clients", lacks: []) { ensemble in
            ensemble.change(2) { $0.member.servesWhenLeading = false }
            ensemble.setAnswer(2, .notServing)
        },
        Case(
            description: "two that may be the leader nobody sees",
            lacks: [
                Readiness.Lack(2, "has found no leader yet"), Readiness.Lack(3, "has found no leader yet"),
                Readiness.Lack(nil, "no server leads"),
            ]
        ) { ensemble in
            for id in [2, 3] as [ServerID] {
                ensemble.change(id) { $0.member.servesWhenLeading = false }
                ensemble.setAnswer(id, .notServing)
            }
        },
        Case(description: "not in the ensemble", lacks: [Readiness.Lack(3, "is not in the ensemble's configuration")]) {
            $0.reconfigure(without: [3])
        },
        Case(description: "two lead", lacks: [Readiness.Lack(nil, "servers 2 and 3 all say that they lead")]) {
            $0.setRole(3, .leader)
        },
        Case(
            description: "the leader misses a follower",
            lacks: [Readiness.Lack(nil, "the leader, server 2, counts 1 of 2 other participants as synced")]
        ) { ensemble in
            ensemble.change(2) {
                guard case .serving(var serving) = $0.answer else { return }
                serving.syncedFollowers = 1
                $0.answer = .serving(serving)
            }
        },
        Case(description: "mntr is not allowed", lacks: []) { ensemble in
            ensemble.change(2) {
                guard case .serving(var serving) = $0.answer else { return }
                serving.syncedFollowers = nil
                $0.answer = .serving(serving)
            }
        },
        Case(
            description: "an observer is behind",
            lacks: [Readiness.Lack(4, "has zxid 0x100000003, the leader has 0x100000005")]
        ) { $0.setZXID(4, 0x1_0000_0003) },
        Case(description: "a new epoch before its first txn", lacks: []) { $0.setZXID(2, 0x2_0000_0000) },
        Case(
            description: "serving reads only",
            lacks: [Readiness.Lack(3, "serves reads only, for want of a leader")]
        ) { $0.setRole(3, .looking) },
        Case(
            description: "a crash loop",
            lacks: [Readiness.Lack(3, "failed (exit code 2: 5 deaths in 60 s)", isFinal: true)]
        ) { ensemble in
            ensemble.setState(3, .failed)
            ensemble.change(3) {
                $0.process?.lastExit = .code(2)
                $0.process?.lastError = "5 deaths in 60 s"
            }
        },
        Case(
            description: "a death", lacks: [Readiness.Lack(1, "died (killed by SIGKILL (9)) and is started again soon")]
        ) { ensemble in
            ensemble.setState(1, .backingOff)
            ensemble.change(1) { $0.process?.lastExit = .signal(9) }
        },
    ]

    @Test(arguments: cases)
    func lacks(_ example: Case) {
        var ensemble = PaperEnsemble(participants: 3, observers: 1, leader: 2)
        example.change(&ensemble)
        #expect(Readiness(electorate: ensemble.electorate).lacks(ensemble.sweep) == example.lacks)
    }

    @Test func aStandaloneServerIsReadyByItself() {
        let ensemble = PaperEnsemble(participants: 1)
        #expect(Readiness(electorate: ensemble.electorate).lacks(ensemble.sweep) == [])
    }

    @Test func patienceGrowsWithTicks() {
        #expect(Readiness.patience(tickTime: .seconds(2), initLimit: 10, servers: 4) == .seconds(72))
    }
}
