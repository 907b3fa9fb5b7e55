import Diagnostics
import Membership
import Planning
import ServerConfig
import TestSupport
import Testing
import Topology
import ZooKeeperClient
import ZooKeeperProtocol

@testable import Operations

/// What is made of the answers of servers that somebody else started. Tables: no server is asked.
@Suite struct RemoteTests {
    private static func answer(
        _ port: Int, id: Int64? = nil, _ role: RoleWord = .follower, zxid: Int64 = 0x1_0000_0005,
        refused: [String] = [],
        version: String = "3.8.0-abc, built on 2022"
    ) -> RemoteAnswer {
        var serving = ServerObservation.Serving(role: role, zxid: ZXID(rawValue: zxid))
        serving.version = version
        return RemoteAnswer(
            address: ServerAddress(host: "10.0.0.1", port: port), answer: .serving(serving),
            id: id.map { ServerID($0) },
            refused: refused)
    }

    private static func lines(clients: Bool) -> EnsembleConfiguration {
        EnsembleConfiguration(
            servers: (1...3).map { id in
                ServerLine(
                    id: ServerID(Int64(id)), host: "10.0.0.1", quorumPort: 2887 + id, electionPort: 3887 + id,
                    client: clients ? .init(host: nil, port: 2180 + id) : nil)
            })
    }

    @Test func serversAreKnownByTheirWordOrTheirPlace() {
        // By the id that they say.
        let byWord = RemoteEnsemble.identified(
            [Self.answer(9, id: 2), Self.answer(8, id: 1)], [], Self.lines(clients: false))
        #expect(byWord.servers.map(\.0.client) == ["10.0.0.1:8", "10.0.0.1:9", "10.0.0.1:?"])
        #expect(byWord.servers.map { $0.1 == nil } == [false, false, true] && byWord.isComplete)
        // By the client address that the configuration has.
        let byPlace = RemoteEnsemble.identified(
            [Self.answer(2182), Self.answer(2183), Self.answer(2181)], [], Self.lines(clients: true))
        #expect(byPlace.servers.map(\.0.id) == [1, 2, 3] && byPlace.servers.allSatisfy { $0.1 != nil })
        // By nothing: nobody is guessed.
        let unknown = RemoteEnsemble.identified(
            [Self.answer(2182), Self.answer(2181)], [], Self.lines(clients: false))
        #expect(!unknown.isComplete && unknown.unnamed == 1)
        #expect(unknown.servers.map(\.0.name) == ["the server at 10.0.0.1:2182", "the server at 10.0.0.1:2181"])
        // Asked twice by two names, it is one.
        let twice = RemoteEnsemble.identified(
            [Self.answer(1, id: 1), Self.answer(2, id: 1)], [], Self.lines(clients: true))
        #expect(twice.servers.count == 3)
    }

    private func sweep(
        _ answers: [(Int64, RemoteAnswer)], configuration: EnsembleConfiguration? = lines(clients: true)
    ) -> RemoteSweep {
        let servers = answers.map { id, answer in
            ServerObservation(
                member: Member(
                    id: ServerID(id), role: .participant, engine: "apache", clientHost: answer.address.host,
                    clientPort: answer.address.port, directory: ""), process: nil, answer: answer.answer)
        }
        return RemoteSweep(
            sweep: Sweep(supervisor: nil, servers: servers, configuration: configuration),
            answers: Dictionary(uniqueKeysWithValues: answers.map { (ServerID($0.0), $0.1) }), notes: [])
    }

    private func remote(_ written: EnsembleConfiguration? = nil) -> RemoteEnsemble {
        RemoteEnsemble(
            name: "remote", addresses: [ServerAddress(host: "10.0.0.1", port: 2181)], members: [], written: written)
    }

    /// What cannot be known is null, and not what it would be for an ensemble of this machine.
    @Test func whatIsUnknownIsNull() {
        var silent = Self.answer(2183, id: 3)
        silent.answer = .silent("no answer")
        let found = sweep([(1, Self.answer(2181, .leader)), (2, Self.answer(2182)), (3, silent)])
        let status = remote().status(found)
        #expect(status.health == .degraded && status.health.exitCode == 3 && status.leader == 1)
        #expect(status.votes == Votes(have: 2, of: 3))
        #expect(status.problems == ["server 3 does not answer at 10.0.0.1:2183: no answer"])
        #expect(status.servers.map(\.state) == [.running, .running, nil])
        #expect(
            status.servers.allSatisfy {
                $0.restarts == nil && $0.pid == nil && $0.directory == nil && $0.outdated == nil
            })
        #expect(status.servers[0].version == "3.8.0" && status.servers[2].version == nil)

        let nobody = remote().status(
            sweep([(-1, Self.answer(2181, .leader)), (-2, Self.answer(2182))], configuration: nil))
        #expect(nobody.health == .healthy && nobody.votes == nil && nobody.leader == nil)
        let led = remote().status(sweep([(-1, Self.answer(2181, .follower))], configuration: nil))
        #expect(led.health == .degraded, "who follows has a quorum, and its leader is not seen from here")
        #expect(led.problems == ["no server that answers leads: whom the others follow is unknown"])
        var looking = Self.answer(2181)
        looking.answer = .notServing
        #expect(remote().status(sweep([(-1, looking)], configuration: nil)).health == .noQuorum)
        var down = Self.answer(2181)
        down.answer = .silent("no answer")
        #expect(remote().status(sweep([(-1, down)], configuration: nil)).health == .down)
        let alone = remote().status(sweep([(-1, Self.answer(2181, .standalone))], configuration: nil))
        #expect(alone.health == .healthy && alone.votes == Votes(have: 1, of: 1))
    }

    @Test func failuresSayWhereItIsLost() {
        func words(_ reason: FourLetterWordError.Reason) -> String { RemoteAnswer.words(reason) }
        #expect(
            words(.unreachable("Connection refused"))
                == "Connection refused: nothing listens there, or a firewall refuses it")
        #expect(words(.unreachable("no answer within 3.0 seconds")).hasSuffix("cut off, or a firewall drops it"))
        #expect(
            words(.timedOut(.seconds(3))).hasSuffix(
                "takes the connection and says nothing; the process hangs, or is stopped"))
        #expect(words(.unreachable("the name x has no address (…)")) == "cannot connect: the name x has no address (…)")
    }

    @Test func namesOfLoopbackAreTold() {
        func configuration(_ hosts: [String]) -> EnsembleConfiguration {
            EnsembleConfiguration(
                servers: hosts.enumerated().map {
                    ServerLine(id: ServerID(Int64($0 + 1)), host: $1, quorumPort: 2888, electionPort: 3888)
                })
        }
        let names = ["one": ["127.0.1.1"], "two": ["10.0.0.2"], "both": ["127.0.1.1", "10.0.0.3"]]
        func notes(_ hosts: [String]) -> [String] {
            LoopbackNames.notes(configuration(hosts)) { names[$0] ?? [] }.map(\.advice.sentence)
        }
        #expect(notes(["one", "two", "both", "10.0.0.4", "gone"]).count == 1)
        #expect(notes(["one", "two"])[0].hasPrefix("the name one of server 1 means 127.0.1.1 on this machine"))
        // A pseudo-cluster is no trap.
        #expect(notes(["one", "one", "one"]) == [])
    }

    private func check(
        _ found: RemoteSweep, _ written: [RemoteCheck.Written] = []
    ) -> [String] {
        RemoteCheck.problems(found, remote().status(found), written: written).map {
            "\($0.severity.rawValue) \($0.rule.rawValue)"
        }
    }

    @Test func whatRunsIsComparedWithItself() {
        var (one, two) = (Self.answer(2181, id: 1, .leader), Self.answer(2182, id: 2))
        let three = Self.answer(2183, id: 3)
        #expect(check(sweep([(1, one), (2, two), (3, three)])) == [])
        one.configuration = Self.lines(clients: true)
        two.configuration = EnsembleConfiguration(servers: Array(Self.lines(clients: true).servers.prefix(2)))
        #expect(check(sweep([(1, one), (2, two), (3, three)])) == ["error members-differ"])
        let newer = Self.answer(2182, id: 2, version: "3.9.1-abc, built on 2023")
        #expect(
            check(sweep([(1, Self.answer(2181, id: 1, .leader)), (2, newer), (3, three)])) == [
                "warning versions-differ"
            ])
        let lost = check(sweep([(1, Self.answer(2181, id: 1)), (2, Self.answer(2182, id: 2)), (3, three)]))
        #expect(lost.contains("error no-leader"))
    }

    /// What the reference shows of each rule is what is said, with its mend.
    @Test func examplesAreWhatIsSaid() {
        func problems(_ found: RemoteSweep, notes: [RemoteNote] = []) -> [Diagnostic] {
            var found = found
            found.notes += notes
            return RemoteCheck.problems(found, remote().status(found), written: written).map { problem in
                var problem = problem
                problem.message = problem.message.replacing(LocalHost.name, with: "desk")
                return problem
            }
        }
        var written: [RemoteCheck.Written] = []
        var (one, two, three) = (Self.answer(2181, id: 1, .leader), Self.answer(2182, id: 2), Self.answer(2183, id: 3))
        let followers = problems(sweep([(2, two), (3, three)]))
        #expect(WrittenExample.difference(of: .noLeader, from: followers) == nil)

        two.answer = .silent(RemoteAnswer.words(.unreachable("Connection refused")))
        let silent = problems(sweep([(1, one), (2, two), (3, three)]))
        #expect(WrittenExample.difference(of: .unreachable, from: silent) == nil)

        two = Self.answer(2182, id: 2, version: "3.8.4-abc, built on 2024")
        three = Self.answer(2183, id: 3, zxid: 0x1_0000_0001, version: "3.8.4-abc, built on 2024")
        one.refused = ["mntr", "conf"]
        written = [
            RemoteCheck.Written(
                file: "zoo.cfg", id: nil, settings: [],
                configuration: EnsembleConfiguration(
                    servers: (1...3).map {
                        ServerLine(id: ServerID($0), host: "zk\($0)", quorumPort: 2888, electionPort: 3888)
                    }))
        ]
        one.configuration = EnsembleConfiguration(servers: Array(written[0].configuration!.servers.prefix(2)))
        let refusal = RemoteEnsemble.notes(
            [(Member(line: Self.lines(clients: true).servers[0]), one)], 0, isConfigurationKnown: true)
        let names = LoopbackNames.notes(written[0].configuration) { $0 == "zk1" ? ["127.0.1.1"] : [] }
        let mixed = problems(sweep([(1, one), (2, two), (3, three)]), notes: refusal + names)
        #expect(WrittenExample.difference(of: .behind, from: mixed) == nil)
        #expect(WrittenExample.difference(of: .loopbackName, from: mixed) == nil)
        #expect(WrittenExample.difference(of: .wordRefused, from: mixed) == nil)
        #expect(WrittenExample.difference(of: .membersDiffer, from: mixed) == nil)
        #expect(WrittenExample.difference(of: .versionsDiffer, from: mixed) == nil)
        let unknown = problems(
            sweep([(1, one)]), notes: RemoteEnsemble.notes([], 2, isConfigurationKnown: false))
        #expect(WrittenExample.difference(of: .unknown, from: unknown) == nil)
    }

    @Test func driftIsSaidWithItsMend() {
        let members = (1...3).map { id in
            Member(
                id: ServerID(Int64(id)), role: .participant, engine: "bundled", clientHost: "10.0.0.1",
                clientPort: 2180 + id, directory: "")
        }
        let agreed = EnsembleConfiguration(
            servers: Self.lines(clients: false).servers
                + [ServerLine(id: 4, host: "10.0.0.1", quorumPort: 2891, electionPort: 3891)])
        let problems = Drift.between(members, and: agreed).map {
            Diagnostic(.warning, rule: .drift, file: "topology.yaml", $0.advice.seen, mend: $0.advice.mend)
        }
        #expect(WrittenExample.difference(of: .drift, from: problems) == nil)
    }

    @Test func whatRunsIsComparedWithWhatIsWritten() {
        let running = Self.lines(clients: true)
        #expect(RemoteCheck.differences(Self.lines(clients: false), running) == [], "no client address means nothing")
        let fewer = EnsembleConfiguration(servers: Array(running.servers.prefix(2)))
        let differences = RemoteCheck.differences(fewer, running)
        #expect(differences.count == 1 && differences[0].contains("server.3"))
    }
}
