import FoundationEssentials
import Testing
import ZooKeeperProtocol

@testable import Planning

@Suite struct EnsembleStatusTests {
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var participants = 3
        var observers = 1
        var leader: ServerID? = 2
        var health: EnsembleStatus.Health
        var problems: [String]
        var have: Int
        var of = 3
        var change: @Sendable (inout PaperEnsemble) -> Void
    }

    static let cases: [Case] = [
        Case(description: "all is well", health: .healthy, problems: [], have: 3) { _ in },
        Case(
            description: "one server alone", participants: 1, observers: 0, leader: nil, health: .healthy, problems: [],
            have: 1
        ) { _ in },
        Case(
            description: "a follower is stopped", health: .degraded, problems: ["server 1 is stopped"], have: 2
        ) { $0.setState(1, .stopped) },
        Case(
            description: "an observer is paused", health: .degraded, problems: ["server 4 is paused"], have: 3
        ) { $0.setState(4, .paused) },
        Case(
            description: "a follower crashed", health: .degraded,
            problems: ["server 3 died (killed by SIGKILL (9)) and is started again soon"], have: 2
        ) { ensemble in
            ensemble.setState(3, .backingOff)
            ensemble.change(3) { $0.process?.lastExit = .signal(9) }
        },
        Case(
            description: "a crash loop", health: .degraded,
            problems: ["server 3 failed (exit code 2: no room on the disk) and is started again in 8 s"], have: 2
        ) { ensemble in
            ensemble.setState(3, .failed)
            ensemble.change(3) {
                $0.process?.lastExit = .code(2)
                $0.process?.lastError = "no room on the disk"
                $0.process?.nextStart = Seconds(.milliseconds(7500))
            }
        },
        Case(
            description: "a follower is behind", health: .degraded, problems: ["server 1 is 3 txns behind the leader"],
            have: 3
        ) { $0.setZXID(1, 0x1_0000_0002) },
        Case(description: "a follower was asked after the leader", health: .healthy, problems: [], have: 3) {
            $0.setZXID(1, 0x1_0000_0007)
        },
        Case(
            description: "an observer missed the new epoch", health: .degraded,
            problems: ["server 4 is behind the leader, in epoch 0 of 1"], have: 3
        ) { $0.setZXID(4, 0x0_0000_0009) },
        Case(description: "an epoch without a txn", health: .healthy, problems: [], have: 3) {
            $0.setZXID(2, 0x2_0000_0000)
        },
        Case(
            description: "a server runs and does not answer", health: .degraded,
            problems: ["server 3 does not answer at 127.0.0.1:2183: no answer within 2 s"], have: 2
        ) { $0.setAnswer(3, .silent("no answer within 2 s")) },
        Case(
            description: "no leader", health: .noQuorum,
            problems: [
                "server 1 has no leader", "server 2 is stopped", "server 3 is stopped", "server 4 has no leader",
            ],
            have: 0
        ) {
            $0.setState(2, .stopped)
            $0.setState(3, .stopped)
            $0.setAnswer(1, .notServing)
            $0.setAnswer(4, .notServing)
        },
        Case(
            description: "one vote", leader: 1, health: .noQuorum,
            problems: ["server 2 is stopped", "server 3 is stopped"], have: 1
        ) {
            $0.setState(2, .stopped)
            $0.setState(3, .stopped)
        },
        Case(
            description: "a follower that should observe", health: .degraded,
            problems: ["server 4 is follower and should be observer"], have: 3
        ) { $0.setRole(4, .follower) },
        Case(
            description: "a leader of the past", health: .degraded,
            problems: ["server 2 believes that it leads, but server 3 does"], have: 3
        ) { ensemble in
            ensemble.setRole(3, .leader)
            ensemble.setZXID(3, 0x2_0000_0000)
        },
        Case(
            description: "nobody watches", health: .degraded,
            problems: ["no supervisor runs: a server that dies stays dead; `paddock up` starts one"], have: 3
        ) { ensemble in
            ensemble.supervisor = nil
            for id in [1, 2, 3, 4] as [ServerID] { ensemble.change(id) { $0.process = nil } }
        },
        Case(
            description: "nothing runs", health: .down, problems: (1...4).map { "server \($0) is stopped" }, have: 0
        ) { ensemble in
            for id in [1, 2, 3, 4] as [ServerID] { ensemble.setState(id, .stopped) }
        },
        Case(
            description: "nothing runs and nobody watches", health: .down,
            problems: (1...4).map { "server \($0) does not answer at 127.0.0.1:\(2180 + $0): connection refused" },
            have: 0
        ) { ensemble in
            ensemble.supervisor = nil
            for id in [1, 2, 3, 4] as [ServerID] {
                ensemble.setState(id, .stopped)
                ensemble.change(id) { $0.process = nil }
            }
        },
        Case(
            description: "one was taken out with reconfig and still runs", health: .degraded,
            problems: [
                "the topology has server 3, the ensemble's configuration (version 100000009) does not: `paddock up` puts it back, "
                    + "or take it out of the topology and `paddock up FILE`"
            ], have: 2, of: 2
        ) { $0.reconfigure(without: [3]) },
        Case(
            description: "one was taken out with reconfig and cannot start any more", health: .degraded,
            problems: [
                "the topology has server 3, the ensemble's configuration (version 100000009) does not: `paddock up` puts it back, "
                    + "or take it out of the topology and `paddock up FILE`"
            ], have: 2, of: 2
        ) { ensemble in
            ensemble.reconfigure(without: [3])
            ensemble.setState(3, .failed)
        },
        Case(
            description: "an observer was made a voter", health: .degraded,
            problems: [
                "server 4 is an observer in the topology and a participant in the ensemble's configuration (version 100000009): "
                    + "`paddock up` makes it as the topology says, or change the topology"
            ], have: 4, of: 4
        ) { ensemble in
            ensemble.reconfigure(without: [4], adding: [PaperEnsemble.line(4, .participant)])
            ensemble.setRole(4, .follower)
        },
        Case(
            description: "another one joined, elsewhere", health: .degraded,
            problems: [
                "the ensemble's configuration (version 100000009) has server 7, the topology does not: add it to the topology and "
                    + "`paddock up FILE`, or take it out with `paddock shell -- reconfig -remove 7`"
            ], have: 3, of: 4
        ) { $0.reconfigure(adding: [PaperEnsemble.line(7, .participant)]) },
        Case(
            description: "a port was changed with reconfig", health: .degraded,
            problems: [
                "server 1 has the client address 127.0.0.1:2181 in the topology and 127.0.0.1:2281 in the ensemble's "
                    + "configuration (version 100000009): change the topology, or move it with `paddock shell -- reconfig -add server.1=…`"
            ], have: 3
        ) { ensemble in
            var line = PaperEnsemble.line(1, .participant)
            line.client?.port = 2281
            ensemble.reconfigure(without: [1], adding: [line])
        },
        Case(
            description: "files of before the topology changed", health: .degraded,
            problems: [
                "the topology has server 3, the running servers' configuration does not: `paddock up` applies the topology, "
                    + "or take it out of the topology and `paddock up FILE`"
            ], have: 2, of: 2
        ) { $0.reconfigure(without: [3], version: 0) },
        Case(
            description: "a certificate has ended", health: .degraded,
            problems: [
                "a TLS certificate of server 1 has ended: put a new one in its place and restart the server"
            ], have: 3
        ) { $0.setCertificate(1, days: -1) },
        Case(description: "a certificate ends soon", health: .healthy, problems: [], have: 3) {
            $0.setCertificate(1, days: 3)
        },
        Case(description: "the ensemble is as the topology says", health: .healthy, problems: [], have: 3) {
            $0.reconfigure()
        },
        Case(
            description: "a tree that differs", health: .degraded,
            problems: [
                "server 3 found two times that its data is not what the leader has: it cannot be trusted, and `paddock reset 3` "
                    + "fetches it anew"
            ], have: 3
        ) { $0.setMismatches(3, 2) },
        Case(
            description: "a leader that differs from all others", health: .degraded,
            problems: [
                "servers 1 and 3 found that their data is not what server 2, which leads, has: it cannot be trusted, and "
                    + "`paddock reset 2` fetches it anew"
            ], have: 3
        ) { ensemble in
            ensemble.setMismatches(1, 2)
            ensemble.setMismatches(3, 1)
        },
        Case(description: "an Apache leader that takes no clients", health: .healthy, problems: [], have: 3) {
            ensemble in
            ensemble.change(2) { $0.member.servesWhenLeading = false }
            ensemble.setAnswer(2, .notServing)
        },
        Case(
            description: "all are starting", health: .noQuorum,
            problems: (1...4).map { "server \($0) does not answer at 127.0.0.1:\(2180 + $0): connection refused" },
            have: 0
        ) { ensemble in
            for id in [1, 2, 3, 4] as [ServerID] { ensemble.setState(id, .starting) }
        },
    ]

    @Test(arguments: cases)
    func health(_ example: Case) {
        var ensemble = PaperEnsemble(
            participants: example.participants, observers: example.observers, leader: example.leader)
        example.change(&ensemble)
        let status = EnsembleStatus(
            ensemble: "demo", connect: "c", electorate: ensemble.electorate, sweep: ensemble.sweep)
        #expect(status.health == example.health)
        #expect(status.problems == example.problems)
        #expect(status.votes?.have == example.have)
        #expect(status.votes?.of == (example.participants == 1 ? 1 : example.of))
        #expect(status.servers.count == example.participants + example.observers)
    }

    @Test func aCertificateThatEndsSoonIsNoFaultYet() {
        var ensemble = PaperEnsemble(participants: 3, observers: 1, leader: 2)
        ensemble.setCertificate(2, days: 1)
        ensemble.setCertificate(3, days: 30)
        let status = EnsembleStatus(
            ensemble: "demo", connect: "c", electorate: ensemble.electorate, sweep: ensemble.sweep)
        #expect(status.health == .healthy)
        #expect(
            status.notes == [
                "a TLS certificate of server 2 ends in 1 day: put a new one in its place and restart the server"
            ])
    }

    /// The supervisor has not asked it yet, and we have.
    @Test func aServerThatAnswersIsNotStarting() {
        var ensemble = PaperEnsemble(participants: 3)
        ensemble.setState(2, .starting)
        ensemble.change(1) { $0.process?.state = .starting }
        let status = EnsembleStatus(
            ensemble: "demo", connect: "c", electorate: ensemble.electorate, sweep: ensemble.sweep)
        #expect(status.servers.map(\.state) == [.running, .starting, .running])
    }

    @Test func exitCodes() {
        #expect([EnsembleStatus.Health.healthy, .degraded, .noQuorum, .down].map(\.exitCode) == [0, 3, 4, 5])
    }

    @Test func everyKeyIsAlwaysThere() throws {
        var ensemble = PaperEnsemble(participants: 1)
        ensemble.setState(1, .stopped)
        ensemble.supervisor = nil
        ensemble.change(1) {
            $0.memory = nil
            $0.member.quorum = nil
            $0.member.election = nil
        }
        let status = EnsembleStatus(
            ensemble: "demo", connect: "127.0.0.1:2181", electorate: ensemble.electorate, sweep: ensemble.sweep)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        #expect(
            String(decoding: try encoder.encode(status), as: UTF8.self) == """
                {
                  "connect" : "127.0.0.1:2181",
                  "ensemble" : "demo",
                  "health" : "down",
                  "leader" : null,
                  "notes" : [

                  ],
                  "problems" : [
                    "server 1 is stopped"
                  ],
                  "servers" : [
                    {
                      "admin" : null,
                      "client" : "127.0.0.1:2181",
                      "connections" : null,
                      "directory" : "/state/demo/server.1",
                      "election" : null,
                      "engine" : "apache",
                      "id" : 1,
                      "lag" : null,
                      "latency" : null,
                      "memory" : null,
                      "outdated" : false,
                      "pid" : null,
                      "quorum" : null,
                      "restarts" : 0,
                      "role" : "unknown",
                      "state" : "stopped",
                      "uptime" : null,
                      "version" : null,
                      "zxid" : null
                    }
                  ],
                  "supervisor" : null,
                  "version" : 1,
                  "votes" : {
                    "have" : 0,
                    "need" : 1,
                    "of" : 1
                  }
                }
                """)
        #expect(try JSONDecoder().decode(EnsembleStatus.self, from: encoder.encode(status)) == status)
    }

    @Test func aRowOfARunningServer() {
        let ensemble = PaperEnsemble(participants: 3, leader: 2)
        let row = EnsembleStatus(
            ensemble: "demo", connect: "c", electorate: ensemble.electorate, sweep: ensemble.sweep
        ).servers[0]
        #expect(row.word == "follower")
        #expect(row.zxid == "0x100000005")
        #expect(row.lag == 0)
        #expect(row.pid == 4101)
    }
}
