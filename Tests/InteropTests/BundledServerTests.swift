import Foundation
import TestSupport
import Testing
import ZooKeeperClient

/// The bundled server beside Apache's: to clients, and on disk.
@Suite(.serialized) struct BundledServerTests {
    /// Every captured conversation gets the same frames from Apache's server and from ours.
    @Test
    func conversations() async throws {
        try await BundledServer.with { ours in
            try await StandaloneServer.with(.apache, settings: BundledServer.commonSettings) { apache in
                let directory = BundledServer.packageRoot + "/Tests/InteropTests/Fixtures"
                let files = try FileManager.default.contentsOfDirectory(atPath: directory)
                    .filter { $0.hasSuffix(".json") }.sorted().map { directory + "/" + $0 }
                #expect(files.count > 30)
                let output = try await Python.run(
                    try BundledServer.script("replay.py"), arguments: ["\(apache.port)", "\(ours.port)"] + files)
                #expect(output.split(separator: "\n").allSatisfy { $0.hasPrefix("ok ") }, "\(output)")
            }
        }
    }

    /// kazoo and its recipes work against it.
    @Test
    func kazoo() async throws {
        try await BundledServer.with { server in
            let output = try await Python.run(
                try BundledServer.script("workload.py"), arguments: ["\(server.port)", "kazoo"])
            #expect(output == "done\n")
        }
    }

    /// Apache starts on a directory that ours wrote, kills included, and shows the same tree; and back.
    @Test
    func sameDirectory() async throws {
        try await BundledServer.with(settings: ["snapCount": "200"]) { ours in
            var workloads = 0
            func work(_ port: Int) async throws {
                workloads += 1
                _ = try await Python.run(
                    try BundledServer.script("workload.py"), arguments: ["\(port)", "w\(workloads)"])
            }
            func dump(_ port: Int) async throws -> String {
                try await Python.run(try BundledServer.script("dump.py"), arguments: ["\(port)"])
            }
            try await work(ours.port)
            try await work(ours.port)
            ours.kill()
            try await ours.start()
            try await work(ours.port)
            let before = try await dump(ours.port)
            ours.kill()

            var settings = BundledServer.commonSettings
            settings["dataDir"] = ours.dataDir
            try await StandaloneServer.with(.apache, settings: settings) { apache in
                #expect(try await dump(apache.port) == before)
                #expect(try await FourLetterWords.mntr(apache.address)["zk_digest_mismatches_count"] == "0")
                try await work(apache.port)
                let after = try await dump(apache.port)
                apache.kill()
                try await ours.start()
                #expect(try await dump(ours.port) == after)
                #expect(try await FourLetterWords.mntr(ours.address)["zk_digest_mismatches_count"] == "0")
            }
        }
    }

    /// kill -9 under load, again and again: no acknowledged write is lost, none is invented.
    @Test
    func killUnderLoad() async throws {
        try await BundledServer.with(settings: ["snapCount": "500"]) { server in
            for round in 1...6 {
                let told = try await Python.run(
                    try BundledServer.script("load.py"),
                    arguments: ["\(server.port)", "\(server.pid)", "\(round)", "\(Int.random(in: 1...900))"])
                server.kill()
                try await server.start()
                let output = try await Python.run(
                    try BundledServer.script("check_load.py"), arguments: ["\(server.port)", "\(round)", told])
                #expect(output == "done\n")
            }
        }
    }

    /// A second server refuses to start on a directory of the first, and names it.
    @Test(arguments: ["dataDir", "dataLogDir"])
    func secondServer(key: String) async throws {
        try await BundledServer.with { first in
            let second = try BundledServer(settings: [key: first.dataDir])
            defer { second.directory.remove() }
            try second.launch()
            try await eventually("the second server ends") { !second.isRunning }
            #expect(
                second.log.hasPrefix(
                    "zkserver: \(key) \(first.dataDir) is in use by process \(first.pid): "))
        }
    }

    /// Takes sessions over, with the password that follows from the id, a wrong one and the right one.
    private static let takeover = """
        import socket, struct, sys
        port, keyed = int(sys.argv[1]), sys.argv[2] == "keyed"
        def connect(session=0, password=bytes(16)):
            s = socket.create_connection(("127.0.0.1", port), 10)
            s.sendall(struct.pack(">iiqiqi", 45, 0, 0, 30000, session, 16) + password + b"\\0")
            size, _, timeout, session, _ = struct.unpack(">iiiqi", s.recv(24, socket.MSG_WAITALL))
            return s, session, s.recv(size - 20, socket.MSG_WAITALL)[:16]
        def lives(s):
            try:
                s.sendall(struct.pack(">iii", 8, -2, 11))
                return len(s.recv(20, socket.MSG_WAITALL)) == 20
            except OSError: return False
        def derived(session):
            mask, out = (1 << 48) - 1, b""
            state = (session & (1 << 64) - 1 ^ 0xB3415C00 ^ 0x5DEECE66D) & mask
            for _ in range(4):
                state = (state * 0x5DEECE66D + 0xB) & mask
                out += struct.pack("<I", state >> 16)
            return out
        owner, session, password = connect()
        print("derived", password == derived(session))
        for attempt in [b"1" * 16] + [derived(session)] * keyed:
            print("taken", connect(session, attempt)[1] != 0, "owner lives", lives(owner))
        moved, same, _ = connect(session, password)
        print("moved", same == session, lives(moved), "owner lives", lives(owner))
        """

    /// A wrong password takes nothing from a session's owner; under a key of the servers' own, Apache's is one.
    @Test
    func takeovers() async throws {
        let directory = try TemporaryDirectory("secret")
        defer { directory.remove() }
        try "000102030405060708090a0b0c0d0e0f\n".write(
            toFile: directory.path + "/key", atomically: true, encoding: .utf8)
        for (settings, kind) in [([:], "derived"), (["session.secretPath": directory.path + "/key"], "keyed")] {
            try await BundledServer.with(settings: settings) { server in
                let output = try await Python.run(Self.takeover, arguments: ["\(server.port)", kind])
                let refused = "taken False owner lives True\n"
                let end = "moved True True owner lives False\n"
                #expect(
                    output == (kind == "derived" ? "derived True\n" + refused : "derived False\n" + refused + refused)
                        + end)
            }
        }
        let server = try BundledServer(settings: ["session.secretPath": directory.path + "/none"])
        defer { server.directory.remove() }
        try server.launch()
        try await eventually("the server ends") { !server.isRunning }
        #expect(
            server.log.contains(
                "the key for session passwords in \(directory.path)/none (session.secretPath) cannot be used: cannot open"
            ))
    }

    /// SIGTERM finishes the writes under way, and a start after it finds them.
    @Test
    func terminate() async throws {
        try await BundledServer.with { server in
            _ = try await Python.run(
                """
                import sys
                from kazoo.client import KazooClient
                client = KazooClient("127.0.0.1:" + sys.argv[1])
                client.start(timeout=60)
                for number in range(100): client.create("/n%d" % number)
                client.stop()
                """, arguments: ["\(server.port)"])
            try await server.terminate()
            #expect(server.log.contains("stopping: SIGTERM"))
            // Nothing allocated ahead is left behind, and nobody else may read what is there.
            for log in try FileManager.default.contentsOfDirectory(atPath: server.dataDir + "/version-2") {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(server.dataDir)/version-2/\(log)")
                #expect(try #require(attributes[.size] as? Int) < 60_000, "\(log)")
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(log)")
            }
            try await server.start()
            #expect(try await FourLetterWords.srvr(server.address).nodeCount == 105)
        }
    }

    /// A port that is taken is said with its key.
    @Test
    func portTaken() async throws {
        try await BundledServer.with { first in
            let second = try BundledServer(settings: ["clientPort": "\(first.port)"])
            defer { second.directory.remove() }
            try second.launch()
            try await eventually("the second server ends") { !second.isRunning }
            #expect(second.log.contains("cannot listen on 127.0.0.1:\(first.port) for clientPort: "))
        }
    }
}
