import Glibc
import TestSupport
import Testing
import ZooKeeperClient

struct FourLetterWordsTests {
    @Test func aRealServerAnswers() async throws {
        try await StandaloneServer.with(.apache) { server in
            #expect(try await FourLetterWords.ruok(server.address))
            let statistics = try await FourLetterWords.srvr(server.address)
            #expect(statistics.mode == .standalone)
            #expect(statistics.nodeCount == 5)
            #expect(statistics.version.hasPrefix("3.8"))
            #expect(try await FourLetterWords.isro(server.address) == .readWrite)
            let monitored = try await FourLetterWords.mntr(server.address)
            #expect(monitored["zk_server_state"] == "standalone")
            #expect(monitored.count > 400)
            let configuration = try await FourLetterWords.conf(server.address)
            #expect(configuration.integer("clientPort") == server.port)
            #expect(try await FourLetterWords.send(.envi, to: server.address).hasPrefix("Environment:\n"))
        }
    }

    @Test func aWordOutsideTheWhitelistIsAnErrorThatSaysWhatToDo() async throws {
        try await StandaloneServer.with(.apache, settings: ["4lw.commands.whitelist": "srvr"]) { server in
            let error = await #expect(throws: FourLetterWordError.self) {
                try await FourLetterWords.mntr(server.address)
            }
            #expect(
                error?.description
                    == "mntr to \(server.address): the server refuses the word; add it to 4lw.commands.whitelist in its zoo.cfg"
            )
        }
    }

    @Test func aStoppedServerIsATimeoutAndACancelledQuestionEndsAtOnce() async throws {
        try await StandaloneServer.with(.apache) { server in
            server.signal(SIGSTOP)
            let error = await #expect(throws: FourLetterWordError.self) {
                try await FourLetterWords.srvr(server.address, timeout: .milliseconds(200))
            }
            #expect(error?.reason == .timedOut(.milliseconds(200)))
            let question = Task { try await FourLetterWords.srvr(server.address, timeout: .seconds(600)) }
            question.cancel()
            await #expect(throws: CancellationError.self) { try await question.value }
            server.signal(SIGCONT)
            _ = try await FourLetterWords.srvr(server.address, timeout: .seconds(60))
        }
    }

    @Test func nobodyListeningIsSaidInTheSystemsWords() async throws {
        let address = ServerAddress(host: "127.0.0.1", port: FreePorts.take(1)[0])
        let error = await #expect(throws: FourLetterWordError.self) { try await FourLetterWords.srvr(address) }
        #expect(error?.description == "srvr to \(address): cannot connect: Connection refused")
    }
}
