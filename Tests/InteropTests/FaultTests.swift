import Foundation
import TestSupport
import Testing
import ZooKeeperClient

/// The bundled server with clients that behave badly, disks that fail, and crashes. Where load decides, it is the release
/// build that is asked.
@Suite(.serialized) struct FaultTests {
    private func run(_ script: String, _ arguments: Any...) async throws -> String {
        try await Python.run(
            try BundledServer.script("wire.py") + BundledServer.script(script), arguments: arguments.map { "\($0)" },
            within: .seconds(300))
    }

    // MARK: Clients

    /// Paths, ACLs, flags and cut-off requests are refused with the errors of Apache's server.
    @Test
    func refusals() async throws {
        try await BundledServer.with { ours in
            try await StandaloneServer.with(.apache, settings: BundledServer.commonSettings) { apache in
                let output = try await run("refusals.py", apache.port, ours.port)
                #expect(output.contains(" requests, 0 different\n"), "\(output)")
            }
        }
    }

    /// Nonsense closes its own connection and no other.
    @Test(arguments: [1, 2])
    func garbage(seed: Int) async throws {
        try await BundledServer.with { server in
            let output = try await run("garbage.py", server.port, seed)
            #expect(output == "done\n")
            #expect(server.isRunning)
        }
    }

    /// With enforce.auth.enabled nobody does anything who has not proved who they are.
    @Test
    func enforcedAuthentication() async throws {
        let settings = ["enforce.auth.enabled": "true", "enforce.auth.schemes": "digest"]
        try await BundledServer.with(settings: settings) { server in
            let output = try await run("enforced.py", server.port)
            #expect(output == "done\n")
        }
    }

    /// 5,000 idle connections cost little, and nobody waits for them.
    @Test
    func idleConnections() async throws {
        try await BundledServer.with(build: .release) { server in
            let output = try await run("idle.py", server.port, server.pid, 5000)
            #expect(output.hasPrefix("5000 idle connections: "), "\(output)")
        }
    }

    /// Clients that do not read what they asked for do not fill the server's memory.
    @Test
    func slowReaders() async throws {
        try await BundledServer.with(build: .release) { server in
            let output = try await run("slow_reader.py", server.port, server.pid, 1000)
            #expect(output.hasSuffix("done\n"), "\(output)")
            #expect(server.log.contains("closing a connection: its client does not read "))
        }
    }

    /// Reads whose answers are more than a server can keep are all answered, in order.
    @Test
    func heldBack() async throws {
        try await BundledServer.with(build: .release) { server in
            let output = try await run("held_back.py", server.port)
            #expect(output == "done\n")
        }
    }

    /// Large requests beyond largeRequestMaxBytes are refused, as by Apache's server.
    @Test
    func largeRequests() async throws {
        let settings = ["largeRequestThreshold": "1000", "largeRequestMaxBytes": "50000"]
        try await BundledServer.with(settings: settings) { server in
            let output = try await run("large_requests.py", server.port)
            #expect(output == "done\n")
        }
    }

    /// When descriptors run out, sessions go on, the log is rolled, and nobody turns in circles.
    @Test
    func descriptors() async throws {
        try await BundledServer.with(build: .release, settings: ["snapCount": "10"], descriptors: 100) { server in
            let output = try await run("descriptors.py", server.port, server.pid, 100)
            #expect(output == "done\n", "\(server.log)")
            for words in [
                "closing the connection that has been without a session for the longest: ",
                "refusing a connection of 127.0.0.1: there are ", "the client port cannot accept a connection: ",
            ] {
                // Each once a second at most.
                let count = server.log.components(separatedBy: words).count - 1
                #expect((1...20).contains(count), "\(words): \(count)")
            }
        }
    }

    /// Whoever asks for pages and reads none gets no memory, and takes no time from the clients.
    @Test
    func pages() async throws {
        let ports = FreePorts.take(2)
        let settings = [
            "admin.enableServer": "true", "admin.serverPort": "\(ports[0])", "metricsProvider.httpPort": "\(ports[1])",
            "metricsProvider.className": "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
        ]
        try await BundledServer.with(build: .release, settings: settings) { server in
            let output = try await run("pages.py", server.port, server.pid, ports[0], ports[1])
            #expect(output == "done\n")
        }
    }

    // MARK: Crashes

    /// A server that was killed after some writes, and the file that holds their txns.
    private func killedServer(_ server: BundledServer) async throws -> (log: String, bytes: [UInt8], offsets: [Int]) {
        _ = try await run("writes.py", server.port, 20)
        server.kill()
        let directory = server.dataDir + "/version-2"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: directory).first { $0.hasPrefix("log.") })
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name)))
        return (directory + "/" + name, bytes, Self.records(bytes))
    }

    /// Where each record of a log begins, and where the last one ends.
    private static func records(_ log: [UInt8]) -> [Int] {
        var offsets = [16]
        while let offset = offsets.last, offset + 12 <= log.count {
            let length = log[offset + 8..<offset + 12].reduce(0) { $0 << 8 | Int($1) }
            if length == 0 { break }
            offsets.append(offset + 13 + length)
        }
        return offsets
    }

    /// A log torn at any byte of its last record loses that record alone, and says so.
    @Test
    func tornLog() async throws {
        try await BundledServer.with(build: .release) { server in
            let (path, bytes, offsets) = try await killedServer(server)
            let (last, end) = (offsets[offsets.count - 2], offsets[offsets.count - 1])
            try await server.start()
            let whole = try await FourLetterWords.srvr(server.address)
            server.kill()
            for cut in last..<end {
                // What a crash leaves: the rest of the preallocated file is zeros.
                let torn = Array(bytes[..<cut]) + [UInt8](repeating: 0, count: bytes.count - cut)
                try DamagedFile.write(torn, to: path)
                try await server.start()
                let left = try await FourLetterWords.srvr(server.address)
                #expect(left.nodeCount == whole.nodeCount - 1, "cut at \(cut)")
                #expect(left.zxid.rawValue == whole.zxid.rawValue - 1, "cut at \(cut)")
                // The first four bytes of a record are zeros: torn there, nothing of it is left.
                if cut > last + 4 {
                    #expect(server.log.contains("cut a torn record off the end of \(path) at offset \(last): "))
                }
                server.kill()
                try? FileManager.default.removeItem(atPath: server.directory.path + "/server.log")
            }
        }
    }

    /// A record damaged in the middle stops the start, with file, offset and the way out.
    @Test
    func damagedLog() async throws {
        try await BundledServer.with(build: .release) { server in
            let (path, bytes, offsets) = try await killedServer(server)
            let victim = offsets[offsets.count / 2]
            for position in [victim + 3, victim + 9, victim + 40] {
                var damaged = bytes
                damaged[position] ^= 0x40
                try DamagedFile.write(damaged, to: path)
                try? FileManager.default.removeItem(atPath: server.directory.path + "/server.log")
                try server.launch()
                try await eventually("the server ends") { !server.isRunning }
                #expect(
                    server.log.contains("zkserver: the txn log \(path) is damaged at offset \(victim): "),
                    "\(server.log)")
                #expect(server.log.contains("truncate -s \(victim) \(path)"))
                let now = try Data(contentsOf: URL(fileURLWithPath: path))
                #expect(now == Data(damaged), "nothing was changed")
            }
            try DamagedFile.write(bytes, to: path)
            try await server.start()
        }
    }
}
