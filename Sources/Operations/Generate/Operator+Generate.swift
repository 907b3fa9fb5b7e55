import Diagnostics
import DurableFiles
import Planning
import Provisioning
import Topology

/// Where the files of an ensemble will be used, when that is not where they are written. `{ensemble}` and `{id}` in the paths stand for
/// the ensemble's name and the server's id.
package struct PlaceTemplates: Hashable, Sendable {
    /// The ensemble's directory.
    package var prefix: String?
    package var data: String?
    package var dataLog: String?

    package init(prefix: String? = nil, data: String? = nil, dataLog: String? = nil) {
        self.prefix = prefix
        self.data = data
        self.dataLog = dataLog
    }

    /// The layout there.
    /// - Parameter root: the ensemble's directory when no prefix is given.
    package func layout(_ topology: Topology, root: String) throws(OperationError) -> EnsembleLayout {
        func filled(_ template: String?, _ option: String) throws(OperationError) -> String? {
            guard let path = template?.replacing("{ensemble}", with: topology.ensemble) else { return nil }
            guard path.hasPrefix("/") else {
                throw OperationError(
                    .badUsage, "\(option) is \(path), which is no absolute path", mend: "begin it with /")
            }
            return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        }
        let layout = EnsembleLayout(
            root: try filled(prefix, "--prefix") ?? root,
            templates: DirectoryTemplates(
                data: try filled(data, "--data-dir"), dataLog: try filled(dataLog, "--data-log-dir")))
        var owners: [[String]: TopologyServer] = [:]
        for server in topology.servers {
            let place = layout.server(server.id)
            for path in [place.data, place.dataLog].compactMap(\.self) {
                if let other = owners.updateValue(server, forKey: [server.host, path]), other.id != server.id {
                    throw OperationError(
                        .badUsage, "the servers \(other.id) and \(server.id) on \(server.host) would share \(path)",
                        mend: "write {id} in the path, where the server's id is to be")
                }
            }
        }
        return layout
    }
}

extension Operator {
    /// The plan of `generate`: the tree of an ensemble below `directory`, its topology included.
    package func generationPlan(
        _ bytes: [UInt8], file: String, into directory: String, place: PlaceTemplates = PlaceTemplates()
    ) throws -> (plan: Plan, warnings: [Diagnostic]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let layout = EnsembleLayout(root: EnsembleStore.absolute(directory, from: EnsembleStore.workingDirectory()))
        // Not what is true of this host: the files may be for others.
        let (topology, problems) = Topology.load(
            bytes: bytes, file: file, assignments: try layout.storedAssignments(), freePorts: FreePorts.find)
        guard let topology else { throw InvalidTopology(problems, file: file, text: text) }
        let plan = try Provisioning.plan(
            topology, layout: layout, topologyText: text, place: try place.layout(topology, root: layout.root))
        return (plan, problems)
    }
}
