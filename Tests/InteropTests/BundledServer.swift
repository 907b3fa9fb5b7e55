import Foundation
import Synchronization
import TestSupport
import ZooKeeperClient

/// The bundled server as a process of its own.
final class BundledServer: Sendable {
    /// Which of its builds.
    enum Build {
        /// As it was built together with the tests.
        case debug
        /// Optimised, as users have it: what bin/test says with `PADDOCK_ZKSERVER`, else the debug build.
        case release
        /// With TLS; built together with the tests.
        case tls

        var executable: String {
            let debug = BundledServer.packageRoot + "/.build/debug/"
            switch self {
            case .debug: return debug + "zkserver"
            case .release: return ProcessInfo.processInfo.environment["PADDOCK_ZKSERVER"] ?? debug + "zkserver"
            case .tls: return debug + "zkserver-tls"
            }
        }
    }

    /// `paddock`: what bin/test says with `PADDOCK_BINARY`, else the debug build.
    static var paddock: String {
        ProcessInfo.processInfo.environment["PADDOCK_BINARY"] ?? packageRoot + "/.build/debug/paddock"
    }

    /// The shell: what bin/test says with `PADDOCK_ZKCLI`, else the debug build.
    static var zkcli: String {
        ProcessInfo.processInfo.environment["PADDOCK_ZKCLI"] ?? packageRoot + "/.build/debug/zkcli"
    }

    /// Calls the shell at `server` with one command, and returns both outputs together with its exit code in a last line.
    static func shell(
        _ program: String = zkcli, at server: String, flags: [String: String], file: String? = nil, _ command: String...
    ) async throws -> String {
        let directory = try TemporaryDirectory("shell")
        defer { directory.remove() }
        let output = directory.path + "/output"
        let flags = flags.sorted { $0.key < $1.key }.map { "-D\($0.key)=\($0.value)" }.joined(separator: " ")
        let process = try ChildProcess(
            "/bin/sh",
            ["-c", "\"$@\"; echo \"exit $?\"", "sh", program, "-server", server]
                + (file.map { ["-client-configuration", $0] } ?? []) + command,
            environment: ["CLIENT_JVMFLAGS": flags], output: output)
        try await eventually("zkcli \(command) ends") { !process.isRunning }
        return try String(contentsOfFile: output, encoding: .utf8)
    }

    private let build: Build
    let port: Int
    let directory: TemporaryDirectory
    private let process = Mutex<ChildProcess?>(nil)

    var address: ServerAddress { ServerAddress(host: "127.0.0.1", port: port) }
    var dataDir: String { directory.path + "/data" }
    var pid: pid_t { process.withLock { $0?.pid ?? 0 } }
    var log: String { (try? String(contentsOfFile: directory.path + "/server.log", encoding: .utf8)) ?? "" }

    /// How many descriptors it may have; nil: as many as these tests.
    private let descriptors: Int?

    /// - Parameter settings: an empty value takes a setting out.
    init(build: Build = .debug, settings: [String: String] = [:], descriptors: Int? = nil) throws {
        self.build = build
        self.descriptors = descriptors
        port = FreePorts.take(1)[0]
        directory = try TemporaryDirectory("zkserver")
        var lines = Self.commonSettings
        lines["dataDir"] = directory.path + "/data"
        lines["clientPort"] = "\(port)"
        lines["clientPortAddress"] = "127.0.0.1"
        lines["admin.enableServer"] = "false"
        for (key, value) in settings { lines[key] = value.isEmpty ? nil : value }
        let text = lines.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
        try text.write(toFile: directory.path + "/zoo.cfg", atomically: true, encoding: .utf8)
    }

    /// It was to serve, and ended instead.
    struct Ended: Error {
        var log: String
    }

    /// What both engines get in these tests. Sessions do not expire while a test runs, so that even zxids agree; the super
    /// user is `super:secret`.
    static let commonSettings = [
        "tickTime": "1000", "minSessionTimeout": "600000", "maxSessionTimeout": "600000",
        "extendedTypesEnabled": "true",
        "enforceQuota": "true", "4lw.commands.whitelist": "*", "preAllocSize": "64", "maxClientCnxns": "0",
        "DigestAuthenticationProvider.superDigest": "super:lK75jTNcA+U9vtVEw5vB51mj/w4=",
    ]

    static let packageRoot = Engine.packageRoot

    /// The text of a script in `Scripts`.
    static func script(_ name: String) throws -> String {
        try String(contentsOfFile: packageRoot + "/Tests/InteropTests/Scripts/" + name, encoding: .utf8)
    }

    func start() async throws {
        try launch()
        try await eventually("the bundled server on port \(port) answers srvr") {
            guard isRunning else {
                throw Ended(log: log)
            }
            return (try? await FourLetterWords.srvr(address, timeout: .seconds(10))) != nil
        }
    }

    func launch() throws {
        try process.withLock { process in
            let limit = descriptors.map { "ulimit -n \($0); " } ?? ""
            process = try ChildProcess(
                "/bin/sh", ["-c", limit + "exec \"$@\"", "sh", build.executable, directory.path + "/zoo.cfg"],
                output: directory.path + "/server.log")
        }
    }

    var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }

    func kill() {
        process.withLock { process in
            process?.killAndWait()
            process = nil
        }
    }

    /// Asks it to stop, and waits until it has.
    func terminate() async throws {
        process.withLock { $0?.signal(SIGTERM) }
        try await eventually("the bundled server stops") { !isRunning }
    }

    static func with<Result>(
        build: Build = .debug, settings: [String: String] = [:], descriptors: Int? = nil,
        isolation: isolated (any Actor)? = #isolation, _ body: (BundledServer) async throws -> Result
    ) async throws -> Result {
        let server = try BundledServer(build: build, settings: settings, descriptors: descriptors)
        defer {
            server.kill()
            server.directory.remove()
        }
        try await server.start()
        return try await body(server)
    }
}
