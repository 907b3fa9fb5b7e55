import Foundation

/// A ZooKeeper ensemble on free ports of this machine, for a test.
///
/// ```swift
/// try await TestEnsemble.with(participants: 3) { ensemble in
///     let client = ZooKeeperClient(ClientConfiguration(servers: try ServerAddress.list(ensemble.connectString)))
///     try ensemble.kill("leader")
///     try ensemble.waitUntilHealthy()
/// }
/// ```
///
/// It is gone with its data when `with` returns, and also when the process of the tests is killed. Servers are named by id, or by `leader`,
/// `followers`, `observers`, `all`. The program is `paddock` of the PATH, or what the variable `PADDOCK_BINARY` names.
public struct TestEnsemble: Sendable {
    /// `HOST:PORT` of each server, with commas.
    public let connectString: String
    private let name: String
    private let directory: String

    /// What `paddock` refused or could not do, in its words.
    public struct Failure: Error, CustomStringConvertible {
        /// The program's exit code, e.g. 69 where something is missing and 75 where a port is taken.
        public let exitCode: Int32
        public let description: String
    }

    /// Boots an ensemble, waits until it is ready, calls `body`, and removes the ensemble.
    /// - Parameter settings: keys of zoo.cfg, such as `tickTime`.
    public static func with<Result>(
        participants: Int = 3, observers: Int = 0, settings: [String: String] = [:],
        _ body: (TestEnsemble) async throws -> Result
    ) async throws -> Result {
        var topology: [String: Any] = ["ensemble": "test", "participants": participants]
        if observers > 0 { topology["observers"] = observers }
        if !settings.isEmpty { topology["settings"] = settings }
        // JSON is YAML.
        let text = String(decoding: try JSONSerialization.data(withJSONObject: topology), as: UTF8.self)
        return try await with(topology: text, body)
    }

    /// Boots what a topology says, under a name of its own.
    public static func with<Result>(
        topology: String, _ body: (TestEnsemble) async throws -> Result
    ) async throws -> Result {
        let (ensemble, holder) = try boot(topology)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(ensemble)) } catch { result = .failure(error) }
        holder.end()
        return try result.get()
    }

    /// Kills servers as a crash would; they are started again at once. What would leave no quorum is refused without `force`.
    public func kill(_ servers: String..., force: Bool = false) throws { try act("kill", servers, force) }

    /// Stops processes with SIGSTOP: they keep their connections and say nothing more.
    public func pause(_ servers: String..., force: Bool = false) throws { try act("pause", servers, force) }

    /// Lets paused servers go on, and returns when they serve.
    public func resume(_ servers: String...) throws { try act("resume", servers, false) }

    /// Stops servers in an orderly way, until ``start(_:)``.
    public func stop(_ servers: String..., force: Bool = false) throws { try act("stop", servers, force) }

    /// Starts what was stopped, and returns when it serves.
    public func start(_ servers: String...) throws { try act("start", servers, false) }

    /// Restarts every server, one after the other, the leader last.
    public func rollingRestart() throws { try act("rolling-restart", [], false) }

    /// Waits until every server is in its place.
    public func waitUntilHealthy(seconds: Int = 60) throws { try act("wait", ["--timeout", "\(seconds)s"], false) }

    /// Who leads now, by id; nobody during an election.
    public func leader() throws -> Int? {
        let status = try JSONSerialization.jsonObject(with: Data(run("status", ["--json"]).output.utf8))
        return (status as? [String: Any])?["leader"] as? Int
    }

    /// The last lines of all servers' logs, in the order of time.
    public func logs() throws -> String { try run("logs", ["--lines", "100"]).output }

    private func act(_ action: String, _ words: [String], _ force: Bool) throws {
        let (status, output) = try run(action, words + (force ? ["--force"] : []))
        guard status == 0 else { throw Failure(exitCode: status, description: "paddock \(action): \(output)") }
    }

    private func run(_ command: String, _ words: [String]) throws -> (status: Int32, output: String) {
        let process = Self.process([command] + words + ["--ensemble", name], directory)
        let output = Pipe()
        process.standardOutput = output
        // A document on the standard output stays one; of what fails the words are wanted.
        process.standardError = command == "status" ? FileHandle.nullDevice : output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }

    private static func process(_ words: [String], _ directory: String) -> Process {
        var environment = ProcessInfo.processInfo.environment
        let program = environment["PADDOCK_BINARY"] ?? "paddock"
        environment["PADDOCK_ENSEMBLE"] = nil
        environment["PADDOCK_HOME"] = directory
        environment["NO_COLOR"] = "1"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + words
        process.environment = environment
        return process
    }

    /// The command that holds the ensemble: with the end of its input, which comes with the end of this process at the latest, it ends.
    private struct Holder {
        var process: Process
        var input: Pipe
        var directory: String

        func end() {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
            try? FileManager.default.removeItem(atPath: directory)
        }
    }

    private static func boot(_ topology: String) throws -> (TestEnsemble, Holder) {
        // Two that look for free ports at the same time may find the same ones.
        let portsAreTaken: Int32 = 75
        for attempt in 1... {
            let directory = FileManager.default.temporaryDirectory.path + "/paddock-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let file = directory + "/topology.yaml"
            try topology.write(toFile: file, atomically: true, encoding: .utf8)
            let hold = #"printf '%s\n%s\n' "$PADDOCK_ENSEMBLE" "$ZOOKEEPER_CONNECT"; exec cat >/dev/null"#
            let process = process(["run", file, "--quiet", "--", "sh", "-c", hold], directory)
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            let errors = directory + "/errors"
            _ = FileManager.default.createFile(atPath: errors, contents: nil)
            process.standardError = FileHandle(forWritingAtPath: errors)
            try process.run()
            let holder = Holder(process: process, input: input, directory: directory)
            var told: [UInt8] = []
            while told.count(where: { $0 == UInt8(ascii: "\n") }) < 2 {
                let bytes = output.fileHandleForReading.availableData
                if bytes.isEmpty { break }
                told += bytes
            }
            let lines = String(decoding: told, as: UTF8.self).split(separator: "\n").map(String.init)
            if lines.count == 2 {
                return (TestEnsemble(connectString: lines[1], name: lines[0], directory: directory), holder)
            }
            process.waitUntilExit()
            let said = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
            holder.end()
            guard process.terminationStatus == portsAreTaken, attempt < 3 else {
                throw Failure(
                    exitCode: process.terminationStatus, description: "the ensemble does not start: \(said)")
            }
        }
        fatalError("a loop without end has ended")
    }
}
