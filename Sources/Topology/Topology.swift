import Diagnostics
import Membership

/// An ensemble as a user described it, resolved and checked: every server with its id, host, ports and settings.
package struct Topology: Hashable, Sendable {
    /// The name of the ensemble: `[a-z0-9-]+`.
    package var ensemble: String
    /// Ascending by id.
    package var servers: [TopologyServer]
    package var lineStyle: ServerLine.Style
    /// What the ensemble keeps for life; to be stored beside the topology when it is applied.
    package var assignments: Assignments

    package init(
        ensemble: String, servers: [TopologyServer], lineStyle: ServerLine.Style = .modern,
        assignments: Assignments = Assignments()
    ) {
        self.ensemble = ensemble
        self.servers = servers.sorted { $0.id < $1.id }
        self.lineStyle = lineStyle
        self.assignments = assignments
    }

    package var participants: [TopologyServer] { servers.filter { $0.role == .participant } }
    package var observers: [TopologyServer] { servers.filter { $0.role == .observer } }

    package subscript(id: ServerID) -> TopologyServer? { servers.first { $0.id == id } }

    /// One server without a quorum: its zoo.cfg has no server lines. `standaloneEnabled: false` makes a single server a
    /// quorum of one.
    package var isStandalone: Bool {
        servers.count == 1 && servers[0].role == .participant
            && servers[0].setting("standaloneEnabled")?.lowercased() != "false"
    }

    /// The servers are on more than one machine.
    package var isMultiHost: Bool { Set(servers.map { HostAddress.machine($0.host) }).count > 1 }

    /// The `server.N` lines in the order of their ids; none when the server stands alone.
    package var serverLines: [ServerLine] { isStandalone ? [] : servers.map(\.line) }

    /// Who belongs to the ensemble and votes, as its files are to say.
    package var configuration: EnsembleConfiguration {
        let grouped = Dictionary(grouping: participants.filter { $0.group != nil }) { Int64($0.group!) }
        let weights = grouped.isEmpty ? [] : participants.map { ($0.id, Int64($0.weight ?? 1)) }
        return EnsembleConfiguration(
            servers: servers.map(\.line), groups: grouped.mapValues { $0.map(\.id) },
            weights: Dictionary(uniqueKeysWithValues: weights))
    }

    /// Where clients connect: `host:port,host:port`, ascending by id, observers included.
    package var connectString: String {
        servers.map(\.clientAddress).joined(separator: ",")
    }
}

/// One server of a topology, with every default filled in.
package struct TopologyServer: Hashable, Sendable {
    package var id: ServerID
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    package var host = "127.0.0.1"
    package var role = ServerRole.participant
    package var ports: ServerPorts
    package var engine = EngineChoice.standard
    /// Nil: as the engine has it by itself.
    package var logLevel: LogLevel?
    /// zoo.cfg settings: those for all servers, then this server's own, each key once, in the order of the file.
    package var settings: [Setting] = []
    /// The group of a hierarchical quorum.
    package var group: Int?
    /// The weight of the vote inside its group; nil counts as 1.
    package var weight: Int?

    /// Where clients connect: `host:port`.
    package var clientAddress: String { "\(ServerLine.bracketed(host)):\(ports.client)" }

    /// Where clients connect with TLS; nil without a port for it.
    package var secureClientAddress: String? {
        setting(OptionalPort.secure.key).map { "\(ServerLine.bracketed(host)):\($0)" }
    }

    package func setting(_ key: String) -> String? { settings.last { $0.key == key }?.value }

    package var line: ServerLine {
        ServerLine(
            id: id, host: host, quorumPort: ports.quorum, electionPort: ports.election, role: role,
            client: ServerLine.ClientAddress(host: host, port: ports.client))
    }
}

/// A zoo.cfg key and its value.
package struct Setting: Hashable, Sendable {
    package var key: String
    package var value: String

    package init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// The four TCP ports of a server.
package struct ServerPorts: Hashable, Sendable {
    package var client: Int
    /// Where followers and observers reach the leader.
    package var quorum: Int
    package var election: Int
    /// HTTP admin server.
    package var admin: Int

    package subscript(kind: PortKind) -> Int {
        get {
            switch kind {
            case .client: client
            case .quorum: quorum
            case .election: election
            case .admin: admin
            }
        }
        set {
            switch kind {
            case .client: client = newValue
            case .quorum: quorum = newValue
            case .election: election = newValue
            case .admin: admin = newValue
            }
        }
    }
}

package enum PortKind: String, CaseIterable, Hashable, Sendable {
    case client
    case quorum
    case election
    case admin
}
