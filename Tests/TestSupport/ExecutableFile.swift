import Foundation

/// Programs that tests write and run.
///
/// A child of this process writes them. A process that is being started by another thread holds, for a moment, all files that are open
/// here, and the kernel runs no program that somebody has open for writing ("Text file busy").
package enum ExecutableFile {
    package struct NotWritten: Error { package var path: String }

    package static func write(_ script: String, to path: String) throws {
        try run(#"printf %s "$2" >"$1.new""#, path, script)
    }

    package static func copy(_ program: String, to path: String) throws { try run(#"cp "$2" "$1.new""#, path, program) }

    private static func run(_ command: String, _ path: String, _ argument: String) throws {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", command + #" && chmod 755 "$1.new" && mv "$1.new" "$1""#, "sh", path, argument]
        try shell.run()
        shell.waitUntilExit()
        guard shell.terminationStatus == 0 else { throw NotWritten(path: path) }
    }
}
