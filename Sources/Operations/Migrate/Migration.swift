import DurableFiles
import Planning
import Provisioning
import Supervision
import Topology
import ZooKeeperProtocol

/// A migration before it begins.
struct Migration: Sendable {
    var ensemble: Ensemble
    var engine: EngineChoice
    var plan: MigrationPlan
    /// Nil when no server runs.
    var running: (control: ControlClient, sweep: Sweep, machine: RollingRestart)?

    func step(_ id: ServerID) -> MigrationPlan.Step { plan.steps.first { $0.id == id }! }

    /// The ensemble when these servers have the new engine.
    func ensemble(switched ids: [ServerID]) -> Ensemble {
        var ensemble = ensemble
        for index in ensemble.topology.servers.indices where ids.contains(ensemble.topology.servers[index].id) {
            ensemble.topology.servers[index].engine = engine
        }
        return ensemble
    }

    /// The topology as it was applied.
    func originalText() throws -> String {
        String(decoding: try DurableFile.read(ensemble.layout.topology), as: UTF8.self)
    }

    /// Stores the topology in which these servers have the new engine, rewritten `from` the text of the topology.
    @discardableResult
    func store(switched ids: [ServerID], from text: String? = nil) throws -> Ensemble {
        let after = ensemble(switched: ids)
        let text = try text ?? originalText()
        try ensemble.keepEngines(text, leaving: ids)
        try DurableFile.write(try after.topology.rewritingEngines(in: text).utf8, to: ensemble.layout.topology)
        try Provisioning.plan(after.topology, layout: after.layout).apply()
        return after
    }
}
