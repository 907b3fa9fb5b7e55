import Provisioning
import ServerConfig
import Topology

/// A topology as Ansible's inventory scripts print one: each server is a host of the inventory, named `ENSEMBLE-ID`.
///
/// Source: Ansible's developer guide, "Developing dynamic inventory": groups by name, `_meta.hostvars` for all hosts at once.
package struct AnsibleInventory: Encodable {
    private let servers: [(name: String, variables: Variables)]
    private let groups: [(name: String, group: Group)]

    /// Where servers keep their files on their hosts unless told otherwise.
    package static let prefix = "/var/lib/paddock/{ensemble}"

    /// Stands in `zookeeper_zoo_cfg_reconfigured` for the file that the server itself chose for its members.
    package static let dynamicFile = "@DYNAMIC@"

    package init(_ topology: Topology, layout: EnsembleLayout) {
        let files = ServerFiles(topology: topology, layout: layout)
        let servers = topology.servers.map { server in
            (name: Self.name(server, topology), server: server, variables: Variables(server, files, topology))
        }
        self.servers = servers.map { ($0.name, $0.variables) }
        var groups = [
            (
                "ensemble",
                Group(
                    children: ["participants", "observers"],
                    vars: EnsembleVariables(
                        zookeeper_ensemble: topology.ensemble, zookeeper_connect: topology.connectString,
                        zookeeper_standalone: topology.isStandalone, zookeeper_several_hosts: topology.isMultiHost))
            ),
            ("participants", Group(hosts: servers.filter { $0.server.role == .participant }.map(\.name))),
            ("observers", Group(hosts: servers.filter { $0.server.role == .observer }.map(\.name))),
        ]
        let machines = Dictionary(grouping: servers) { Self.group(ofHost: $0.server.host) }
        groups += machines.sorted { $0.key < $1.key }.map { ($0.key, Group(hosts: $0.value.map(\.name))) }
        self.groups = groups
    }

    /// The variables of one host of the inventory; nil when there is no such host.
    package func variables(of name: String) -> (some Encodable)? { servers.first { $0.name == name }?.variables }

    package var names: [String] { servers.map(\.name) }

    private static func name(_ server: TopologyServer, _ topology: Topology) -> String {
        "\(topology.ensemble)-\(server.id)"
    }

    /// Ansible's names of groups are made of letters, digits and `_`.
    private static func group(ofHost host: String) -> String {
        "host_" + String(host.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        for (name, group) in groups { try container.encode(group, forKey: Name(stringValue: name)) }
        let hosts = Dictionary(uniqueKeysWithValues: servers.map { ($0.name, $0.variables) })
        try container.encode(["hostvars": hosts], forKey: Name(stringValue: "_meta"))
    }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Group: Encodable {
        var hosts: [String]?
        var children: [String]?
        var vars: EnsembleVariables?
    }

    private struct EnsembleVariables: Encodable {
        var zookeeper_ensemble: String
        var zookeeper_connect: String
        var zookeeper_standalone: Bool
        var zookeeper_several_hosts: Bool
    }

    /// What the role `zookeeper` is told of a server. The properties' names are the variables'.
    private struct Variables: Encodable {
        var ansible_host: String
        var zookeeper_id: Int64
        var zookeeper_address: String
        var zookeeper_kind: String
        var zookeeper_engine: String
        var zookeeper_client_port: Int
        var zookeeper_quorum_port: Int
        var zookeeper_election_port: Int
        var zookeeper_admin_port: Int
        var zookeeper_directory: String
        var zookeeper_data_directory: String
        var zookeeper_data_log_directory: String?
        var zookeeper_home: String?
        var zookeeper_heap: String?
        var zookeeper_jvm_flags: [String]
        var zookeeper_environment: [String: String]
        var zookeeper_log_level: String
        var zookeeper_tls: Bool
        var zookeeper_reconfig: Bool
        var zookeeper_line: String
        var zookeeper_zoo_cfg: String
        var zookeeper_zoo_cfg_reconfigured: String

        init(_ server: TopologyServer, _ files: ServerFiles, _ topology: Topology) {
            let place = files.layout.server(server.id)
            var options = ApacheOptions()
            if case .apache(let chosen) = server.engine { options = chosen }
            ansible_host = server.host
            zookeeper_id = server.id.rawValue
            zookeeper_address = server.host
            zookeeper_kind = server.role.rawValue
            zookeeper_engine = server.engine.name
            zookeeper_client_port = server.ports.client
            zookeeper_quorum_port = server.ports.quorum
            zookeeper_election_port = server.ports.election
            zookeeper_admin_port = server.ports.admin
            zookeeper_directory = place.directory
            zookeeper_data_directory = place.data
            zookeeper_data_log_directory = place.dataLog ?? server.setting("dataLogDir")
            zookeeper_home = options.home
            zookeeper_heap = options.heap
            zookeeper_jvm_flags = server.properties + options.jvmFlags
            zookeeper_environment = options.environment
            zookeeper_log_level = server.logLevel?.rawValue ?? "info"
            zookeeper_tls = server.hasTLS
            zookeeper_reconfig =
                !topology.isStandalone && server.setting("reconfigEnabled")?.lowercased() == "true"
            zookeeper_line = server.line.text()
            zookeeper_zoo_cfg = files.zooCfg(server)
            zookeeper_zoo_cfg_reconfigured = files.zooCfg(
                server,
                membership: .dynamic(file: AnsibleInventory.dynamicFile, hasClientPort: topology.lineStyle == .classic))
        }
    }
}
