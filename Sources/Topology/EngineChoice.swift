import YAML

/// Which program runs a server.
package enum EngineChoice: Hashable, Sendable {
    /// The server that comes with this project.
    case bundled
    /// An Apache ZooKeeper distribution. `home` is where its `bin/zkServer.sh` is, nil to find it; `heap` is the JVM's
    /// largest heap in Java's notation (`256m`), nil for the toolkit's default.
    case apache(home: String?, heap: String?)

    /// What a topology gets that names no engine.
    package static let standard = EngineChoice.bundled

    package static let names = ["bundled", "apache"]

    package var name: String {
        switch self {
        case .bundled: "bundled"
        case .apache: "apache"
        }
    }
}

extension EngineChoice {
    /// As a topology says it: `bundled`, `apache`, or `{apache: {heap: 1g}}`.
    package var node: YAMLNode {
        guard case .apache(let home, let heap) = self, home != nil || heap != nil else { return .scalar(name) }
        var options: [(String, YAMLNode)] = []
        if let home { options.append(("home", .scalar(home))) }
        if let heap { options.append(("heap", .scalar(heap))) }
        return .mapping([(name, .mapping(options, isFlow: true))], isFlow: true)
    }
}
