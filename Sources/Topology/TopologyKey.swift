/// A key of a topology: where it stands, what it means and what its value looks like. The reader knows no other keys; the reference
/// and the schema for editors are made of this table.
package struct TopologyKey: Hashable, Sendable {
    /// The mapping that the key is in.
    package enum Place: String, CaseIterable, Hashable, Sendable {
        case topology = "the topology"
        case server = "a server of `servers`"
        case ports = "`ports`"
        case serverPorts = "`ports` of a server"
        case apache = "`engine: {apache: …}`"
    }

    package enum Shape: Hashable, Sendable {
        case ensembleName
        case integer(ClosedRange<Int>)
        case port
        case word([String])
        /// One line.
        case text
        case absolutePath
        /// `256m`
        case heap
        case engine
        /// `auto`, or a mapping.
        case ports
        case serverPorts
        /// Names and addresses.
        case hosts
        case servers
        case settings
        case flags
        case variables
    }

    package var place: Place
    package var name: String
    package var shape: Shape
    /// One sentence.
    package var meaning: String
    /// As it is written, on one line.
    package var example: String

    /// The names at one place, in the order in which messages list them.
    package static func names(_ place: Place) -> [String] { all.filter { $0.place == place }.map(\.name) }

    package static let all =
        topology + server.map { $0.at(.server) } + (ports + [offset]).map { $0.at(.ports) }
        + ports.map { $0.at(.serverPorts) } + apache.map { $0.at(.apache) }

    private static let topology: [TopologyKey] = [
        key(
            "ensemble", .ensembleName, "The name of the ensemble: its directory, and the word on command lines.",
            "ensemble: orders"),
        key(
            "engine", .engine,
            "The program that runs the servers: bundled, or apache for an Apache ZooKeeper distribution. Where nothing is said, bundled on this machine, apache on several hosts.",
            "engine: bundled"),
        key("participants", .integer(0...255), "How many servers vote; their ids are 1, 2, 3 …", "participants: 3"),
        key(
            "observers", .integer(0...255), "How many servers serve reads without a vote; their ids follow.",
            "observers: 1"),
        key(
            "hosts", .hosts, "Names for the addresses of machines, for `host` of a server.",
            "hosts: {a: 10.0.0.1, b: 10.0.0.2}"),
        key(
            "servers", .servers, "The servers one by one, in the place of `participants` and `observers`.",
            "servers: [{id: 1, host: a}]"),
        key(
            "ports", .ports, "The ports of the first server of a machine, or `auto` for free ones.",
            "ports: {client: 2181}"),
        key(
            "serverLines", .word(["modern", "classic"]),
            "How server lines are written: modern, with the client port in the line, or classic, as before ZooKeeper 3.5.",
            "serverLines: classic"),
        key("logLevel", .word(LogLevel.allCases.map(\.rawValue)), "How much the servers log.", "logLevel: info"),
        key("settings", .settings, "Keys of zoo.cfg, for every server.", "settings: {tickTime: 2000}"),
    ]

    private static let server: [TopologyKey] = [
        key("id", .integer(1...255), "The id of the server; an ensemble never uses one again.", "id: 1"),
        key("host", .text, "The machine: a name of `hosts`, or an address. Without one, this machine.", "host: a"),
        key("role", .word(["participant", "observer"]), "Whether it votes.", "role: observer"),
        key("ports", .serverPorts, "Ports of this server that are not those planned.", "ports: {client: 2191}"),
        key("logLevel", .word(LogLevel.allCases.map(\.rawValue)), "How much this server logs.", "logLevel: debug"),
        key(
            "settings", .settings, "Keys of zoo.cfg of this server alone; they win over those for all.",
            "settings: {maxClientCnxns: 500}"),
        key("engine", .engine, "The program that runs this server.", "engine: apache"),
        key(
            "group", .integer(Int.min...Int.max),
            "The group of a hierarchical quorum; all participants have one, or none.", "group: 1"),
        key("weight", .integer(0...1000), "The weight of its vote in its group, 1 unless told otherwise.", "weight: 2"),
    ]

    private static let apache: [TopologyKey] = [
        key(
            "home", .absolutePath, "The directory of the distribution; without one, the first that is found.",
            "home: /opt/zookeeper"),
        key("heap", .heap, "How much memory the heap of the JVM may take.", "heap: 512m"),
        key("jvmFlags", .flags, "Flags of the JVM.", "jvmFlags: [-Dzookeeper.snapCount=10000]"),
        key("environment", .variables, "Environment variables of the server.", "environment: {TZ: UTC}"),
    ]

    private static let offset = key(
        "offset", .integer(1...10000), "The step from server to server of one machine.", "offset: 10")

    private static let ports: [TopologyKey] =
        PortKind.allCases.map { key($0.rawValue, .port, $0.meaning, "\($0.rawValue): \(PortKind.defaults[$0])") }
        + OptionalPort.allCases.map { key($0.rawValue, .port, $0.meaning, "\($0.rawValue): \($0.usual)") }

    private static func key(_ name: String, _ shape: Shape, _ meaning: String, _ example: String) -> TopologyKey {
        TopologyKey(place: .topology, name: name, shape: shape, meaning: meaning, example: example)
    }

    private func at(_ place: Place) -> TopologyKey {
        var key = self
        key.place = place
        return key
    }
}

extension PortKind {
    fileprivate var meaning: String {
        switch self {
        case .client: "Where clients connect."
        case .quorum: "Where followers and observers reach the leader."
        case .election: "Where servers elect the leader."
        case .admin: "The HTTP admin server."
        }
    }
}

extension OptionalPort {
    fileprivate var meaning: String {
        switch self {
        case .metrics: "Metrics for Prometheus; without it there are none."
        case .secure: "Where clients connect with TLS; without it there is none."
        }
    }

    fileprivate var usual: Int {
        switch self {
        case .metrics: 7000
        case .secure: 2281
        }
    }
}
