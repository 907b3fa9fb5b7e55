import Diagnostics
import ServerConfig
import Testing

struct QuorumConfigTests {
    /// As a 3.8.0 ensemble had it in /zookeeper/config after an observer was added.
    static let captured = """
        server.1=127.0.0.1:21801:21901:participant;127.0.0.1:21701
        server.2=127.0.0.1:21802:21902:participant;127.0.0.1:21702
        server.3=127.0.0.1:21803:21903:participant;127.0.0.1:21703
        server.4=127.0.0.1:21804:21904:observer;127.0.0.1:21704
        version=100000004
        """

    @Test func readsAndPrintsTheTextServersSend() throws {
        let (config, problems) = QuorumConfig.parse(Self.captured)
        #expect(problems == [])
        let read = try #require(config)
        #expect(read.version == 0x1_0000_0004)
        #expect(read.participants.map(\.id) == [1, 2, 3])
        #expect(read.observers.map(\.id) == [4])
        #expect(read.versionedText == Self.captured)
        #expect(read.text() == Self.captured.split(separator: "\n").dropLast().joined(separator: "\n"))
    }

    @Test func theOrderOfTheLinesDoesNotMatter() {
        let reversed = Self.captured.split(separator: "\n").reversed().joined(separator: "\n")
        #expect(QuorumConfig.parse(reversed).config == QuorumConfig.parse(Self.captured).config)
    }

    @Test func anotherKeyIsAnError() {
        let (config, problems) = QuorumConfig.parse("server.1=a:1:2\ntickTime=2000\nversion=xyz", file: "next")
        #expect(config == nil)
        #expect(
            problems.map { $0.rendered() } == [
                "next:2:1: error: 'tickTime' does not belong in a dynamic configuration: it holds server, group and weight lines only [dynamic-key]\n  mend: move 'tickTime' to zoo.cfg",
                "next:3:9: error: the version 'xyz' is not a hexadecimal number [config-version]",
            ])
    }

    @Test(arguments: [
        ("/etc/zoo.cfg.dynamic.100000004", 0x1_0000_0004 as Int64), ("zoo.cfg.dynamic.0", 0),
        ("zoo.cfg.dynamic", 0), ("zoo", 0), ("zoo.cfg.dynamic.", 0), ("zoo.a", 10),
    ])
    func theVersionIsTheEndOfTheName(name: String, version: Int64) {
        #expect(QuorumConfig.version(ofFileNamed: name) == version)
    }

    private static func servers(_ count: Int64) -> [ServerLine] {
        (1...count).map { ServerLine(id: ServerID($0), host: "h\($0)", quorumPort: 2888, electionPort: 3888) }
    }

    @Test(arguments: [([1], false), ([1, 2], true), ([3, 4], false), ([1, 2, 3], true), ([], false)])
    func aMajorityOfTheParticipantsDecides(votes: [Int64], expected: Bool) {
        var lines = Self.servers(4)
        lines[3].role = .observer
        #expect(QuorumConfig(servers: lines).isQuorum(Set(votes.map { ServerID($0) })) == expected)
    }

    /// Both groups that have weight, each by more than half of it: 3 of 5 and 2 of 3. Group 3 has none and is not counted.
    @Test(arguments: [
        ([3, 4, 5], true), ([1, 2, 4, 5], false), ([3, 4], false), ([1, 2, 3], false), ([3, 4, 7, 8], false),
    ])
    func groupsDecideByWeight(votes: [Int64], expected: Bool) {
        let config = QuorumConfig(
            servers: Self.servers(8), groups: [1: [1, 2, 3], 2: [4, 5, 6], 3: [7, 8]], weights: [3: 3, 7: 0, 8: 0])
        #expect(config.isQuorum(Set(votes.map { ServerID($0) })) == expected)
    }

    @Test func hierarchyLinesAreInOrder() {
        let config = QuorumConfig(
            servers: Self.servers(3), groups: [2: [3], 1: [2, 1]], weights: [3: 2, 1: 1])
        #expect(config.hierarchyLines == ["group.1=1:2", "group.2=3", "weight.1=1", "weight.3=2"])
        #expect(QuorumConfig.parse(config.versionedText).config == config)
    }

    @Test func equalVersionsCountAsEqual() {
        let small = QuorumConfig(servers: Self.servers(3), version: 7)
        #expect(small.isEquivalent(to: QuorumConfig(servers: Self.servers(5), version: 7)))
        #expect(small.isEquivalent(to: QuorumConfig(servers: Self.servers(3), version: 8)))
        #expect(!small.isEquivalent(to: QuorumConfig(servers: Self.servers(5), version: 8)))
    }

    @Test func differencesAreNamed() {
        let one = QuorumConfig(servers: Self.servers(3))
        var lines = Array(Self.servers(4).dropFirst())
        lines[0].role = .observer
        let other = QuorumConfig(servers: lines, groups: [1: [2]])
        #expect(
            one.differences(from: other) == [
                "server.1 is not here but h1:2888:3888:participant",
                "server.2 is h2:2888:3888:observer here and h2:2888:3888:participant",
                "server.4=h4:2888:3888:participant is here only and not",
                "groups and weights are group.1=2 here and none",
            ])
        #expect(one.differences(from: one) == [])
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
            ("server.0=10.0.0.3:2888:3888:participant;2181", "server.0: a server id is from 1 to 255"),
            ("server.256=10.0.0.3:2888:3888:participant;2181", "server.256: a server id is from 1 to 255"),
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
        let now = try #require(QuorumConfig.parse(Self.now).config)
        // Read leniently: what is judged here need not be what the reader already refuses.
        let next = QuorumConfig.read(ZooCfg(text: Self.now + "\n" + line).effectiveEntries)
        guard next.config.server(ServerID(Int64(line.dropFirst(7).prefix { $0 != "=" })!)) != nil else {
            #expect(next.problems.hasErrors && objection != nil)
            return
        }
        #expect(now.objection(to: next.config) == objection)
    }

    @Test func withExtendedTypesAnIDIsSmaller() throws {
        let now = try #require(QuorumConfig.parse(Self.now).config)
        var next = now
        next.servers.append(ServerLine(id: 255, host: "10.0.0.3", quorumPort: 2888, electionPort: 3888))
        #expect(now.objection(to: next, largestID: 254) == "server.255: a server id is from 1 to 254")
        #expect(now.objection(to: next) == nil)
    }
}
