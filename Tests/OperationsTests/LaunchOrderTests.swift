import Testing
import Topology
import ZooKeeperProtocol

@testable import Operations

@Suite struct LaunchOrderTests {
    @Test func theVoterWhomTheOthersElectComesFirst() throws {
        let text = "ensemble: demo\nparticipants: 4\nobservers: 2\n"
        let topology = try #require(Topology.load(text: text, file: "demo.yaml").topology)
        let ensemble = Ensemble(topology: topology, directory: "/nowhere")
        #expect(ensemble.launchOrder([1, 2, 3, 4, 5, 6]) == [4, 1, 2, 3, 5, 6])
        #expect(ensemble.launchOrder([1, 3, 6]) == [3, 1, 6])
        #expect(ensemble.launchOrder([5, 6]) == [5, 6])
    }
}
