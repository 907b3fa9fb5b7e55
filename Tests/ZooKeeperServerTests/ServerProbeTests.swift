import Testing

@testable import ZooKeeperServer

/// Which answers of a server mean that it lives, and that it is ready.
@Suite struct ServerProbeTests {
    @Test(arguments: [
        ("imok", true), ("ruok is not executed because it is not in the whitelist.\n", true), ("", false),
    ])
    func itLivesWhenItAnswers(_ answer: String, _ lives: Bool) {
        #expect(ServerProbe.live.isYes(answer) == lives)
    }

    @Test(arguments: [
        ("Zookeeper version: 3.8.0\nMode: leader\nNode count: 5\n", true),
        ("Mode: follower\n", true), ("Mode: observer\n", true), ("Mode: standalone\n", true),
        ("Zookeeper version: 3.8.0\nMode: read-only\nNode count: 5\n", false),
        ("This ZooKeeper instance is not currently serving requests\n", false), ("", false), ("Mode: leader", true),
        ("Mode: leaders\n", false),
    ])
    func itIsReadyWithAModeOfItsOwn(_ answer: String, _ isReady: Bool) {
        #expect(ServerProbe.ready.isYes(answer) == isReady)
    }

    @Test func aNoIsExplained() {
        #expect(ServerProbe.ready.complaint("Zookeeper version: 1\nMode: read-only\n") == "it says: Mode: read-only")
        #expect(
            ServerProbe.ready.complaint("This ZooKeeper instance is not currently serving requests\n")
                == "it says: This ZooKeeper instance is not currently serving requests")
        #expect(ServerProbe.live.complaint("") == "it says nothing")
    }

    @Test func whoeverIsNotThereIsNotReady() {
        let error = #expect(throws: ProbeFailure.self) {
            try ServerProbe.live.ask(ServerSettings.Listen(host: "127.0.0.1", port: 1), seconds: 1)
        }
        #expect(error?.description == "cannot connect to 127.0.0.1:1: Connection refused")
    }
}
