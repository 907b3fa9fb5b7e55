import Membership
import ServerConfig
import YAML

extension Topology {
    /// What `engine: NAME` means for a server of this topology: the first server's choice that has that engine, with its options; else
    /// `choice` itself.
    package func usual(_ choice: EngineChoice) -> EngineChoice {
        servers.map(\.engine).first { $0.name == choice.name } ?? choice
    }

    /// `text`, which this topology was read from, with the engines that the servers have here now; all else means the same. Where
    /// all have one it stands at the top; while they differ, each server says its own. Comments are not kept.
    package func rewritingEngines(in text: String) throws(YAMLError) -> String {
        let engines = Set(servers.map(\.engine))
        let common = engines.count == 1 ? engines.first : nil
        var entries: [(String, YAMLNode)] = []
        for entry in try YAML.parse(text: text).mapping?.entries ?? [] {
            switch entry.key.text {
            case "engine": continue
            case "participants" where common == nil:
                entries.append(("servers", .sequence(servers.map { $0.node })))
            case "observers" where common == nil: continue
            case "servers":
                let nodes = entry.value.sequence ?? []
                entries.append(("servers", .sequence(nodes.map { saying(common == nil, $0) })))
            default: entries.append((entry.key.text, entry.value))
            }
        }
        if let common { entries.insert(("engine", common.node), at: min(1, entries.count)) }
        return YAML.write(.mapping(entries))
    }

    /// The entry of a server under `servers` with its engine, or without one.
    private func saying(_ saysEngine: Bool, _ node: YAMLNode) -> YAMLNode {
        guard let mapping = node.mapping else { return node }
        var entries = mapping.entries.filter { $0.key.text != "engine" }.map { ($0.key.text, $0.value) }
        let id = mapping["id"]?.scalar.flatMap { ServerID($0.text) }
        if saysEngine, let engine = id.flatMap({ self[$0] })?.engine { entries.append(("engine", engine.node)) }
        return .mapping(entries, isFlow: node.isFlow)
    }
}

extension TopologyServer {
    /// A server of the shorthand by name.
    fileprivate var node: YAMLNode {
        var entries: [(String, YAMLNode)] = [("id", .scalar(id.rawValue))]
        if role == .observer { entries.append(("role", .scalar(role.rawValue))) }
        entries.append(("engine", engine.node))
        return .mapping(entries, isFlow: true)
    }
}
