import Testing
import ZooKeeperClient

/// What `paddock` and `zkcli-tls` say to each other.
@Suite struct WordRelayTests {
    @Test func aRequestArrivesAsItWasMade() throws {
        for request in [
            WordRequest(
                server: ServerAddress(host: "::1", port: 2281), words: [.srvr, .configuration],
                timeout: .milliseconds(1500)),
            WordRequest(
                server: ServerAddress(host: "zk1.example.org", port: 1), words: [.mntr], timeout: .seconds(3),
                properties: [
                    WordRequest.Property("zookeeper.ssl.keyStore.password", "a b\nc", from: "zoo.cfg"),
                    WordRequest.Property("zookeeper.client.secure", "", from: ""),
                ]),
        ] {
            #expect(WordRequest(text: request.text) == request)
        }
        for text in ["", "host", "host\01\01000", "host\0port\01000\0srvr", "host\01\01000\0srvr\0key\0value"] {
            #expect(WordRequest(text: text) == nil, "\(text)")
        }
    }

    @Test func aReplyArrivesAsItWasMade() throws {
        let answers: [(FourLetterWord, WordReply.Answer)] = [
            (.srvr, .text("Zookeeper version: 3.8.0\nsrvr answer 3\n")), (.mntr, .text("")),
            (.conf, .nothing(.notInWhitelist)), (.stat, .nothing(.notServing)), (.ruok, .nothing(.answerTooLong)),
            (.isro, .nothing(.timedOut(.milliseconds(2500)))), (.cons, .nothing(.unreachable("Connection refused"))),
            (.dump, .nothing(.connectionLost("é: broke\n"))), (.envi, .nothing(.unexpectedAnswer("\"HTTP\""))),
        ]
        let bytes = WordReply(answers: answers).bytes
        let reply = try #require(WordReply(bytes: bytes))
        #expect(reply.answers.map(\.word) == answers.map(\.0) && reply.answers.map(\.answer) == answers.map(\.1))
        #expect(reply[.cons] == .nothing(.unreachable("Connection refused")) && reply[.wchs] == nil)
        // What was cut off, or is of another program, is no reply.
        #expect(WordReply(bytes: Array(bytes.dropLast())) == nil)
        for text in ["Connecting to localhost:2181\n", "srvr answer -1\n", "srvr answer 9999999999999999999\n", "srvr"]
        {
            #expect(WordReply(bytes: Array(text.utf8)) == nil, "\(text)")
        }
    }
}
