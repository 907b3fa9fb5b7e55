import TestSupport
import Testing

/// The bundled server and Apache's, asked the same by tools that people use.
@Suite(.serialized) struct ParityTests {
    /// Both servers, alike, each with its own settings on top.
    private func both(
        ours: [String: String] = [:], apache: [String: String] = [:],
        _ body: (_ apache: StandaloneServer, _ ours: BundledServer) async throws -> Void
    ) async throws {
        let common = BundledServer.commonSettings
        try await BundledServer.with(settings: ours) { ours in
            try await StandaloneServer.with(.apache, settings: common.merging(apache) { $1 }) {
                try await body($0, ours)
            }
        }
    }

    /// Every command of Apache's zkCli prints the same.
    @Test
    func zkCli() async throws {
        try await both { apache, ours in
            let output = try await Python.run(
                try BundledServer.script("zkcli.py"), arguments: ["servers", "\(apache.port)", "\(ours.port)"],
                within: .seconds(120))
            #expect(output == "done\n", "\(output)")
        }
    }

    /// Our zkcli prints what Apache's does, and ends with the same codes.
    @Test
    func zkCliWithoutJava() async throws {
        try await BundledServer.with { first in
            try await BundledServer.with { second in
                let output = try await Python.run(
                    try BundledServer.script("zkcli.py"),
                    arguments: ["shells", "\(first.port)", "\(second.port)", BundledServer.zkcli],
                    within: .seconds(240))
                #expect(output == "done\n", "\(output)")
            }
        }
    }

    /// Every four-letter word and admin command has the same names, order and kinds of values.
    @Test
    func words() async throws {
        let ports = FreePorts.take(2)
        func admin(_ port: Int) -> [String: String] {
            ["admin.enableServer": "true", "admin.serverPort": "\(port)", "admin.serverAddress": "127.0.0.1"]
        }
        try await both(ours: admin(ports[1]), apache: admin(ports[0])) { apache, ours in
            let output = try await Python.run(
                try BundledServer.script("words.py"),
                arguments: ["\(apache.port)", "\(ports[0])", "\(ours.port)", "\(ports[1])"])
            #expect(output == "done\n", "\(output)")
        }
    }
}
