import Diagnostics
import ServerConfig
import TestSupport
import Testing
import YAML

@testable import Topology

@Suite struct PortPlanTests {
    /// Seeded: whatever is planned without an error never gives one port of one machine to two.
    @Test(arguments: 1...60)
    func aPlanWithoutAnErrorHasNoConflict(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let hosts = ["127.0.0.1", "127.0.0.2", "localhost", "10.0.0.1", "zoo.example.com", "ZOO.example.com", "::1"]
        let count = Int.random(in: 1...9, using: &random)
        var text = "ensemble: demo\nports: {offset: \(Int.random(in: 1...3, using: &random))"
        for kind in PortKind.allCases where Bool.random(using: &random) {
            text += ", \(kind.rawValue): \(Int.random(in: 2000...2030, using: &random))"
        }
        text += "}\nservers:\n"
        for id in 1...count {
            text += "  - {id: \(id), host: '\(hosts.randomElement(using: &random)!)'"
            if Int.random(in: 0..<5, using: &random) == 0 {
                text += ", ports: {election: \(Int.random(in: 2000...2030, using: &random))}"
            }
            text += "}\n"
        }
        let (_, problems) = Topology.load(text: text)
        let conflicts = problems.contains { $0.rule == .portConflict || $0.rule == .electionPort }
        #expect(conflicts == hasConflict(text), "\(text)")
    }

    /// The same question asked of the resolved servers, without the checks' own tables.
    private func hasConflict(_ text: String) -> Bool {
        var problems = Problems(file: nil)
        guard let root = try? YAML.parse(text: text), let draft = TopologyReader.read(root, into: &problems) else {
            return false
        }
        let resolver = Resolver(draft, previous: Assignments(), freePorts: { _ in [] })
        let sockets = resolver.resolve(into: &problems).servers.flatMap { server in
            PortKind.allCases.map { "\(server.machine) \(server.server.ports[$0])" }
        }
        return Set(sockets).count < sockets.count
    }

    @Test func theLargestEnsembleFits() throws {
        let (loaded, problems) = Topology.load(
            text: """
                ensemble: demo
                ports: {client: 10000, quorum: 11000, election: 12000, admin: 13000}
                participants: 5
                observers: 250

                """)
        #expect(problems == [])
        let topology = try #require(loaded)
        #expect(topology.servers.count == 255)
        #expect(topology[255]?.ports == ServerPorts(client: 10254, quorum: 11254, election: 12254, admin: 13254))
    }
}
