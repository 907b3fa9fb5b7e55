import Foundation
import TestSupport
import Testing

@testable import ZooKeeperServer

/// Directories that a server of Apache's has, which takes no lock. What looks like one here is a shell that stops itself.
@Suite struct ApacheServerTests {
    private static let main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"

    /// - Parameter script: `DIR` in it, and in the arguments, stands for the directory of the test.
    private func expectSeen(
        _ script: String, _ arguments: [String], files: [String: String] = [:], using used: String?
    ) async throws {
        let directory = try TemporaryDirectory("apache")
        defer { directory.remove() }
        func here(_ text: String) -> String { text.replacing("DIR", with: directory.path) }
        for name in ["data/version-2", "log/version-2", "other/version-2"] {
            try FileManager.default.createDirectory(
                atPath: directory.path + "/" + name, withIntermediateDirectories: true)
        }
        for (name, text) in files {
            try here(text).write(toFile: directory.path + "/" + name, atomically: true, encoding: .utf8)
        }
        try FileManager.default.createSymbolicLink(atPath: directory.path + "/java", withDestinationPath: "/bin/sh")
        let server = try ChildProcess(
            directory.path + "/java", ["-c", here(script) + "; kill -STOP $$"] + arguments.map(here),
            output: directory.path + "/out")
        defer { server.killAndWait() }
        try await eventually("the process has stopped itself") {
            let stat = try String(contentsOfFile: "/proc/\(server.pid)/stat", encoding: .utf8)
            return stat.split(separator: ")")[1].hasPrefix(" T")
        }
        let asked = ["data", "log", "missing"].map { directory.path + "/" + $0 }
        let expected = used.map { ApacheServer(pid: server.pid, directory: directory.path + "/" + $0) }
        #expect(ApacheServer.using(asked) == expected)
    }

    @Test func byItsZooCfg() async throws {
        let cfg = "dataDir=DIR/other\ndataLogDir=DIR/log\n"
        try await expectSeen(":", [Self.main, "DIR/zoo.cfg"], files: ["zoo.cfg": cfg], using: "log")
        try await expectSeen(
            "cd DIR", [Self.main, "zoo.cfg"], files: ["zoo.cfg": "dataDir=data/../data/\n"], using: "data")
        try await expectSeen(":", [Self.main, "DIR/zoo.cfg"], files: ["zoo.cfg": "dataDir=DIR/other\n"], using: nil)
        try await expectSeen(":", [Self.main, "DIR/none"], using: nil)
    }

    @Test func byPortAndDirectory() async throws {
        try await expectSeen(
            ":", ["org.apache.zookeeper.server.ZooKeeperServerMain", "2181", "DIR/data"], using: "data")
    }

    /// One that another program has inside, and one that only reads.
    @Test func byTheFilesItWrites() async throws {
        try await expectSeen("exec 7>DIR/data/version-2/log.1", ["kafka.Kafka"], using: "data")
        try await expectSeen(
            "exec 7<DIR/data/version-2/log.1", ["kafka.Kafka"], files: ["data/version-2/log.1": ""], using: nil)
        try await expectSeen("exec 7>DIR/other/version-2/log.1", ["kafka.Kafka"], using: nil)
    }
}
