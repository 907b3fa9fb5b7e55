import Testing
import ZooKeeperProtocol

@testable import Planning
@testable import Topology

/// Which servers a migration takes up, from what the topology says and what runs.
@Suite struct MigrationPlanTests {
    private struct Server {
        /// What the stored topology says.
        var stored: EngineChoice
        /// What the supervisor was told, nil when it knows no such server.
        var told: String?
        var isOutdated = false
    }

    private static let apache = EngineChoice.apache(home: nil, heap: nil)

    private func steps(to engine: EngineChoice, _ servers: [Server]) -> [MigrationPlan.Step] {
        let ids = servers.indices.map { ServerID(Int64($0 + 1)) }
        let topology = Topology(
            ensemble: "demo",
            servers: zip(ids, servers).map { id, server in
                TopologyServer(
                    id: id, ports: ServerPorts(client: 2181, quorum: 2888, election: 3888, admin: 8080),
                    engine: server.stored)
            })
        let processes = zip(ids, servers).compactMap { id, server -> ServerProcess? in
            guard let told = server.told else { return nil }
            var process = PaperEnsemble.process(id, .running)
            (process.engine, process.outdated) = (told, server.isOutdated)
            return process
        }
        return MigrationPlan.switching(ids, to: engine, topology, processes)
    }

    @Test func thoseOfAnotherEngineAreSwitched() {
        let all = [
            Server(stored: Self.apache, told: "apache"), Server(stored: .bundled, told: "bundled"),
            Server(stored: .apache(home: "/opt/zk", heap: nil), told: "apache"),
        ]
        #expect(
            steps(to: .bundled, all) == [
                .init(id: 1, from: "apache", to: "bundled"), .init(id: 3, from: "apache", to: "bundled"),
            ])
        // A distribution elsewhere is no other engine.
        #expect(steps(to: Self.apache, all) == [.init(id: 2, from: "bundled", to: "apache")])
    }

    @Test func anInterruptedStepIsTakenUpAgain() {
        let interrupted = [
            // The topology was stored, the supervisor not told yet.
            Server(stored: .bundled, told: "apache"),
            // It was told, and the process of before still runs.
            Server(stored: .bundled, told: "bundled", isOutdated: true),
            // Done.
            Server(stored: .bundled, told: "bundled"),
        ]
        #expect(
            steps(to: .bundled, interrupted) == [
                .init(id: 1, from: "apache", to: "bundled"), .init(id: 2, from: "bundled", to: "bundled"),
            ])
    }

    @Test func ofAnEnsembleThatIsDownTheTopologyCounts() {
        let down = [Server(stored: Self.apache), Server(stored: .bundled)]
        #expect(steps(to: .bundled, down).map(\.id) == [1])
    }
}
