import Membership
import Testing

@Suite struct EnsembleConfigurationTests {
    /// As a 3.8.0 ensemble had it in /zookeeper/config after an observer was added.
    static let captured = """
        server.1=127.0.0.1:21801:21901:participant;127.0.0.1:21701
        server.2=127.0.0.1:21802:21902:participant;127.0.0.1:21702
        server.3=127.0.0.1:21803:21903:participant;127.0.0.1:21703
        server.4=127.0.0.1:21804:21904:observer;127.0.0.1:21704
        version=100000004
        """

    @Test func readsAndPrintsTheTextServersSend() throws {
        let read = try #require(EnsembleConfiguration(text: Self.captured))
        #expect(read.version == 0x1_0000_0004)
        #expect(read.participants.map(\.id) == [1, 2, 3])
        #expect(read.observers.map(\.id) == [4])
        #expect(read.text == Self.captured)
        #expect(EnsembleConfiguration(servers: read.servers, version: read.version).text == Self.captured)
        #expect(read.dynamicFileText == Self.captured.split(separator: "\n").dropLast().joined(separator: "\n"))
    }

    @Test func theOrderOfTheLinesDoesNotMatter() {
        let reversed = Self.captured.split(separator: "\n").reversed().joined(separator: "\n")
        #expect(EnsembleConfiguration(text: reversed) == EnsembleConfiguration(text: Self.captured))
    }

    @Test(arguments: [
        ("/etc/zoo.cfg.dynamic.100000004", 0x1_0000_0004 as Int64), ("zoo.cfg.dynamic.0", 0),
        ("zoo.cfg.dynamic", 0), ("zoo", 0), ("zoo.cfg.dynamic.", 0), ("zoo.a", 10),
    ])
    func theVersionIsTheEndOfTheName(name: String, version: Int64) {
        #expect(EnsembleConfiguration.version(ofFileNamed: name) == version)
    }

    private static func servers(_ count: Int64) -> [ServerLine] {
        (1...count).map { ServerLine(id: ServerID($0), host: "h\($0)", quorumPort: 2888, electionPort: 3888) }
    }

    /// Both groups that have weight, each by more than half of it: 3 of 5 and 2 of 3. Group 3 has none and is not counted.
    @Test(
        arguments: [
            ([3, 4, 5], true), ([1, 2, 4, 5], false), ([3, 4], false), ([1, 2, 3], false), ([3, 4, 7, 8], false),
        ] as [(ServerSet, Bool)])
    func groupsDecideByWeight(votes: ServerSet, isQuorum: Bool) {
        let config = EnsembleConfiguration(
            servers: Self.servers(8), groups: [1: [1, 2, 3], 2: [4, 5, 6], 3: [7, 8]], weights: [3: 3, 7: 0, 8: 0])
        #expect(config.verifier.isQuorum(votes) == isQuorum)
    }

    @Test(arguments: [
        "server.1=a:1:2\nserver.1=b:1:2", "server.x=a:1:2", "server.-1=a:1:2", "server.1=a:1:1", "server.1=a:0:2",
        "server.1=a:1:2\nversion=xyz", "server.1=a:1:2;1;2",
    ])
    func refuses(text: String) {
        #expect(EnsembleConfiguration(text: text) == nil)
    }

    /// The version changes, and every other line stays as it came.
    @Test func aNewVersionLeavesTheLinesAsTheyAre() throws {
        let came = try #require(EnsembleConfiguration(text: "server.2=b:1:2\nserver.1=a:1:2;2181\nversion=1"))
        let next = came.withVersion(0x1_0000_0000)
        #expect(next.text == "server.2=b:1:2\nserver.1=a:1:2;2181\nversion=100000000")
        #expect(next.version == 0x1_0000_0000 && next.servers == came.servers)
    }

    @Test func hierarchyLinesAreInOrder() {
        let config = EnsembleConfiguration(
            servers: Self.servers(3), groups: [2: [3], 1: [2, 1]], weights: [3: 2, 1: 1])
        #expect(config.hierarchyLines == ["group.1=1:2", "group.2=3", "weight.1=1", "weight.3=2"])
        #expect(EnsembleConfiguration(text: config.text) == config)
    }
}

/// What a reconfig may bring in.
@Suite struct ReconfiguredMembersTests {
    private static let now = """
        server.1=10.0.0.1:2888:3888:participant;10.0.0.1:2181
        server.2=10.0.0.2:2888:3888:participant;10.0.0.2:2181
        server.900=10.0.0.9:2888:3888:observer;0.0.0.0:2181
        """

    @Test(
        arguments: [
            ("server.3=10.0.0.3:2888:3888:participant;10.0.0.3:2181", nil),
            ("server.255=zk_3.example.org:2888:3888:observer;0.0.0.0:2181", nil),
            ("server.3=[2001:db8::3]:2888:3888:participant;[2001:db8::3]:2181", nil),
            ("server.100=0.0.0.0:2888:3888:observer;0.0.0.0:2181", nil),
            ("server.0=10.0.0.3:2888:3888:participant;2181", nil),
            ("server.256=10.0.0.3:2888:3888:participant;2181", "server.256: a server id is from 0 to 255"),
            (
                "server.3=0.0.0.0:2888:3888:participant;2181",
                "server.3: 0.0.0.0 means every interface; the other servers cannot connect to it"
            ),
            (
                "server.3=10.0.0.300:2888:3888:participant;2181",
                "server.3: '10.0.0.300' is neither an address nor a name"
            ),
            ("server.3=-zk:2888:3888:participant;2181", "server.3: '-zk' is neither an address nor a name"),
            (
                "server.3=10.0.0.3:2888:3888:participant;zk$3:2181",
                "server.3: 'zk$3' is neither an address nor a name"
            ),
            (
                "server.3=10.0.0.2:2889:3888:participant;10.0.0.2:2191",
                "server.3: 10.0.0.2:3888 is an address of server 2 already"
            ),
        ] as [(String, String?)])
    func joins(line: String, objection: String?) throws {
        let now = try #require(EnsembleConfiguration(text: Self.now))
        let next = try #require(EnsembleConfiguration(text: Self.now + "\n" + line))
        #expect(now.objection(to: next) == objection)
    }

    @Test func withExtendedTypesAnIDIsSmaller() throws {
        let now = try #require(EnsembleConfiguration(text: Self.now))
        let new = ServerLine(id: 255, host: "10.0.0.3", quorumPort: 2888, electionPort: 3888)
        let next = EnsembleConfiguration(servers: now.servers + [new])
        #expect(now.objection(to: next, largestID: 254) == "server.255: a server id is from 0 to 254")
        #expect(now.objection(to: next) == nil)
    }
}
