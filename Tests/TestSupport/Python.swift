import Foundation

/// Python with kazoo, the independent client: what bin/test sets up (`PADDOCK_PYTHON`), else the system's.
package enum Python {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// Runs a script and returns what it prints; its failure is an error with all of its output.
    package static func run(
        _ script: String, arguments: [String] = [], within deadline: Duration = .seconds(60)
    ) async throws -> String {
        let directory = try TemporaryDirectory("python")
        defer { directory.remove() }
        let output = directory.path + "/output"
        let interpreter = ProcessInfo.processInfo.environment["PADDOCK_PYTHON"] ?? "python3"
        // The exit code is printed too: `ChildProcess` does not keep it.
        let process = try ChildProcess(
            "/bin/sh", ["-c", "\"$@\"; echo \"exit $?\"", "sh", interpreter, "-c", script] + arguments, output: output)
        try await eventually("the Python script ends", within: deadline) { !process.isRunning }
        let text = try String(contentsOfFile: output, encoding: .utf8)
        guard text.hasSuffix("exit 0\n") else { throw Failure(description: text) }
        return String(text.dropLast("exit 0\n".count))
    }
}
