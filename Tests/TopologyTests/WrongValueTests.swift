import Diagnostics
import ServerConfig
import Testing

@testable import Topology

/// Each key of zoo.cfg with a value that does not fit, in a topology of either engine.
@Suite struct WrongValueTests {
    private static func wrong(_ key: KnownKey) -> [String] {
        switch key.kind {
        case .boolean: ["yes", "on", "1"]
        case .yesNo: ["true", "YES"]
        case .integer, .port: ["ten", "1.5", "010", "+10"]
        case .decimal: ["half"]
        case .path: ["~/zk", "'\"/srv/zk\"'", "'${ZK_HOME}/zk'", "'{{ zk }}'"]
        case .host: ["10.0.0.256", "zk1:2181", "zk 1", "'<host>'"]
        case .choice: ["none at all"]
        case .list, .text: []
        }
    }

    @Test(arguments: KnownKeys.all) func isAnError(key: KnownKey) {
        for value in Self.wrong(key) {
            for engine in EngineChoice.names {
                let text = "ensemble: demo\nengine: \(engine)\nparticipants: 3\nsettings: {\(key.name): \(value)}\n"
                let (topology, problems) = Topology.load(text: text, file: "t.yaml")
                #expect(topology == nil && problems.hasErrors, "\(key.name): \(value) of \(engine)")
                #expect(problems.contains { $0.severity == .error && $0.location?.line == 4 })
            }
        }
    }
}
