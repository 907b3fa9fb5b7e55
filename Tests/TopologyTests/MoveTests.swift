import Testing

@testable import Topology

/// What a topology says of another place, line by line.
@Suite struct MoveTests {
    private func changes(from old: String, to new: String) throws -> [String] {
        let (before, now) = (Topology.load(text: old), Topology.load(text: new))
        return try #require(now.topology).changes(from: try #require(before.topology), file: "new.yaml")
            .map { "\($0.rule.rawValue): \($0.message)" }
    }

    private static let here = "ensemble: demo\nparticipants: 3\nobservers: 1\nsettings: {tickTime: 2000}\n"

    @Test func nothingChangesWhereNothingDoes() throws {
        #expect(try changes(from: Self.here, to: Self.here) == [])
    }

    @Test func severalHosts() throws {
        let there = """
            ensemble: demo
            engine: bundled
            servers:
              - {id: 1, host: 10.0.0.1}
              - {id: 2, host: 10.0.0.2, settings: {maxCnxns: 9}}
              - {id: 3, host: 10.0.0.3, role: observer}
              - {id: 5, host: 10.0.0.4}
            settings: {tickTime: 1000}
            """
        #expect(
            try changes(from: Self.here, to: there) == [
                "move-line: server.1=127.0.0.1:2888:3888:participant;127.0.0.1:2181 becomes server.1=10.0.0.1:2888:3888:participant;10.0.0.1:2181: another host",
                "move-line: server.2=127.0.0.1:2889:3889:participant;127.0.0.1:2182 becomes server.2=10.0.0.2:2888:3888:participant;10.0.0.2:2181: another host; other ports (client 2182 → 2181, quorum 2889 → 2888, election 3889 → 3888, admin 8081 → 8080)",
                "move-line: server.3=127.0.0.1:2890:3890:participant;127.0.0.1:2183 becomes server.3=10.0.0.3:2888:3888:observer;10.0.0.3:2181: another host; participant becomes observer; other ports (client 2183 → 2181, quorum 2890 → 2888, election 3890 → 3888, admin 8082 → 8080)",
                "move-leaves: server.4=127.0.0.1:2891:3891:observer;127.0.0.1:2184 has no successor: the id 4 goes with the server",
                "move-joins: server.5=10.0.0.4:2888:3888:participant;10.0.0.4:2181 is new: no server had the id 5",
                "move-setting: tickTime was 2000 and is 1000 for servers 1, 2 and 3",
                "move-setting: maxCnxns is 9, and was not set for server 2",
                "move-clients: clients connected to 127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183,127.0.0.1:2184; it is 10.0.0.1:2181,10.0.0.2:2181,10.0.0.3:2181,10.0.0.4:2181 now",
                "move-data: the data of servers 1, 2 and 3 are on another host, and stay there",
            ])
    }

    @Test func oneAloneEnginesAndForms() throws {
        let before = "ensemble: a\nengine: bundled\nparticipants: 1\n"
        let found = try changes(from: before, to: "ensemble: a\nengine: apache\nparticipants: 3\n")
        #expect(found.contains("move-line: zoo.cfg gets server lines: it was one participant alone"))
        #expect(
            found.contains("move-engine: server 1 ran on bundled and will run on apache: both read the same data"))
        #expect(
            try changes(from: Self.here, to: Self.here + "serverLines: classic\n") == [
                "move-line: server lines are written in the classic form"
            ])
    }
}
