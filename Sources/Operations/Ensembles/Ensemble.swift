import Diagnostics
import DurableFiles
import Membership
import Planning
import Provisioning
import ServerConfig
import Supervision
import Topology
import ZooKeeperProtocol

/// An ensemble of the state directory with the topology that was applied last.
package struct Ensemble: Sendable {
    package var topology: Topology
    /// Absolute.
    package var directory: String

    package init(topology: Topology, directory: String) {
        self.topology = topology
        self.directory = directory
    }

    package var name: String { topology.ensemble }
    package var layout: EnsembleLayout { EnsembleLayout(root: directory) }
    package var home: SupervisorHome { SupervisorHome(ensembleDirectory: directory) }

    package var members: [Member] {
        topology.servers.map { server in
            let host = ServerLine.bracketed(server.host)
            return Member(
                id: server.id, role: server.role, engine: server.engine.name, clientHost: server.host,
                clientPort: server.ports.client,
                quorum: topology.isStandalone ? nil : "\(host):\(server.ports.quorum)",
                election: topology.isStandalone ? nil : "\(host):\(server.ports.election)",
                admin: server.setting("admin.enableServer") == "false" ? nil : "\(host):\(server.ports.admin)",
                directory: layout.server(server.id).directory,
                servesWhenLeading: topology.isStandalone || server.setting("leaderServes") != "no")
        }
    }

    package var electorate: QuorumVerifier { topology.configuration.verifier }

    /// Whether a server has data on its disk: txns, or a snapshot of more than the empty tree. What a first start leaves is none.
    package func hasData(_ server: TopologyServer) -> Bool {
        let directories = [layout.server(server.id).data, server.setting("dataLogDir")].compactMap(\.self)
        return directories.contains { directory in
            let names = (try? Directory.names(in: "\(directory)/version-2")) ?? []
            return names.contains { name in
                name.hasPrefix("log.") || (name.hasPrefix("snapshot.") && !name.hasPrefix("snapshot.0"))
            }
        }
    }

    /// Where nobody leads, voters without data must not be started side by side when they are a quorum: they would elect one of them, and
    /// what the others have would be overwritten. Nil when `chosen` are safe to start.
    func riskOfStarting(_ chosen: [ServerID]) -> String? {
        let empty = topology.participants.filter { !hasData($0) }.map(\.id)
        guard empty.count < topology.participants.count, electorate.isQuorum(Set(empty)),
            chosen.contains(where: empty.contains)
        else { return nil }
        return
            "\(Wording.servers(empty)) have no data, and could make the ensemble begin anew without what the others have"
    }

    /// The order in which servers are launched together. The voter whom the others will elect, if all have the same history, comes first: so
    /// each votes for it at once, instead of changing its mind and telling all others with every server that comes.
    func launchOrder(_ ids: [ServerID]) -> [ServerID] {
        guard let first = ids.filter(electorate.voters.contains).max() else { return ids }
        return [first] + ids.filter { $0 != first }
    }

    package var environment: ClientEnvironment {
        ClientEnvironment(ensemble: name, clients: topology.servers.map { ($0.host, $0.ports.client) })
    }

    /// How long the ensemble may take to become ready.
    package var patience: Duration {
        func largest(_ key: String, _ standard: Int) -> Int {
            topology.servers.map { $0.setting(key).flatMap(Int.init) ?? standard }.max() ?? standard
        }
        return Readiness.patience(
            tickTime: .milliseconds(largest("tickTime", 2000)), initLimit: largest("initLimit", 10),
            servers: topology.servers.count)
    }

    func sweeper(_ control: ControlClient?, includesMemory: Bool = false) -> Sweeper {
        Sweeper(members: members, control: control, home: home, includesMemory: includesMemory)
    }

    /// Where the ensemble's members are now, for clients: those of the topology that are not running where it says, and those it does
    /// not have, too.
    func clients(_ sweep: Sweep) -> [Member] { sweep.servers.filter(\.isMember).map(\.member) }

    func selection(_ sweep: Sweep?) -> ServerSelection {
        let followers = sweep?.servers.filter { $0.role == .follower && $0.votes }.map(\.id)
        let observers = sweep?.servers.filter { $0.member.role == .observer && $0.member.isInTopology }.map(\.id)
        return ServerSelection(
            ensemble: name, servers: topology.servers.map(\.id),
            observers: Set(observers ?? topology.observers.map(\.id)),
            leader: sweep?.leader?.id, followers: Set(followers ?? []))
    }
}

extension EnsembleStore {
    /// The ensemble `name`, or the only one there is, as it was applied last.
    package func open(_ name: String?) throws -> Ensemble {
        let name = try choose(name)
        let path = EnsembleLayout(root: root(of: name)).topology
        let text = String(decoding: try DurableFile.read(path), as: UTF8.self)
        let (topology, problems) = Topology.load(text: text, file: path, assignments: try assignments(of: name))
        guard let topology else {
            throw OperationError(
                .badInput, "the stored topology of \(name) cannot be read",
                mend: "put \(path) right, or apply a topology with `paddock up FILE`",
                details: problems.map { $0.rendered() })
        }
        return Ensemble(topology: topology, directory: root(of: name))
    }

    /// What the ensemble keeps for life; empty for one that was never applied.
    package func assignments(of name: String) throws -> Assignments {
        try EnsembleLayout(root: root(of: name)).storedAssignments()
    }
}

extension EnsembleLayout {
    /// What was stored when a topology was last applied here; empty when none was.
    func storedAssignments() throws -> Assignments {
        guard let bytes = try? DurableFile.read(assignments) else { return Assignments() }
        do {
            return try Assignments(text: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw OperationError(.badInput, "\(assignments): \(error)", mend: "put the line right")
        }
    }
}
