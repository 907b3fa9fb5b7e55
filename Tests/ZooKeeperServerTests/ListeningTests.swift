import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOPosix
import ServerConfig
import TestSupport
import Testing

@testable import ZooKeeperServer

/// How connections to the server's ports begin.
@Suite(.serialized) struct ListeningTests {
    // MARK: Small messages go out at once

    /// One end of a connection in this process, as the system sees it.
    private struct Socket {
        var localPort: Int
        var remotePort: Int
        var hasNoDelay: Bool

        /// Nil when the descriptor is no TCP connection, or is one no more.
        init?(_ descriptor: CInt) {
            guard let local = Self.port(descriptor, getsockname), let remote = Self.port(descriptor, getpeername) else {
                return nil
            }
            (localPort, remotePort) = (local, remote)
            var value: CInt = 0
            var size = socklen_t(MemoryLayout<CInt>.size)
            guard getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &value, &size) == 0 else { return nil }
            hasNoDelay = value != 0
        }

        private static func port(
            _ descriptor: CInt, _ ask: (CInt, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
        ) -> Int? {
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &size) }
            }
            guard code == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
            return Int(in_port_t(bigEndian: address.sin_port))
        }

        static var all: [Socket] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            return names.compactMap { CInt($0) }.compactMap(Socket.init)
        }
    }

    /// TCP_NODELAY is on, on all connections of clients and servers, accepted and dialled.
    @Test func noDelay() async throws {
        let directory = try TemporaryDirectory("listening")
        defer { directory.remove() }
        let ports = (client: FreePorts.take(3), quorum: FreePorts.take(3), election: FreePorts.take(3))
        let lines = (0..<3).map {
            "server.\($0 + 1)=127.0.0.1:\(ports.quorum[$0]):\(ports.election[$0]);127.0.0.1:\(ports.client[$0])\n"
        }
        var servers: [Server] = []
        defer { for server in servers { try? server.stop() } }
        for id in 1...3 {
            let data = "\(directory.path)/\(id)"
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            try "\(id)\n".write(toFile: data + "/myid", atomically: true, encoding: .utf8)
            let cfg = ZooCfg(
                text:
                    "tickTime=200\ninitLimit=50\nsyncLimit=20\npreAllocSize=64\nadmin.enableServer=false\ndataDir=\(data)\n"
                    + lines.joined())
            let (settings, problems) = ServerSettings.read(cfg, file: data + "/zoo.cfg")
            #expect(problems == [])
            servers.append(
                try Server.start(
                    try #require(settings), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        }
        var client: (any Channel)?
        defer { client?.close(promise: nil) }

        try await eventually("every kind of connection is there, each with TCP_NODELAY") {
            // A connection without a session is closed after a while: on a busy machine before the servers have met.
            if client?.isActive != true {
                client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: ports.client[0]).get()
            }
            var kinds: [String: [Bool]] = [:]
            for socket in Socket.all {
                if ports.client.contains(socket.localPort) { kinds["client", default: []].append(socket.hasNoDelay) }
                for (kind, list) in [("quorum", ports.quorum), ("election", ports.election)] {
                    if list.contains(socket.localPort) {
                        kinds[kind + ", accepted", default: []].append(socket.hasNoDelay)
                    }
                    if list.contains(socket.remotePort) {
                        kinds[kind + ", dialled", default: []].append(socket.hasNoDelay)
                    }
                }
            }
            return kinds.count == 5 && kinds.values.joined().allSatisfy { $0 }
        }
    }

    // MARK: What goes wrong is said

    private final class Lines: LogHandler, Sendable {
        private let lines = NIOLockedValueBox<[String]>([])
        var all: [String] { lines.withLockedValue { $0 } }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        func log(event: LogEvent) { lines.withLockedValue { $0.append("\(event.message)") } }
    }

    private struct Broken: Error, CustomStringConvertible { var description: String { "no such thing" } }

    /// A connection that cannot be set up is closed, and its log line comes once a second at most.
    @Test func setUp() async throws {
        let lines = Lines()
        let acceptance = Acceptance(port: "the test port", warnings: RecurringLog(Logger(label: "test") { _ in lines }))
        let listener = try await acceptance.bootstrap(MultiThreadedEventLoopGroup.singleton) { _, _ in throw Broken() }
            .bind(host: "127.0.0.1", port: 0).get()
        defer { listener.close(promise: nil) }
        let began = ContinuousClock.now
        for _ in 0..<30 {
            let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(to: try #require(listener.localAddress)).get()
            try await client.closeFuture.get()
        }
        let seconds = Int((ContinuousClock.now - began).components.seconds)
        #expect(lines.all.first == "closing a connection to the test port, which cannot be set up: no such thing")
        #expect((1...2 + seconds).contains(lines.all.count))
    }

    /// What keeps a port from accepting is said, whatever it is, with the way out where there is one.
    @Test func accept() throws {
        for (code, words) in [
            (EMFILE, ". All descriptors of this process are in use: raise its limit (ulimit -n, LimitNOFILE=)"),
            (ENFILE, ". All descriptors of this system are in use (fs.file-max)"), (EPERM, ""),
        ] {
            let lines = Lines()
            let acceptance = Acceptance(
                port: "the test port", warnings: RecurringLog(Logger(label: "test") { _ in lines }))
            let channel = EmbeddedChannel(handler: AcceptGuard(acceptance))
            let error = IOError(errnoCode: code, reason: "accept")
            for _ in 0..<10 { channel.pipeline.fireErrorCaught(error) }
            #expect(lines.all.first == "the test port cannot accept a connection: \(error)\(words)")
            #expect(lines.all.count <= 2)
            #expect(throws: Never.self) { try channel.throwIfErrorCaught() }
        }
    }
}
