import Supervision
import Topology

extension Operator {
    /// How to run the interactive client on the ensemble, or on one of its servers.
    package func shell(_ name: String?, server word: String? = nil) throws -> Launch {
        let ensemble = try store.open(name)
        var connect = ensemble.topology.connectString
        if let word {
            let chosen = try ensemble.selection(nil).resolve([word])
            guard let id = chosen.first, chosen.count == 1, let server = ensemble.topology[id] else {
                throw OperationError(.badUsage, "'\(word)' is not one server", mend: "name a server by its id")
            }
            connect = server.clientAddress
        }
        return Launch(
            executable: try ShellProgram.find(environment: environment), arguments: ["-server", connect],
            environment: environment, workingDirectory: ".")
    }
}
