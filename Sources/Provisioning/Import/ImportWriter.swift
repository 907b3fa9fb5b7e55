import Membership
import Topology
import YAML

/// Writes members as the shortest topology that means them.
struct ImportWriter {
    private let members: ImportedMembers
    private let ensemble: String
    private let engine: EngineChoice
    /// Settings of every server, with the value most of them have.
    private let common: [Setting]
    private let plan: PortGuess

    init(_ members: ImportedMembers, ensemble: String, engine: EngineChoice) {
        self.members = members
        self.ensemble = ensemble
        self.engine = engine
        common = Self.common(members.servers)
        plan = PortGuess(members.servers)
    }

    func text() -> String {
        var entries: [(String, YAMLNode)] = [("ensemble", .scalar(ensemble))]
        if engine != .standard { entries.append(("engine", engine.node)) }
        if let counts = shorthand {
            entries.append(("participants", .scalar(counts.participants)))
            if counts.observers > 0 { entries.append(("observers", .scalar(counts.observers))) }
        } else {
            entries.append(("servers", .sequence(members.servers.map(server))))
        }
        if !plan.entries.isEmpty { entries.append(("ports", .mapping(plan.entries))) }
        if members.style == .classic { entries.append(("serverLines", .scalar("classic"))) }
        if !common.isEmpty { entries.append(("settings", settings(common))) }
        return "# Imported from zoo.cfg files by `paddock import`.\n" + YAML.write(.mapping(entries))
    }

    /// Ids 1, 2, 3 …, participants first, all on this machine, none with anything of its own.
    private var shorthand: (participants: Int, observers: Int)? {
        let servers = members.servers
        let participants = servers.prefix { $0.line.role == .participant }.count
        let isPlain = servers.enumerated().allSatisfy { index, server in
            server.line.id == ServerID(Int64(index + 1)) && server.line.addresses[0].host == Self.defaultHost
                && (server.line.role == .participant) == (index < participants) && server.group == nil
                && server.weight == nil && own(server).isEmpty && plan.own(server).isEmpty
        }
        return isPlain && participants > 0 ? (participants, servers.count - participants) : nil
    }

    private static let defaultHost = "127.0.0.1"

    private func server(_ server: ImportedServer) -> YAMLNode {
        var entries: [(String, YAMLNode)] = [("id", .scalar(server.line.id.rawValue))]
        let host = server.line.addresses[0].host
        if host != Self.defaultHost { entries.append(("host", .scalar(host))) }
        if server.line.role == .observer { entries.append(("role", .scalar("observer"))) }
        if let group = server.group { entries.append(("group", .scalar(group))) }
        if let weight = server.weight { entries.append(("weight", .scalar(weight))) }
        let ports = plan.own(server)
        if !ports.isEmpty { entries.append(("ports", .mapping(ports, isFlow: true))) }
        let settings = own(server)
        if !settings.isEmpty { entries.append(("settings", self.settings(settings))) }
        let isShort = settings.isEmpty
        return .mapping(entries, isFlow: isShort)
    }

    private func settings(_ settings: [Setting]) -> YAMLNode {
        .mapping(settings.map { ($0.key, .scalar($0.value)) })
    }

    /// What a server sets otherwise than all, or alone.
    private func own(_ server: ImportedServer) -> [Setting] {
        server.settings.filter { setting in !common.contains(setting) }
    }

    private static func common(_ servers: [ImportedServer]) -> [Setting] {
        let known = servers.filter { !$0.settings.isEmpty }
        guard let first = known.first else { return [] }
        return first.settings.compactMap { setting in
            let values = known.compactMap { server in server.settings.first { $0.key == setting.key }?.value }
            guard values.count == known.count else { return nil }
            let counts = Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
            let most = counts.values.max() ?? 0
            return values.first { counts[$0] == most }.map { Setting(setting.key, $0) }
        }
    }
}

/// Base ports and an offset from which the ports of all servers follow, when there are such; else each has its own.
private struct PortGuess {
    private static let defaults: [PortKind: Int] = [.client: 2181, .quorum: 2888, .election: 3888, .admin: 8080]

    private var bases = PortGuess.defaults
    private var offset = 1
    private var slots: [ServerID: Int] = [:]

    init(_ servers: [ImportedServer]) {
        var counts: [String: Int] = [:]
        for server in servers {
            let machine = HostAddress.machine(server.line.addresses[0].host)
            slots[server.line.id] = counts[machine, default: 0]
            counts[machine, default: 0] += 1
        }
        var guess = self
        for kind in PortKind.allCases {
            if let port = servers.first(where: { slots[$0.line.id] == 0 })?.ports[kind] { guess.bases[kind] = port }
        }
        if let second = servers.first(where: { slots[$0.line.id] == 1 }), let port = second.ports[.client],
            port > guess.bases[.client]!
        {
            guess.offset = port - guess.bases[.client]!
        }
        if servers.allSatisfy({ guess.own($0).isEmpty }) { self = guess }
    }

    /// The `ports:` of the whole topology: what is not the default.
    var entries: [(String, YAMLNode)] {
        var entries: [(String, YAMLNode)] = []
        for kind in PortKind.allCases where bases[kind] != Self.defaults[kind] {
            entries.append((kind.rawValue, .scalar(bases[kind]!)))
        }
        if offset != 1 { entries.append(("offset", .scalar(offset))) }
        return entries
    }

    /// The ports of a server that do not follow from the bases.
    func own(_ server: ImportedServer) -> [(String, YAMLNode)] {
        PortKind.allCases.compactMap { kind in
            guard let port = server.ports[kind], port != bases[kind]! + slots[server.line.id]! * offset else {
                return nil
            }
            return (kind.rawValue, .scalar(port))
        }
    }
}
