import Planning
import Provisioning
import Supervision
import Topology

extension Operator {
    /// Each server as its supervisor is told to run it. Throws `EngineError` when an engine is missing.
    func specifications(_ ensemble: Ensemble) throws -> [ServerSpec] {
        var engines: [EngineNeed: any Engine] = [:]
        let files = ServerFiles(topology: ensemble.topology, layout: ensemble.layout)
        return try ensemble.topology.servers.map { server in
            let need = EngineNeed(server)
            let engine = try engines[need] ?? Self.engine(need, environment: environment)
            engines[need] = engine
            let layout = ensemble.layout.server(server.id)
            var launch = engine.launch(
                configuration: layout.zooCfg, directory: layout.directory, logLevel: server.logLevel?.rawValue)
            launch.arguments.insert(contentsOf: server.properties, at: 0)
            return ServerSpec(
                id: server.id, directory: layout.directory, launch: launch,
                clientHost: server.host, clientPort: server.ports.client, engine: engine.name,
                engineVersion: engine.version, revision: Revision.of(files.lasting(server)),
                requiredPaths: [layout.zooCfg, layout.myid])
        }
    }

    private static func engine(
        _ need: EngineNeed, environment: [String: String]
    ) throws(EngineError) -> any Engine {
        switch need.choice {
        case .bundled: try BundledEngine.find(environment: environment, hasTLS: need.hasTLS)
        case .apache(let options):
            try ApacheEngine.find(
                home: options.home, heap: options.heap, flags: options.jvmFlags, variables: options.environment,
                environment: environment)
        }
    }
}

/// What decides which program runs a server.
private struct EngineNeed: Hashable {
    var choice: EngineChoice
    /// For clients or between the servers; only the bundled server has programs with and without it.
    var hasTLS: Bool

    init(_ server: TopologyServer) {
        choice = server.engine
        hasTLS = server.hasTLS
    }
}
