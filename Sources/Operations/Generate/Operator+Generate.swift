import Diagnostics
import DurableFiles
import Provisioning
import Topology

extension Operator {
    /// The plan of `generate`: the tree of an ensemble below `directory`, its topology included.
    package func generationPlan(
        _ bytes: [UInt8], file: String, into directory: String
    ) throws -> (plan: Plan, warnings: [Diagnostic]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let layout = EnsembleLayout(root: EnsembleStore.absolute(directory, from: EnsembleStore.workingDirectory()))
        // Not what is true of this host: the files may be for others.
        let (topology, problems) = Topology.load(
            bytes: bytes, file: file, assignments: try layout.storedAssignments(), freePorts: FreePorts.find)
        guard let topology else { throw InvalidTopology(problems, file: file, text: text) }
        return (try Provisioning.plan(topology, layout: layout, topologyText: text), problems)
    }
}
