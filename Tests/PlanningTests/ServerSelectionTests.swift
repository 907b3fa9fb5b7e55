import Testing
import ZooKeeperProtocol

@testable import Planning

@Suite struct ServerSelectionTests {
    private let selection = ServerSelection(
        ensemble: "demo", servers: [1, 2, 3, 4], observers: [4], leader: 2, followers: [1, 3])

    @Test(
        arguments: [
            (["3"], [3]),
            (["all"], [1, 2, 3, 4]),
            (["leader"], [2]),
            (["followers"], [1, 3]),
            (["observers", "leader"], [2, 4]),
            (["3", "1", "3", "followers"], [1, 3]),
        ] as [([String], [ServerID])])
    func words(_ words: [String], _ ids: [ServerID]) throws {
        #expect(try selection.resolve(words) == ids)
    }

    @Test(arguments: ["9", "0", "01", "server.1", "leaders", ""])
    func anUnknownServerNamesTheOnesThereAre(_ word: String) {
        let error = #expect(throws: OperationError.self) { try selection.resolve(["1", word]) }
        #expect(error?.kind == .badUsage)
        #expect(
            error?.description == """
                demo has no server \(word)
                  mend: its servers are 1, 2, 3 and 4; leader, followers, observers and all work too
                """)
    }

    @Test func nobodyLeadsWhereNothingRuns() {
        let asleep = ServerSelection(ensemble: "demo", servers: [1, 2, 3], observers: [])
        #expect(throws: OperationError.self) { try asleep.resolve(["leader"]) }
        #expect(throws: OperationError.self) { try asleep.resolve(["followers"]) }
        #expect(throws: OperationError.self) { try asleep.resolve(["observers"]) }
        #expect(ServerSelection.needsRoles(["1", "leader"]))
        #expect(!ServerSelection.needsRoles(["1", "observers", "all"]))
    }
}
