import Foundation
import NIOConcurrencyHelpers
import ZooKeeperClient

/// A standalone server of either engine on a free port, with a directory of its own.
///
/// Boot it with ``with(_:settings:_:)``, which ends it and removes its directory whatever the test does.
package final class StandaloneServer: Sendable {
    package let engine: Engine
    package let port: Int
    package let directory: TemporaryDirectory
    private let environment: [String: String]?
    private let process = NIOLockedValueBox<ChildProcess?>(nil)

    package var address: ServerAddress { ServerAddress(host: "127.0.0.1", port: port) }
    /// What clients connect to.
    package var connectString: String { address.description }
    package var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// Writes the configuration. `settings` come after (and so win over) tickTime 500, which keeps sessions short, and
    /// every four-letter word allowed.
    ///
    /// - Parameter environment: variables besides those of the tests.
    package init(_ engine: Engine, settings: [String: String] = [:], environment: [String: String] = [:]) throws {
        self.engine = engine
        self.environment =
            environment.isEmpty ? nil : ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        port = FreePorts.take(1)[0]
        directory = try TemporaryDirectory("standalone")
        var lines = [
            "tickTime": "500", "dataDir": directory.path + "/data", "clientPort": "\(port)",
            "clientPortAddress": "127.0.0.1", "admin.enableServer": "false", "4lw.commands.whitelist": "*",
            "maxClientCnxns": "0", "preAllocSize": "64", "maxSessionTimeout": "60000", "extendedTypesEnabled": "true",
        ]
        lines.merge(settings) { _, new in new }
        let text = lines.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
        try text.write(toFile: configurationPath, atomically: true, encoding: .utf8)
    }

    /// Boots a server, waits until it serves, and calls `body`.
    package static func with<Result>(
        _ engine: Engine, settings: [String: String] = [:], environment: [String: String] = [:],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (StandaloneServer) async throws -> Result
    ) async throws -> Result {
        let server = try StandaloneServer(engine, settings: settings, environment: environment)
        defer {
            server.kill()
            server.directory.remove()
        }
        try await server.start()
        return try await body(server)
    }

    /// Starts the server and waits until it answers `srvr`.
    package func start() async throws {
        try process.withLockedValue { process in
            process = try engine.launch(configurationPath, heap: 192, environment: environment, output: logPath)
        }
        do {
            try await eventually("the server on port \(port) answers srvr", within: .seconds(90)) {
                guard isRunning else { throw Timeout(description: "the server on port \(port) ended") }
                return (try? await FourLetterWords.srvr(address, timeout: .seconds(10))) != nil
            }
        } catch {
            throw Timeout(description: "\(error)\nThe end of its log:\n\(log.suffix(3000))")
        }
    }

    package var isRunning: Bool { process.withLockedValue { $0?.isRunning ?? false } }

    /// Ends the server as `kill -9` does.
    package func kill() {
        process.withLockedValue { process in
            process?.killAndWait()
            process = nil
        }
    }

    /// Kills the server and starts it again on its data.
    package func restart() async throws {
        kill()
        try await start()
    }

    /// Stops (`SIGSTOP`) or continues (`SIGCONT`) the server, or whatever else the signal does.
    package func signal(_ signal: CInt) {
        process.withLockedValue { $0?.signal(signal) }
    }

    private var configurationPath: String { directory.path + "/zoo.cfg" }
    private var logPath: String { directory.path + "/server.log" }
}
