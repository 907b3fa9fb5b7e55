import Logging
import NIOCore
import NIOEmbedded
import Quorum
import ServerConfig
import Storage
import TestSupport
import Testing

@testable import ZooKeeperServer

/// The only voter of an ensemble, on an event loop of the test's: bytes are put into its channels, and no time passes by itself.
struct LoneLeader {
    let loop: NIOAsyncTestingEventLoop
    let core: NIOLoopBound<ServerCore>

    /// - Parameter lines: of the zoo.cfg, beside those that it must have.
    static func with(_ lines: String = "", _ body: (LoneLeader) async throws -> Void) async throws {
        let directory = try TemporaryDirectory("leader")
        defer { directory.remove() }
        let path = directory.path
        try "1".write(toFile: path + "/myid", atomically: true, encoding: .utf8)
        let cfg = ZooCfg(
            text: """
                dataDir=\(path)
                initLimit=10
                syncLimit=5
                preAllocSize=64
                standaloneEnabled=false
                server.1=127.0.0.1:1:2
                server.2=127.0.0.1:3:4:observer
                \(lines)
                """)
        let settings = try #require(ServerSettings.read(cfg, file: "zoo.cfg").settings)
        let loop = NIOAsyncTestingEventLoop()
        let core = try await loop.executeInContext {
            let directory = DataDirectory(dataDir: path)
            let recovered = try directory.recover()
            let core = ServerCore(
                settings: settings, directory: directory, recovered: recovered,
                membership: ServerCore.Ensemble(
                    settings: settings.ensemble!, transport: .plain, recovered: RecoveredState(), proposed: nil,
                    epochs: try Epochs(directory, lastZXID: recovered.lastZXID)),
                loop: loop, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            core.snapshotThread.start()
            core.start()
            return core.bound
        }
        let leader = LoneLeader(loop: loop, core: core)
        do {
            try await eventually("it leads") {
                await loop.advanceTime(by: .milliseconds(20))
                return try await leader.isLeading
            }
            try await body(leader)
        } catch {
            try await leader.stop()
            throw error
        }
        try await leader.stop()
    }

    private func stop() async throws { try await loop.executeInContext { [core] in core.value.shutDown {} } }

    private var isLeading: Bool {
        get async throws {
            try await loop.executeInContext { [core] in
                if case .leading = core.value.member!.status { true } else { false }
            }
        }
    }
}
