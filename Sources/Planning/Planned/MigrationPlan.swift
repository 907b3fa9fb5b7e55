import Topology
import ZooKeeperProtocol

/// The plan of a migration: what `--dry-run` prints and the real one begins with.
package struct MigrationPlan: Hashable, Sendable {
    package struct Step: Hashable, Sendable {
        package var id: ServerID
        /// The engine that runs it now, or that it would have been started with.
        package var from: String
        package var to: String

        package var text: String {
            from == to ? "restart server \(id) on \(to)" : "switch server \(id) from \(from) to \(to)"
        }
    }

    package var ensemble: String
    /// In the order in which they would be taken if nobody changed its role.
    package var steps: [Step]
    /// The program that they move to: `apache 3.8.0, /usr/share/zookeeper`.
    package var target = ""

    package init(ensemble: String, steps: [Step]) {
        self.ensemble = ensemble
        self.steps = steps
    }

    /// The servers of `chosen` that are to be switched. One whose topology says `engine` already is among them when
    /// its process is still the one of before: an earlier call was interrupted in between.
    ///
    /// - Parameter isExact: a server of that engine with other options (another home) is switched, too
    package static func switching(
        _ chosen: [ServerID], to engine: EngineChoice, isExact: Bool = false, _ topology: Topology,
        _ processes: [ServerProcess]
    ) -> [Step] {
        chosen.compactMap { id in
            guard let server = topology[id] else { return nil }
            let process = processes.first { $0.id == id }
            let isSwitched =
                (isExact ? server.engine == engine : server.engine.name == engine.name)
                && process?.engine ?? engine.name == engine.name
            if isSwitched, process?.outdated != true { return nil }
            return Step(id: id, from: isSwitched ? engine.name : process?.engine ?? server.engine.name, to: engine.name)
        }
    }
}
