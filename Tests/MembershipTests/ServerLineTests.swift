import Membership
import Testing

@Suite struct ServerLineTests {
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
        let (line, faults) = ServerLine.read(id: 1, value.text)
        #expect(faults == [])
        #expect(line == value.line)
        #expect(line?.text() == value.modern)
    }

    /// ZooKeeper takes these, and few would write them.
    @Test(arguments: ["zk1:2888:3888:", "zk1:2888:3888;", "zk1:02888:3888"]) func takesWhatIsOdd(text: String) {
        let (line, faults) = ServerLine.read(id: 1, text)
        #expect(line == ServerLine(id: 1, host: "zk1", quorumPort: 2888, electionPort: 3888))
        #expect(faults.count == 1 && !faults[0].isFatal)
    }

    @Test(arguments: [
        "", "zk1", "zk1:2888", ":2888:3888", "zk1:2888:2888", "zk1:0:3888", "zk1:2888:65536", "zk1:2888:3888 ",
        "[::1:2888:3888",
        "[::1]2888:3888", "zk1:2888:3888:follower", "zk1:2888:3888:observer:2181", "zk1:2888:3888;2181;2182",
        "zk1:2888:3888;zk1",
        "zk1:2888:3888;zk1:", "zk1:2888:3888;zk1:1:2", "a:1:2:observer|b:1:2:participant", "a:1:2,b:1:2",
    ])
    func refuses(text: String) {
        #expect(ServerLine(id: 1, text) == nil)
    }

    @Test func printsTheClassicForm() {
        let client = ServerLine.ClientAddress(host: "a", port: 2181)
        let observer = ServerLine(
            id: 9, host: "a", quorumPort: 2888, electionPort: 3888, role: .observer, client: client)
        #expect(observer.text(.classic) == "server.9=a:2888:3888:observer")
        #expect(observer.text(.modern) == "server.9=a:2888:3888:observer;a:2181")
    }
}
