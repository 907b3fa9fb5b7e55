import DurableFiles
import Glibc
import Testing

@testable import Supervision

@Suite struct LogRotationTests {
    /// Not in memory, where the file system is another one: tmpfs cannot collapse, the disk of a developer mostly can.
    @Test(arguments: ["/var/tmp", "/dev/shm"])
    func wholeLinesMoveToTheOlderFile(parent: String) async throws {
        try await withTemporaryDirectory(in: parent) { directory in
            let log = directory + "/server.log"
            let lines = (0..<2000).map { "line \($0) \(String(repeating: "x", count: $0 % 60))" }
            try DurableFile.write(lines.joined(separator: "\n").utf8 + [10], to: log)
            let limits = ServerSpec.LogLimits(bytes: 50_000, olderFiles: 3)
            #expect(try LogRotation.rotate(log, limits: limits) >= 1)
            #expect(try LogRotation.rotate(log, limits: limits) == 0)
            let older = try text(log + ".1")
            #expect(older.hasSuffix("\n"))
            #expect(try written(log, olderFiles: 3) == lines)
            #expect(Files.names(in: directory).contains("server.log.1.tmp") == false)
        }
    }

    @Test func onlySoManyOlderFilesAreKept() async throws {
        try await withTemporaryDirectory(in: "/var/tmp") { directory in
            let log = directory + "/server.log"
            let limits = ServerSpec.LogLimits(bytes: 8192, olderFiles: 2)
            for round in 0..<5 {
                try DurableFile.write((0..<1000).map { "round \(round) line \($0)\n" }.joined().utf8, to: log)
                _ = try LogRotation.rotate(log, limits: limits)
            }
            #expect(Files.names(in: directory) == ["server.log", "server.log.1", "server.log.2"])
        }
    }

    @Test func missingAndSmallFilesAreLeftAlone() async throws {
        try await withTemporaryDirectory { directory in
            let log = directory + "/server.log"
            #expect(try LogRotation.rotate(log, limits: .init(bytes: 10, olderFiles: 1)) == 0)
            try DurableFile.write("short\n".utf8, to: log)
            #expect(try LogRotation.rotate(log, limits: .init(bytes: 10, olderFiles: 1)) == 0)
            #expect(try text(log) == "short\n")
        }
    }

    /// A server that prints without pause, rotated all the while: far more often than its supervisor would, which here never does,
    /// because nobody rotates a log together with somebody else.
    @Test func chattyServerLosesNoLine() async throws {
        try await withEnsemble(in: "/var/tmp") { ensemble in
            let count = 200_000
            var spec = try ensemble.spec(1, "chat", "\(count)")
            spec.log = ServerSpec.LogLimits(bytes: 1 << 40, olderFiles: 100)
            let limits = ServerSpec.LogLimits(bytes: 1 << 20, olderFiles: 100)
            let client = try await ensemble.boot([spec])
            try await eventually("all is said") {
                _ = try LogRotation.rotate(spec.logFile, limits: limits)
                return try text(spec.logFile).contains("said all")
            }
            try await client.shutdown(stoppingServers: true)
            let lines = try written(spec.logFile, olderFiles: 100)
            #expect(lines.count == count + 1)
            let expected = (0..<count).map { "line \($0) \(String(repeating: "x", count: $0 % 90))" } + ["said all"]
            #expect(lines == expected)
            #expect(Files.names(in: Directory.parent(of: spec.logFile)).count > 5)
        }
    }

    /// All lines that are not blank, oldest first.
    private func written(_ log: String, olderFiles: Int) throws -> [String] {
        var lines: [Substring] = []
        for number in stride(from: olderFiles, through: 0, by: -1) {
            let path = number == 0 ? log : "\(log).\(number)"
            guard Files.exists(path) else { continue }
            lines += try text(path).split(separator: "\n").filter { $0.contains { $0 != " " } }
        }
        return lines.map(String.init)
    }
}
