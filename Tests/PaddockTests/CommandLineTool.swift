import Foundation
import TestSupport
import Testing

/// `paddock` as a user runs it, with a state directory of its own.
///
/// $PADDOCK_BINARY is the program to test (`bin/test` gives the release binary); without it the one that was built
/// together with the tests.
struct CommandLineTool {
    struct Result {
        var status: Int32
        var output: String
        var errors: String

        func json() throws -> [String: Any] {
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
        }
    }

    let home: TemporaryDirectory

    /// Calls `body`, then takes down whatever is left, however it ended.
    static func with(_ body: (CommandLineTool) async throws -> Void) async throws {
        let tool = CommandLineTool(home: try TemporaryDirectory("paddock"))
        let result: Swift.Result<Void, any Error>
        do { result = .success(try await body(tool)) } catch { result = .failure(error) }
        let ensembles = (try? FileManager.default.contentsOfDirectory(atPath: tool.home.path)) ?? []
        for name in ensembles where FileManager.default.fileExists(atPath: "\(tool.home.path)/\(name)/topology.yaml") {
            _ = try? tool.run("destroy", name, "--yes")
        }
        tool.home.remove()
        try result.get()
    }

    static var binary: String {
        if let path = ProcessInfo.processInfo.environment["PADDOCK_BINARY"] { return path }
        return packageRoot + "/.build/debug/paddock"
    }

    /// The bundled server: what bin/test says with `PADDOCK_ZKSERVER`, else the debug build.
    static var server: String {
        ProcessInfo.processInfo.environment["PADDOCK_ZKSERVER"] ?? packageRoot + "/.build/debug/zkserver"
    }

    static var packageRoot: String { #filePath.components(separatedBy: "/Tests/PaddockTests/")[0] }

    func path(_ name: String) -> String { "\(home.path)/\(name)" }

    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        return path(name)
    }

    /// Starts a command; the caller waits for it.
    func start(_ words: [String], environment: [String: String] = [:], input: String? = nil) throws -> Running {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.binary)
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment
            .merging(["PADDOCK_HOME": home.path, "NO_COLOR": "1"]) { $1 }.merging(environment) { $1 }
        let running = Running(process: process, directory: home.path, words: words)
        try running.begin(input: input)
        return running
    }

    func run(_ words: String..., environment: [String: String] = [:], input: String? = nil) throws -> Result {
        try start(words, environment: environment, input: input).wait()
    }

    /// What a shell makes of `script`, in which commands see this state directory.
    func shell(_ script: String) throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script]
        process.environment = ProcessInfo.processInfo.environment
            .merging(["PADDOCK_HOME": home.path, "NO_COLOR": "1"]) { $1 }
        let running = Running(process: process, directory: home.path, words: [script])
        try running.begin(input: nil)
        return try running.wait()
    }

    /// A command under way. Its output goes to files: a pipe that the supervisor inherits would never close.
    final class Running {
        let process: Process
        private let output: String
        private let errors: String

        private let words: [String]

        fileprivate init(process: Process, directory: String, words: [String]) {
            self.process = process
            self.words = words
            let id = UUID().uuidString
            output = "\(directory)/.\(id).out"
            errors = "\(directory)/.\(id).err"
        }

        fileprivate func begin(input: String?) throws {
            for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
            process.standardOutput = FileHandle(forWritingAtPath: output)
            process.standardError = FileHandle(forWritingAtPath: errors)
            if let input {
                let path = output + ".in"
                try input.write(toFile: path, atomically: true, encoding: .utf8)
                process.standardInput = FileHandle(forReadingAtPath: path)
            } else {
                process.standardInput = FileHandle.nullDevice
            }
            try process.run()
        }

        /// What it has printed on stdout so far.
        var printed: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

        var printedErrors: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }

        func wait() throws -> Result {
            process.waitUntilExit()
            let result = Result(
                status: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
                errors: try String(contentsOfFile: errors, encoding: .utf8))
            if words.prefix(while: { $0 != "--" }).contains("--json") {
                let unknown = try JSONReference.shared.undocumented(in: result.output, of: words)
                #expect(unknown.isEmpty, "keys that Sources/paddock/JSONKeys.swift does not know: \(words)")
            }
            return result
        }
    }
}
