import Diagnostics
import Membership

extension TopologyDocument {
    /// Whether the ports are ones that were free on the machine that was asked (`ports: auto`), and not the file's.
    package var takesFreePorts: Bool {
        if case .auto = draft.ports { true } else { false }
    }

    /// The same topology with each server at another host; the ports that follow from its place on its machine are planned anew.
    /// - Parameters:
    ///   - topology: what this document is resolved to. Its ids, roles and engines are kept.
    ///   - host: where a server is to be.
    package func moved(
        _ topology: Topology, to host: (TopologyServer) -> String
    ) -> (topology: Topology?, diagnostics: [Diagnostic]) {
        var moved = self
        moved.draft.hosts = []
        switch draft.servers {
        case nil: break
        case .named(var servers, let isComplete):
            for (index, entry) in servers.value.enumerated() {
                guard let server = topology[entry.id.value] else { continue }
                servers.value[index].host = Placed(host(server), at: entry.id.location)
                servers.value[index].engine = server.engine
            }
            moved.draft.servers = .named(servers, isComplete: isComplete)
        case .shorthand(let participants, _):
            let place = participants.location
            let servers = topology.servers.map { server in
                Draft.Server(
                    location: place, id: Placed(server.id, at: place), host: Placed(host(server), at: place),
                    role: server.role, ports: [:], optionalPorts: [:], engine: server.engine, settings: [])
            }
            moved.draft.servers = .named(Placed(servers, at: place), isComplete: true)
        }
        return moved.resolved()
    }
}
