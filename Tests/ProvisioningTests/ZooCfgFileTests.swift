import Foundation
import ServerConfig
import Testing

@testable import Provisioning

/// Whose file a zoo.cfg is, and what is found in a directory.
@Suite struct ZooCfgFileTests {
    private static let facts = HostFacts(
        listeners: [.init(address: "::", port: 2181)], ownNames: ["10.0.0.1", "fd00::1", "zk1", "zk1.example.com"])

    private static func place(_ text: String, at path: String = "/nowhere/zoo.cfg", told: ZooCfgFile.Place? = nil)
        -> ZooCfgFile.Place
    {
        let file = ZooCfgFile(path: path, bytes: Array(text.utf8), place: told) { _ in facts }
        #expect((file.surroundings.host != nil) == (file.place == .here))
        return file.place
    }

    private static func lines(_ hosts: String...) -> String {
        "dataDir=/nowhere/data\n"
            + hosts.enumerated().map { "server.\($0.offset + 1)=\($0.element):2888:3888\n" }.joined()
    }

    @Test func anAddressOfOursMakesTheFileOurs() {
        #expect(Self.place(Self.lines("10.0.0.1", "10.0.0.2", "10.0.0.3")) == .here)
        #expect(Self.place(Self.lines("10.0.1.1", "10.0.1.2", "10.0.1.3")) == .elsewhere)
        #expect(Self.place(Self.lines("ZK1.example.com.", "zk2", "zk3")) == .here)
        #expect(Self.place(Self.lines("[fd00:0::1]", "[fd00::2]", "[fd00::3]")) == .here)
        #expect(Self.place(Self.lines("127.0.0.1", "127.0.0.1", "127.0.0.1")) == .here)
        #expect(Self.place(Self.lines("0.0.0.0", "zk2", "zk3")) == .elsewhere)
        #expect(Self.place("dataDir=/nowhere/data\nclientPort=2181\n") == .here)
        #expect(Self.place("dataDir=/nowhere/data\nclientPortAddress=10.0.0.1\n") == .here)
        #expect(Self.place("dataDir=/nowhere/data\nclientPortAddress=10.0.0.7\n") == .elsewhere)
    }

    @Test func whatTheUserSaysCounts() {
        #expect(Self.place(Self.lines("10.0.0.1", "zk2", "zk3"), told: .elsewhere) == .elsewhere)
        #expect(Self.place(Self.lines("zk7", "zk8", "zk9"), told: .here) == .here)
    }

    @Test func theServerOfTheFileIsTheOneThatCounts() throws {
        try TemporaryDirectory.use { directory in
            let file = "\(directory)/zoo.cfg"
            try "2\n".write(toFile: "\(directory)/myid", atomically: false, encoding: .utf8)
            #expect(Self.place(Self.lines("10.0.0.1", "10.0.0.2", "10.0.0.3"), at: file) == .elsewhere)
            try "1\n".write(toFile: "\(directory)/myid", atomically: false, encoding: .utf8)
            #expect(Self.place(Self.lines("10.0.0.1", "10.0.0.2", "10.0.0.3"), at: file) == .here)
            // A data directory beside the file came with it.
            try FileManager.default.removeItem(atPath: "\(directory)/myid")
            try FileManager.default.createDirectory(atPath: "\(directory)/data", withIntermediateDirectories: true)
            try "3\n".write(toFile: "\(directory)/data/myid", atomically: false, encoding: .utf8)
            let text = Self.lines("zk7", "zk8", "zk9").replacing("/nowhere/data", with: "data")
            let copied = ZooCfgFile(path: file, bytes: Array(text.utf8), place: nil) { _ in Self.facts }
            #expect(copied.place == .elsewhere)
            #expect(copied.surroundings.myid == .text("3\n", file: "\(directory)/data/myid"))
            #expect(copied.sources["\(directory)/data/myid"] == "3\n")
        }
    }

    @Test func directoriesAreSearched() throws {
        try TemporaryDirectory.use { directory in
            let files = [
                "zoo1.cfg", "zoo2.cfg", "zoo10.cfg", "zoo_sample.cfg", "server.2/conf/zoo.cfg",
                "server.10/conf/zoo.cfg",
                "server.10/conf/zoo.cfg.dynamic.100000000", "b/zoo.cfg.dynamic", "b/zoo.cfg.dynamic.next",
                "orders.yaml",
                "other.yaml", "notes.txt",
            ]
            for file in files {
                let path = URL(fileURLWithPath: "\(directory)/\(file)")
                try FileManager.default.createDirectory(
                    at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
                try (file == "orders.yaml" ? "# ours\nensemble: orders\n" : "a: 1\n").write(
                    to: path, atomically: false, encoding: .utf8)
            }
            let found = try #require(ConfigurationFinder.files(in: directory + "/"))
            #expect(
                found.map { String($0.dropFirst(directory.count + 1)) } == [
                    "zoo1.cfg", "zoo2.cfg", "zoo10.cfg", "b/zoo.cfg.dynamic", "orders.yaml", "server.2/conf/zoo.cfg",
                    "server.10/conf/zoo.cfg",
                ])
            #expect(ConfigurationFinder.files(in: "\(directory)/zoo1.cfg") == nil)
        }
    }

    @Test func thisMachineKnowsItself() {
        let facts = HostFacts.gather()
        #expect(facts.isOurs("127.0.0.1") && facts.isOurs("localhost") && facts.isOurs("::1"))
        #expect(facts.isOurs(ProcessInfo.processInfo.hostName))
        #expect(!facts.isOurs("192.0.2.77") && !facts.isOurs("no-such-host.invalid"))
    }
}
