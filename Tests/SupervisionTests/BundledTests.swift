import DurableFiles
import Glibc
import Testing

@testable import Supervision
@testable import SupervisionTestTool

/// The bundled server under a real supervisor.
@Suite(.serialized) struct BundledTests {
    private func spec(_ ensemble: Ensemble) throws -> ServerSpec {
        let engine = try BundledEngine.find(environment: EnginesUnderTest.environment)
        let directory = ensemble.directory + "/server.1"
        for path in ["", "/conf", "/data"] { mkdir(directory + path, 0o755) }
        let configuration = directory + "/conf/zoo.cfg"
        let client = try freePort()
        try DurableFile.write(
            """
            tickTime=500
            dataDir=\(directory)/data
            clientPort=\(client)
            clientPortAddress=127.0.0.1
            admin.enableServer=false
            commitProcessor.numWorkerThreads=2

            """.utf8, to: configuration)
        return ServerSpec(
            id: 1, directory: directory, launch: engine.launch(configuration: configuration, directory: directory),
            clientHost: "127.0.0.1", clientPort: client, engine: engine.name, engineVersion: engine.version,
            requiredPaths: [configuration], grace: .seconds(20))
    }

    @Test func itServesLogsAndStopsCleanly() async throws {
        try await withEnsemble { ensemble in
            let spec = try spec(ensemble)
            let client = try await ensemble.boot([spec])
            let status = try await client.wait(for: 1) { $0.mode == .standalone }
            #expect(Files.resolved("/proc/\(status.pid ?? 0)/exe") == Files.resolved(spec.launch.executable))
            #expect(status.engineVersion != nil)
            try await client.shutdown(stoppingServers: true)
            #expect(ensemble.events().last { $0.what == .exited }?.cause == "exit code 0")
            let log = try text(spec.logFile)
            let stamp = #/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO /#
            #expect(log.split(separator: "\n").contains { $0.firstMatch(of: stamp) != nil }, "\(log)")
            // What it complains of at its start is in the log, too.
            #expect(log.contains("commitProcessor.numWorkerThreads tunes the JVM server"), "\(log)")
        }
    }

    /// As systemd is told with `Type=notify` and `WatchdogSec`.
    @Test func itTellsItsServiceManagerHowItIs() async throws {
        try await withEnsemble { ensemble in
            let manager = try #require(Datagrams(at: ensemble.directory + "/notify"))
            var spec = try spec(ensemble)
            spec.launch.environment["NOTIFY_SOCKET"] = manager.path
            spec.launch.environment["WATCHDOG_USEC"] = "300000"
            let client = try await ensemble.boot([spec])
            #expect(manager.next() == "READY=1")
            for _ in 0..<3 { #expect(manager.next() == "WATCHDOG=1") }
            try await client.shutdown(stoppingServers: true)
            var last: String?
            repeat { last = manager.next() } while last == "WATCHDOG=1"
            #expect(last == "STOPPING=1")
        }
    }

    @Test func portInUseIsACrashLoopWithTheReasonInTheLog() async throws {
        try await withEnsemble { ensemble in
            let spec = try spec(ensemble)
            let holder = try #require(Loopback.listen(port: spec.clientPort))
            defer { close(holder) }
            let client = try await ensemble.connect()
            try await client.reload([spec])
            try await client.start([1])
            let failed = try await client.wait(for: 1) { $0.state == .failed }
            #expect(failed.lastExit == .code(1))
            let log = try text(spec.logFile)
            #expect(log.contains("Address already in use"), "\(log)")
        }
    }
}

/// A datagram socket as a service manager has one.
private final class Datagrams {
    let path: String
    private let descriptor: Int32

    init?(at path: String) {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// Nil when none comes.
    func next() -> String? {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}

/// What the search for the bundled server may see of this process's environment.
enum EnginesUnderTest {
    /// `bin/test` names the release build; without it the server lies beside the tests.
    static var environment: [String: String] {
        guard let named = getenv("PADDOCK_ZKSERVER") else { return [:] }
        return ["PADDOCK_ZKSERVER": String(cString: named)]
    }
}
