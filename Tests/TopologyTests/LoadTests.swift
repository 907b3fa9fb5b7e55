import Diagnostics
import ServerConfig
import Testing

@testable import Topology

@Suite struct LoadTests {
    @Test func theShorthandNumbersServersAndPlansPorts() throws {
        let (loaded, problems) = Topology.load(text: "ensemble: demo\nparticipants: 3\nobservers: 1\n")
        #expect(problems == [])
        let topology = try #require(loaded)
        #expect(topology.ensemble == "demo")
        #expect(
            topology.serverLines.map { $0.text() } == [
                "server.1=127.0.0.1:2888:3888:participant;127.0.0.1:2181",
                "server.2=127.0.0.1:2889:3889:participant;127.0.0.1:2182",
                "server.3=127.0.0.1:2890:3890:participant;127.0.0.1:2183",
                "server.4=127.0.0.1:2891:3891:observer;127.0.0.1:2184",
            ])
        #expect(topology.connectString == "127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183,127.0.0.1:2184")
    }
}
