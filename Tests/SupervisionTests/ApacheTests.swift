import DurableFiles
import Glibc
import Planning
import Testing
import ZooKeeperProtocol

@testable import Supervision
@testable import SupervisionTestTool

/// Debian's Apache ZooKeeper under a real supervisor.
@Suite(.serialized) struct ApacheTests {
    /// `port` is that of the clients; the next ones belong to the quorum, elections and the admin server.
    private func specs(_ ensemble: Ensemble, _ engine: ApacheEngine, count: Int) throws -> [ServerSpec] {
        let ports = try (0..<count).map { _ in try (freePort(), freePort(), freePort(), freePort()) }
        let lines = ports.enumerated().map { "server.\($0 + 1)=127.0.0.1:\($1.1):\($1.2)\n" }.joined()
        return try (1...count).map { id in
            let directory = ensemble.directory + "/server.\(id)"
            for path in ["", "/conf", "/data"] { mkdir(directory + path, 0o755) }
            let configuration = directory + "/conf/zoo.cfg"
            let (client, _, _, admin) = ports[id - 1]
            try DurableFile.write(
                """
                tickTime=500
                initLimit=20
                syncLimit=10
                dataDir=\(directory)/data
                clientPort=\(client)
                clientPortAddress=127.0.0.1
                admin.serverAddress=127.0.0.1
                admin.serverPort=\(admin)
                4lw.commands.whitelist=*
                \(count > 1 ? lines : "")
                """.utf8, to: configuration)
            try DurableFile.write("\(id)\n".utf8, to: directory + "/data/myid")
            return ServerSpec(
                id: ServerID(Int64(id)), directory: directory,
                launch: engine.launch(configuration: configuration, directory: directory),
                clientHost: "127.0.0.1", clientPort: client, engine: engine.name, engineVersion: engine.version,
                requiredPaths: [configuration, directory + "/data/myid"], grace: .seconds(20))
        }
    }

    private func engine() throws -> ApacheEngine {
        try ApacheEngine.find(environment: ["PATH": "/usr/bin:/bin"])
    }

    @Test func oneServerWithAdminServerAndLog() async throws {
        try await withEnsemble { ensemble in
            let spec = try specs(ensemble, try engine(), count: 1)[0]
            let client = try await ensemble.boot([spec])
            let status = try await client.wait(for: 1) { $0.mode == .standalone }
            // The pid is that of the JVM itself.
            #expect(Files.resolved("/proc/\(status.pid ?? 0)/exe")?.hasSuffix("/bin/java") == true)
            let log = try text(spec.logFile)
            #expect(log.contains("Started AdminServer on address 127.0.0.1"))
            let stamp = #/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \[myid:.*\] - INFO /#
            #expect(log.split(separator: "\n").first?.firstMatch(of: stamp) != nil)
            #expect(!log.contains("NoClassDefFoundError"))
            #expect(!log.contains("SLF4J"))

            let admin = try #require(try adminPort(spec))
            let answer = Loopback.ask("GET /commands/ruok HTTP/1.0\r\n\r\n", port: admin)
            #expect(answer?.hasPrefix("HTTP/1.1 200 OK") == true)
            #expect(answer?.contains("\"error\" : null") == true)
            try await client.shutdown(stoppingServers: true)
            #expect(ensemble.events().last { $0.what == .exited }?.cause == "exit code 143")
        }
    }

    @Test func threeServersSurviveTheirSupervisorAndTheirLeader() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot(try specs(ensemble, try engine(), count: 3))
            let leader = try await leader(client)
            let before = try await client.status()
            try await ensemble.killSupervisor()
            let victim = try #require(before.server(leader)?.pid)
            kill(victim, SIGKILL)
            _ = try await ensemble.connect()
            let again = try await client.wait(for: leader) { $0.state == .running && $0.pid != victim }
            #expect(again.restarts == 1)
            let after = try await client.status()
            for id in [1, 2, 3] as [ServerID] where id != leader {
                #expect(after.server(id)?.pid == before.server(id)?.pid)
            }
            _ = try await self.leader(client)
            #expect(ensemble.processes().mapValues(\.count) == [1: 1, 2: 1, 3: 1])

            try await client.shutdown(stoppingServers: true)
            #expect(ensemble.processes().isEmpty)
            // The leader went last.
            let exits = ensemble.events().filter { $0.what == .exited }.suffix(3).compactMap(\.server)
            #expect(Set(exits) == [1, 2, 3])
        }
    }

    @Test func dataRemovedUnderneathIsNotReplacedByAnEmptyServer() async throws {
        try await withEnsemble { ensemble in
            let spec = try specs(ensemble, try engine(), count: 1)[0]
            let client = try await ensemble.boot([spec])
            let pid = try #require(try await client.status().server(1)?.pid)
            removeTree(spec.directory + "/data")
            kill(pid, SIGKILL)
            let failed = try await client.wait(for: 1) { $0.state == .failed }
            #expect(failed.lastError?.contains("cannot start without \(spec.directory)/data/myid") == true)
            #expect(!Files.exists(spec.directory + "/data"))
        }
    }

    @Test func portInUseIsACrashLoopWithTheReasonInTheLog() async throws {
        try await withEnsemble { ensemble in
            let spec = try specs(ensemble, try engine(), count: 1)[0]
            let holder = try #require(Loopback.listen(port: spec.clientPort))
            defer { close(holder) }
            let client = try await ensemble.connect()
            try await client.reload([spec])
            try await client.start([1])
            let failed = try await client.wait(for: 1) { $0.state == .failed }
            #expect(failed.lastExit == .code(1))
            #expect(try text(spec.logFile).contains("Address already in use"))
        }
    }

    private func leader(_ client: ControlClient) async throws -> ServerID {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let servers = try await client.status().servers
            if servers.allSatisfy({ $0.mode != nil }), let leader = servers.first(where: { $0.mode == .leader }) {
                return leader.id
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ControlError.timedOut(.seconds(60))
    }

    private func adminPort(_ spec: ServerSpec) throws -> Int? {
        for line in try text(spec.directory + "/conf/zoo.cfg").split(separator: "\n")
        where line.hasPrefix("admin.serverPort=") {
            return Int(line.dropFirst("admin.serverPort=".count))
        }
        return nil
    }
}
