import Supervision
import Topology

extension Operator {
    /// How to run the interactive client on the ensemble, or on one of its servers. It is that of an Apache distribution, whatever the
    /// servers run on: the one of the topology, else one of this machine.
    package func shell(_ name: String?, server word: String? = nil) throws -> Launch {
        let ensemble = try store.open(name)
        var servers = ensemble.topology.servers
        var connect = ensemble.topology.connectString
        if let word {
            let chosen = try ensemble.selection(nil).resolve([word])
            guard let id = chosen.first, chosen.count == 1, let server = ensemble.topology[id] else {
                throw OperationError(.badUsage, "'\(word)' is not one server", mend: "name a server by its id")
            }
            connect = server.clientAddress
            servers = [server]
        }
        let home = servers.lazy.compactMap { if case .apache(let home?, _) = $0.engine { home } else { nil } }.first
        do throws(EngineError) {
            return try ApacheEngine.find(home: home, environment: environment).shell(connect: connect)
        } catch {
            throw OperationError(
                .unavailable, "the interactive client comes with Apache ZooKeeper, and: \(error)",
                mend: "or connect with a client of your own to \(connect)")
        }
    }
}
