import ServerConfig
import YAML

/// Which program runs a server.
package enum EngineChoice: Hashable, Sendable {
    /// The server that comes with this project.
    case bundled
    /// An Apache ZooKeeper distribution.
    case apache(ApacheOptions)

    /// What the servers of one machine get that name no engine; those on several machines get Apache's.
    package static let standard = EngineChoice.bundled

    package static let names = ["bundled", "apache"]

    /// Apache's with nothing but these said of it.
    package static func apache(home: String?, heap: String?) -> EngineChoice {
        .apache(ApacheOptions(home: home, heap: heap))
    }

    /// As zoo.cfg checks know it.
    package var serverEngine: ServerEngine {
        switch self {
        case .bundled: .bundled
        case .apache: .apache
        }
    }

    package var name: String {
        switch self {
        case .bundled: "bundled"
        case .apache: "apache"
        }
    }
}

/// How an Apache ZooKeeper distribution is run.
package struct ApacheOptions: Hashable, Sendable {
    /// Where its `bin/zkServer.sh` is, nil to find it.
    package var home: String?
    /// The JVM's largest heap in Java's notation (`256m`), nil for the toolkit's default.
    package var heap: String?
    /// What the JVM is given besides, in this order: `-Dzookeeper.snapCount=1000`, `-XX:+UseG1GC`.
    package var jvmFlags: [String]
    /// Variables of the server's environment, beside the few that it inherits.
    package var environment: [String: String]

    package init(
        home: String? = nil, heap: String? = nil, jvmFlags: [String] = [], environment: [String: String] = [:]
    ) {
        self.home = home
        self.heap = heap
        self.jvmFlags = jvmFlags
        self.environment = environment
    }
}

extension EngineChoice {
    /// As a topology says it: `bundled`, `apache`, or `{apache: {heap: 1g}}`.
    package var node: YAMLNode {
        guard case .apache(let options) = self, options != ApacheOptions() else { return .scalar(name) }
        var entries: [(String, YAMLNode)] = []
        if let home = options.home { entries.append(("home", .scalar(home))) }
        if let heap = options.heap { entries.append(("heap", .scalar(heap))) }
        if !options.jvmFlags.isEmpty {
            entries.append(("jvmFlags", .sequence(options.jvmFlags.map { .scalar($0) }, isFlow: true)))
        }
        if !options.environment.isEmpty {
            let variables = options.environment.sorted { $0.key < $1.key }.map { ($0.key, YAMLNode.scalar($0.value)) }
            entries.append(("environment", .mapping(variables, isFlow: true)))
        }
        return .mapping([(name, .mapping(entries, isFlow: true))], isFlow: true)
    }
}

extension EngineChoice {
    /// Where the distribution is, when that is said.
    package var home: String? {
        guard case .apache(let options) = self else { return nil }
        return options.home
    }

    package var hasHome: Bool { home != nil }

    package var hasOptions: Bool { self != .bundled && self != .apache(ApacheOptions()) }

    /// The same at another home.
    package func at(home: String) -> EngineChoice {
        guard case .apache(var options) = self else { return self }
        options.home = home
        return .apache(options)
    }
}
