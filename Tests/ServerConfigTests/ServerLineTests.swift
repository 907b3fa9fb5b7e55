import Diagnostics
import Membership
import ServerConfig
import Testing

/// What is said of a `server.N` line that ZooKeeper would refuse.
@Suite struct ServerLineTests {
    struct Refused: CustomTestStringConvertible, Sendable {
        var text: String
        var column: Int
        var rule: Rule
        var message: String
        var mend: String
        var id: ServerID = 2
        var testDescription: String { text }
    }

    /// Columns count from the `s` of `server.2=`.
    static let refused: [Refused] = [
        Refused(
            text: "IP2.2888:3888", column: 13, rule: .serverLineDot,
            message: "server.2 has '.' where ':' belongs, before the quorum port 2888",
            mend: "write server.2=IP2:2888:3888"),
        Refused(
            text: "IP2:2888.3888", column: 18, rule: .serverLineDot,
            message: "server.2 has '.' where ':' belongs, before the election port 3888",
            mend: "write server.2=IP2:2888:3888"),
        Refused(
            text: "10.0.0.2.2888:3888:observer;2181", column: 18, rule: .serverLineDot,
            message: "server.2 has '.' where ':' belongs, before the quorum port 2888",
            mend: "write server.2=10.0.0.2:2888:3888:observer;2181"),
        Refused(
            text: "IP3:2888:2888", column: 19, rule: .electionPort,
            message: "server.3 has 2888 as its quorum port and as its election port",
            mend: "give it another election port, e.g. server.3=IP3:2888:3888", id: 3),
        Refused(
            text: "10.0.0.2:3888", column: 23, rule: .serverLine, message: "server.2 names no election port",
            mend: "write server.2=10.0.0.2:2888:3888"),
        Refused(
            text: "zk2", column: 13, rule: .serverLine, message: "server.2 names no quorum port and no election port",
            mend: "write server.2=zk2:2888:3888"),
        Refused(
            text: "zk2:2888:3888:follower", column: 24, rule: .serverRole,
            message: "server.2 has the role 'follower', which does not exist", mend: "write participant or observer"),
        Refused(
            text: "zk2:2888:3888:2181", column: 23, rule: .serverLine,
            message: "server.2 has ':' where ';' belongs, before the client port 2181",
            mend: "write server.2=zk2:2888:3888;2181"),
        Refused(
            text: "zk2:2888:3888:observer:2181", column: 32, rule: .serverLine,
            message: "server.2 has ':' where ';' belongs, before the client port 2181",
            mend: "write server.2=zk2:2888:3888:observer;2181"),
        Refused(
            text: "zk2:2888:3888;2181;2182", column: 29, rule: .serverLine,
            message: "server.2 has more than one ';'", mend: "keep one client address after a single ';'"),
        Refused(
            text: "zk2:2888:3888 ", column: 23, rule: .serverLine,
            message: "server.2 ends with a blank, which ZooKeeper takes as part of the port and refuses",
            mend: "remove the blank at the end of the line"),
        Refused(
            text: "zk2:2888:70000", column: 19, rule: .serverPort,
            message: "the election port of server.2 is 70000, outside 1…65535",
            mend: "write a port from 1 to 65535"),
        Refused(
            text: "zk2:quorum:3888", column: 14, rule: .serverPort,
            message: "the quorum port of server.2 is 'quorum', not a number", mend: "write a port from 1 to 65535"),
        Refused(
            text: "2001:db8::7:2888:3888", column: 10, rule: .serverLine,
            message: "server.2 has an IPv6 address without brackets",
            mend: "write server.2=[2001:db8::7]:2888:3888"),
        Refused(
            text: "[::1:2888:3888", column: 10, rule: .serverLine, message: "server.2 opens '[' and never closes it",
            mend: "write the IPv6 address as [address]"),
    ]

    @Test(arguments: refused) func refuses(_ value: Refused) {
        let cfg = ZooCfg(text: "server.\(value.id)=\(value.text)")
        let reading = EnsembleConfiguration.read(cfg.effectiveEntries, file: "zoo.cfg")
        #expect(reading.config.servers == [])
        var problems = reading.problems
        for index in problems.indices { problems[index].edit = nil }
        #expect(
            problems == [
                Diagnostic(
                    .error, rule: value.rule, file: "zoo.cfg", at: SourceLocation(line: 1, column: value.column),
                    value.message, mend: value.mend)
            ])
    }
}
