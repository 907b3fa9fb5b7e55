import Diagnostics
import Membership
import TestSupport
import Testing

@testable import Topology

@Suite struct AssignmentsTests {
    private func apply(_ text: String, _ assignments: Assignments, ports: [Int] = []) throws -> Topology {
        let (topology, problems) = Topology.load(
            text: "ensemble: demo\n\(text)\n", assignments: assignments, freePorts: { Array(ports.prefix($0)) })
        #expect(!problems.hasErrors, "\(problems)")
        return try #require(topology)
    }

    @Test func idsStayWithTheirServersAndAreNotUsedAgain() throws {
        var assignments = Assignments()
        let steps: [(text: String, participants: [ServerID], observers: [ServerID])] = [
            ("participants: 3\nobservers: 1", [1, 2, 3], [4]),
            ("participants: 5\nobservers: 1", [1, 2, 3, 5, 6], [4]),
            ("participants: 3\nobservers: 2", [1, 2, 3], [4, 7]),
            ("participants: 5\nobservers: 0", [1, 2, 3, 8, 9], []),
            ("participants: 5\nobservers: 1", [1, 2, 3, 8, 9], [10]),
        ]
        for step in steps {
            let topology = try apply(step.text, assignments)
            #expect(topology.participants.map(\.id) == step.participants)
            #expect(topology.observers.map(\.id) == step.observers)
            assignments = topology.assignments
        }
        #expect(assignments.retired == [4, 5, 6, 7])
    }

    @Test func portsStayWhenAnotherServerLeaves() throws {
        let three = try apply("servers: [{id: 1}, {id: 2}, {id: 3}]", Assignments())
        let without = try apply("servers: [{id: 1}, {id: 3}]", three.assignments)
        #expect(without[3]?.ports == three[3]?.ports)
        // The place in the plan of the server that left is free for the next one.
        let again = try apply("servers: [{id: 1}, {id: 3}, {id: 4}]", without.assignments)
        #expect(again[4]?.ports == three[2]?.ports)
        #expect(again[3]?.ports == three[3]?.ports)
    }

    @Test func theOrderOfTheFileDoesNotMovePorts() throws {
        let first = try apply("servers: [{id: 1}, {id: 2}, {id: 3}]", Assignments())
        let second = try apply("servers: [{id: 3}, {id: 1}, {id: 2}]", first.assignments)
        #expect(second == first)
    }

    @Test func aServerThatMovesGetsAPlaceOnItsNewHost() throws {
        let hosts = "hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}\n"
        let before = try apply(
            hosts + "servers: [{id: 1, host: a}, {id: 2, host: b}, {id: 3, host: c}, {id: 4, host: c, role: observer}]",
            Assignments())
        #expect(before[4]?.ports.client == 2182)
        let after = try apply(
            hosts + "servers: [{id: 1, host: a}, {id: 2, host: b}, {id: 3, host: c}, {id: 4, host: a, role: observer}]",
            before.assignments)
        #expect(after[4]?.ports.client == 2182)
        #expect(after.assignments.members.map(\.machine) == ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1"])
        #expect(after.assignments.members.map(\.slot) == [0, 0, 0, 1])
    }

    @Test func theShorthandTakesOverNamedServers() throws {
        let named = try apply("servers: [{id: 3}, {id: 5}, {id: 8}, {id: 9, role: observer}]", Assignments())
        let counted = try apply("participants: 4\nobservers: 1", named.assignments)
        #expect(counted.participants.map(\.id) == [1, 3, 5, 8])
        #expect(counted.observers.map(\.id) == [9])
    }

    @Test func portsThatWereTakenAreKept() throws {
        let first = try apply("participants: 1\nports: auto", Assignments(), ports: [20001, 20002, 20003, 20004])
        #expect(first[1]?.ports == ServerPorts(client: 20001, quorum: 20002, election: 20003, admin: 20004))
        // The first server is stopped, so its ports look free to whoever searches.
        let more = try apply("participants: 2\nports: auto", first.assignments, ports: Array(20001...20012))
        #expect(more[1]?.ports == first[1]?.ports)
        #expect(more[2]?.ports == ServerPorts(client: 20005, quorum: 20006, election: 20007, admin: 20008))
        // Enough for all: nothing is asked for.
        let same = try apply("participants: 2\nports: auto", more.assignments)
        #expect(same == more)
    }

    @Test func aChosenPortIsNotTakenForAnotherServer() throws {
        let topology = try apply(
            "ports: auto\nservers: [{id: 1}, {id: 2, ports: {client: 20002}}, {id: 3}]", Assignments(),
            ports: Array(20001...20050))
        let ports = topology.servers.flatMap { server in PortKind.allCases.map { server.ports[$0] } }
        #expect(topology[2]?.ports.client == 20002)
        #expect(Set(ports).count == 12)
    }

    @Test func anIdThatComesBackIsAWarning() throws {
        let first = try apply("servers: [{id: 1}, {id: 2}, {id: 3}]", Assignments())
        let second = try apply("servers: [{id: 1}, {id: 3}, {id: 4}]", first.assignments)
        let text = "ensemble: demo\nservers: [{id: 1}, {id: 2}, {id: 3}]\n"
        let (third, problems) = Topology.load(text: text, file: "t.yaml", assignments: second.assignments)
        #expect(
            problems.map { $0.rendered(source: text) } == [
                """
                t.yaml:2:25: warning: the id 2 belonged to a server that left this ensemble [retired-id]
                    servers: [{id: 1}, {id: 2}, {id: 3}]
                                            ^
                  mend: use a new id, e.g. 5, or be sure that its old data may come back
                """
            ])
        #expect(third?.assignments.retired == [4])
    }

    /// Seeded: however often the numbers change, no id changes its role or returns, and no server changes its ports.
    @Test(arguments: 1...20)
    func idsAndPortsAreSticky(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var assignments = Assignments()
        var known: [ServerID: TopologyServer] = [:]
        var gone: Set<ServerID> = []
        for _ in 1...12 {
            let participants = [1, 3, 5, 7].randomElement(using: &random)!
            let observers = participants == 1 ? 0 : Int.random(in: 0...4, using: &random)
            let topology = try apply("participants: \(participants)\nobservers: \(observers)", assignments)
            #expect(topology.participants.count == participants)
            #expect(topology.observers.count == observers)
            for server in topology.servers {
                #expect(!gone.contains(server.id))
                if let before = known[server.id] { #expect(server == before) }
            }
            gone.formUnion(known.keys.filter { topology[$0] == nil })
            known = Dictionary(uniqueKeysWithValues: topology.servers.map { ($0.id, $0) })
            assignments = try Assignments(text: topology.assignments.text)
            #expect(assignments == topology.assignments)
            #expect(Set(assignments.retired) == gone)
        }
    }

    @Test func theTextReadsBack() throws {
        let first = try apply(
            "ports: auto\nservers: [{id: 1}, {id: 2}, {id: 9, host: 127.0.0.1, role: observer}]", Assignments(),
            ports: Array(20001...20012))
        let second = try apply("participants: 1\nsettings: {standaloneEnabled: false}\nobservers: 1", first.assignments)
        #expect(
            second.assignments.text == """
                # ids and ports this ensemble keeps for life
                server 1 participant loopback 0 -
                server 9 observer loopback 2 -
                retired 2

                """)
        #expect(
            first.assignments.text == """
                # ids and ports this ensemble keeps for life
                server 1 participant loopback 0 20001:20002:20003:20004
                server 2 participant loopback 1 20005:20006:20007:20008
                server 9 observer loopback 2 20009:20010:20011:20012

                """)
        #expect(try Assignments(text: first.assignments.text) == first.assignments)
        #expect(try Assignments(text: "") == Assignments())
    }

    @Test(arguments: [
        ("servers 1", "line 1: neither 'server ID ROLE MACHINE SLOT PORTS' nor 'retired ID'"),
        ("server 0 participant loopback 0 -", "line 1: no server id from 1 to 255"),
        (
            "# fine\nserver 1 participant loopback 0",
            "line 2: neither 'server ID ROLE MACHINE SLOT PORTS' nor 'retired ID'"
        ),
        ("server 1 leader loopback 0 -", "line 1: no role 'leader'"),
        ("server 1 observer loopback -1 -", "line 1: no slot '-1'"),
        ("server 1 observer loopback 255 -", "line 1: no slot '255'"),
        ("server 1 observer loopback 0 1:2:3", "line 1: no four ports '1:2:3'"),
        ("server 1 observer loopback 0 1:2:3:65536", "line 1: no four ports '1:2:3:65536'"),
        ("server 1 observer loopback 0 1:2:3:4:x", "line 1: no four ports '1:2:3:4:x'"),
        ("server 1 observer loopback 0 -\nretired 1", "line 2: server 1 is there twice"),
        ("retired 300", "line 1: no server id from 1 to 255"),
        ("retired", "line 1: no server id from 1 to 255"),
    ])
    func aDamagedTextIsRefused(_ text: String, problem: String) {
        #expect {
            try Assignments(text: text)
        } throws: {
            "\($0)" == problem
        }
    }
}
