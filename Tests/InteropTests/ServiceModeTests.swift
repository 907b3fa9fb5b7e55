import TestSupport
import Testing

/// What members of an ensemble do for clients besides the usual: sessions of one server only, and reads without a quorum.
@Suite(.serialized) struct ServiceModeTests {
    private func run(_ script: String, on server: EnsembleServer) async throws -> String {
        try await Python.run(
            try BundledServer.script("wire.py") + BundledServer.script(script),
            arguments: ["\(server.address.port)"], within: .seconds(120))
    }

    /// Sessions stay on their server until they make an ephemeral; a server without a quorum serves reads.
    @Test
    func localAndReadOnly() async throws {
        let settings = [
            "localSessionsEnabled": "true", "localSessionsUpgradingEnabled": "true", "readonlymode.enabled": "true",
        ]
        try await TestEnsemble.with([.bundled, .bundled, .bundled], settings: settings) { ensemble in
            let followers = try await ensemble.followers()
            #expect(try await run("local_sessions.py", on: followers[0]).contains("done"))
            try await ensemble.waitUntilEqual()

            for server in ensemble.others(than: followers[0]) { server.kill() }
            #expect(try await run("read_only.py", on: followers[0]).contains("done"))

            // With a quorum it is a follower again, and writes pass.
            for server in ensemble.others(than: followers[0]) { try server.start() }
            try await ensemble.waitUntilServing()
            try await ensemble.withClient(of: followers[0]) { _ = try await $0.setData("/local", [1]) }
        }
    }
}
