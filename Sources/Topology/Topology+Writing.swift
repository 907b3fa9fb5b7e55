import Membership
import YAML

extension Topology {
    /// A topology file that means this topology, every server by name with all its ports.
    /// - Parameter comment: lines for its head, without `#`.
    package func written(comment: [String]) -> String {
        let engines = Set(servers.map(\.engine))
        let common = servers.dropFirst().allSatisfy { $0.settings == servers[0].settings } ? servers[0].settings : nil
        var entries: [(String, YAMLNode)] = [("ensemble", .scalar(ensemble))]
        if engines.count == 1 { entries.append(("engine", servers[0].engine.node)) }
        if lineStyle == .classic { entries.append(("serverLines", .scalar("classic"))) }
        let nodes = servers.map { server in
            server.node(saysEngine: engines.count > 1, saysSettings: common == nil)
        }
        entries.append(("servers", .sequence(nodes)))
        if let common, !common.isEmpty { entries.append(("settings", common.node)) }
        return comment.map { "# \($0)\n" }.joined() + YAML.write(.mapping(entries))
    }
}

extension TopologyServer {
    fileprivate func node(saysEngine: Bool, saysSettings: Bool) -> YAMLNode {
        var entries: [(String, YAMLNode)] = [("id", .scalar(id.rawValue)), ("host", .scalar(host))]
        if role == .observer { entries.append(("role", .scalar(role.rawValue))) }
        if saysEngine { entries.append(("engine", engine.node)) }
        if let logLevel { entries.append(("logLevel", .scalar(logLevel.rawValue))) }
        if let group { entries.append(("group", .scalar(group))) }
        if let weight { entries.append(("weight", .scalar(weight))) }
        let ports = PortKind.allCases.map { ($0.rawValue, YAMLNode.scalar(self.ports[$0])) }
        entries.append(("ports", .mapping(ports, isFlow: true)))
        if saysSettings, !settings.isEmpty { entries.append(("settings", settings.node)) }
        return .mapping(entries)
    }
}

extension [Setting] {
    fileprivate var node: YAMLNode { .mapping(map { ($0.key, YAMLNode.scalar($0.value)) }) }
}
