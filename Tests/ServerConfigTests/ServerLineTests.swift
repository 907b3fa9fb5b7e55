import Diagnostics
import ServerConfig
import Testing

struct ServerLineTests {
    struct Accepted: CustomTestStringConvertible, Sendable {
        var text: String
        var line: ServerLine
        var modern: String
        var testDescription: String { text }
    }

    static let accepted: [Accepted] = [
        Accepted(
            text: "zk1:2888:3888", line: ServerLine(id: 1, host: "zk1", quorumPort: 2888, electionPort: 3888),
            modern: "server.1=zk1:2888:3888:participant"),
        Accepted(
            text: "10.0.0.1:2888:3888:OBSERVER;2181",
            line: ServerLine(
                id: 1, host: "10.0.0.1", quorumPort: 2888, electionPort: 3888, role: .observer,
                client: .init(host: nil, port: 2181)),
            modern: "server.1=10.0.0.1:2888:3888:observer;0.0.0.0:2181"),
        Accepted(
            text: "[fe80::1]:2888:3888:participant;[::1]:2181",
            line: ServerLine(
                id: 1, host: "fe80::1", quorumPort: 2888, electionPort: 3888,
                client: .init(host: "::1", port: 2181)),
            modern: "server.1=[fe80::1]:2888:3888:participant;[::1]:2181"),
        Accepted(
            text: "a:2888:3888|b:2889:3889;c:2181",
            line: ServerLine(
                id: 1,
                addresses: [
                    .init(host: "a", quorumPort: 2888, electionPort: 3888),
                    .init(host: "b", quorumPort: 2889, electionPort: 3889),
                ], client: .init(host: "c", port: 2181)),
            modern: "server.1=a:2888:3888|b:2889:3889:participant;c:2181"),
        Accepted(
            text: "a:2888:3888:Observer ",
            line: ServerLine(id: 1, host: "a", quorumPort: 2888, electionPort: 3888, role: .observer),
            modern: "server.1=a:2888:3888:observer"),
    ]

    @Test(arguments: accepted) func reads(_ value: Accepted) {
        var problems: [Diagnostic] = []
        let place = SourceLocation(line: 1, column: 1)
        let line = ServerLine.parse(id: 1, PlacedText(value.text, at: place), into: &problems)
        #expect(problems.map { $0.rendered() } == [])
        #expect(line == value.line)
        #expect(line?.text() == value.modern)
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        var text: String
        var column: Int
        var rule: String
        var message: String
        var mend: String
        var id: ServerID = 2
        var testDescription: String { text }
    }

    /// Columns count from the `s` of `server.2=`.
    static let refused: [Refused] = [
        Refused(
            text: "IP2.2888:3888", column: 13, rule: "server-line-dot",
            message: "server.2 has '.' where ':' belongs, before the quorum port 2888",
            mend: "write server.2=IP2:2888:3888"),
        Refused(
            text: "IP2:2888.3888", column: 18, rule: "server-line-dot",
            message: "server.2 has '.' where ':' belongs, before the election port 3888",
            mend: "write server.2=IP2:2888:3888"),
        Refused(
            text: "10.0.0.2.2888:3888:observer;2181", column: 18, rule: "server-line-dot",
            message: "server.2 has '.' where ':' belongs, before the quorum port 2888",
            mend: "write server.2=10.0.0.2:2888:3888:observer;2181"),
        Refused(
            text: "IP3:2888:2888", column: 19, rule: "election-port",
            message: "server.3 has 2888 as its quorum port and as its election port",
            mend: "give it another election port, e.g. server.3=IP3:2888:3888", id: 3),
        Refused(
            text: "10.0.0.2:3888", column: 23, rule: "server-line", message: "server.2 names no election port",
            mend: "write server.2=10.0.0.2:2888:3888"),
        Refused(
            text: "zk2", column: 13, rule: "server-line", message: "server.2 names no quorum port and no election port",
            mend: "write server.2=zk2:2888:3888"),
        Refused(
            text: "zk2:2888:3888:follower", column: 24, rule: "server-role",
            message: "server.2 has the role 'follower', which does not exist", mend: "write participant or observer"),
        Refused(
            text: "zk2:2888:3888:2181", column: 23, rule: "server-line",
            message: "server.2 has ':' where ';' belongs, before the client port 2181",
            mend: "write server.2=zk2:2888:3888;2181"),
        Refused(
            text: "zk2:2888:3888:observer:2181", column: 32, rule: "server-line",
            message: "server.2 has ':' where ';' belongs, before the client port 2181",
            mend: "write server.2=zk2:2888:3888:observer;2181"),
        Refused(
            text: "zk2:2888:3888;2181;2182", column: 29, rule: "server-line",
            message: "server.2 has more than one ';'", mend: "keep one client address after a single ';'"),
        Refused(
            text: "zk2:2888:3888 ", column: 23, rule: "server-line",
            message: "server.2 ends with a blank, which ZooKeeper takes as part of the port and refuses",
            mend: "remove the blank at the end of the line"),
        Refused(
            text: "zk2:2888:70000", column: 19, rule: "server-port",
            message: "the election port of server.2 is 70000, outside 1…65535",
            mend: "write a port from 1 to 65535"),
        Refused(
            text: "zk2:quorum:3888", column: 14, rule: "server-port",
            message: "the quorum port of server.2 is 'quorum', not a number", mend: "write a port from 1 to 65535"),
        Refused(
            text: "2001:db8::7:2888:3888", column: 10, rule: "server-line",
            message: "server.2 has an IPv6 address without brackets",
            mend: "write server.2=[2001:db8::7]:2888:3888"),
        Refused(
            text: "[::1:2888:3888", column: 10, rule: "server-line", message: "server.2 opens '[' and never closes it",
            mend: "write the IPv6 address as [address]"),
    ]

    @Test(arguments: refused) func refuses(_ value: Refused) {
        var problems: [Diagnostic] = []
        let place = SourceLocation(line: 7, column: 10)
        let line = ServerLine.parse(id: value.id, PlacedText(value.text, at: place), file: "zoo.cfg", into: &problems)
        #expect(line == nil)
        for index in problems.indices { problems[index].edit = nil }
        #expect(
            problems == [
                Diagnostic(
                    .error, rule: value.rule, file: "zoo.cfg", at: SourceLocation(line: 7, column: value.column),
                    value.message, mend: value.mend)
            ])
    }

    @Test func printsTheClassicForm() {
        let client = ServerLine.ClientAddress(host: "a", port: 2181)
        let observer = ServerLine(
            id: 9, host: "a", quorumPort: 2888, electionPort: 3888, role: .observer, client: client)
        #expect(observer.text(.classic) == "server.9=a:2888:3888:observer")
        #expect(observer.text(.modern) == "server.9=a:2888:3888:observer;a:2181")
    }
}
