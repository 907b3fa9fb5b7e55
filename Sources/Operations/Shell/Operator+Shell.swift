import Planning
import Supervision
import Topology

extension Operator {
    /// How to run the interactive client on the ensemble, or on one of its servers.
    package func shell(_ name: String?, server word: String? = nil) async throws -> Launch {
        let ensemble = try store.open(name)
        let withTLS = ShellProgram.wantsTLS(environment: environment)
        var servers = ensemble.topology.servers
        if let word {
            let needsSweep =
                ServerSelection.needsRoles([word]) || ensemble.members.contains { !$0.servesWhenLeading }
            let sweep = needsSweep ? await ensemble.sweeper(try await controlIfRunning(ensemble.home)).sweep() : nil
            let chosen = try ensemble.selection(sweep).resolve([word])
            guard let id = chosen.first, chosen.count == 1, let server = ensemble.topology[id] else {
                throw OperationError(
                    .badUsage, "'\(word)' is not one server", mend: "name a server by its id, or leader")
            }
            if let refusal = sweep?.refusalOfClients(by: id) {
                throw OperationError(
                    .failed, refusal, mend: "name another server, or none: `paddock shell` finds one that serves")
            }
            servers = [server]
        }
        let addresses = servers.compactMap { withTLS ? $0.secureClientAddress : $0.clientAddress }
        guard !addresses.isEmpty else {
            throw OperationError(
                .badUsage, "CLIENT_JVMFLAGS or JVMFLAGS ask for TLS, and no server has a port for it",
                mend: "give the topology `ports: {secure: 2281}` and the servers' certificates (Docs/server.md)")
        }
        return Launch(
            executable: try ShellProgram.find(environment: environment, withTLS: withTLS),
            arguments: ["-server", addresses.joined(separator: ",")],
            environment: environment, workingDirectory: ".")
    }
}
