import Foundation
import Planning
import Synchronization
import Testing
import Topology
import ZooKeeperClient
import ZooKeeperProtocol

@testable import Operations

/// Servers that move from engine to engine while clients write. In the suite of all real servers: two ensembles of JVMs at once would
/// starve each other on a small machine.
extension RealEnsembleTests {
    private static let apache = EngineChoice.apache(home: nil, heap: nil)

    /// Creates znodes one after the other and remembers which were acknowledged.
    private final class Writer: Sendable {
        private let client: ZooKeeperClient
        private let acknowledged = Mutex<[String]>([])
        private let isStopping = Mutex(false)

        init(_ servers: String) throws {
            var configuration = ClientConfiguration()
            configuration.connectTimeout = .seconds(2)
            client = ZooKeeperClient(try ConnectString(servers), configuration: configuration)
        }

        var count: Int { acknowledged.withLock { $0.count } }

        func write() async throws {
            try await client.create("/migrated")
            var number = 0
            while !isStopping.withLock({ $0 }) {
                number += 1
                let path = "/migrated/\(number)"
                do {
                    try await client.create(path, data: Array(path.utf8))
                    acknowledged.withLock { $0.append(path) }
                } catch let error as ZooKeeperError where error.isOutcomeUnknown {
                    // It may be there or not; the next one has another name.
                }
            }
        }

        /// Stops writing. Returns the acknowledged znodes that are not there.
        func finish() async throws -> [String] {
            isStopping.withLock { $0 = true }
            try await client.sync("/migrated")
            let names = Set(try await client.getChildren("/migrated").names.map { "/migrated/\($0)" })
            let lost = acknowledged.withLock { $0 }.filter { !names.contains($0) }
            await client.close()
            return lost
        }
    }

    /// Debian's distribution under a name of this test's own would need a copy of it; that it is said is enough.
    private enum ApacheHome { static let path = "/usr/share/zookeeper" }

    private func topology(_ ensembles: RealEnsembles) throws -> String {
        try String(contentsOfFile: "\(ensembles.store.root(of: "moving"))/topology.yaml", encoding: .utf8)
    }

    @Test func oneServerKeepsItsData() async throws {
        try await RealEnsembles.with { ensembles in
            let home = ApacheHome.path
            let text = """
                ensemble: moving
                engine: {apache: {home: \(home), heap: 200m}}
                participants: 1
                ports: auto
                settings: {tickTime: 500, initLimit: 60, jute.maxbuffer: 4194304}

                """
            let up = try await ensembles.command("up").up(.text(text, file: "moving.yaml"))
            let servers = try ConnectString(try #require(up.status?.connect))
            try await ZooKeeperClient.with(servers) { try await $0.create("/kept", data: Array("here".utf8)) }
            // Larger than Apache takes unless its JVM is told otherwise.
            var large = ClientConfiguration()
            large.maxRequestLength = 2 << 20
            try await ZooKeeperClient.with(servers, configuration: large) { client in
                _ = try await client.create("/large", data: [UInt8](repeating: 7, count: 1_500_000))
            }

            let migrate = ensembles.command("migrate --to bundled")
            let refusal = await #expect(throws: OperationError.self) { try await migrate.migrate(nil, to: .bundled) }
            #expect(
                refusal?.message
                    == "restarting server 1 would take the quorum away: zero votes of one would be left, one is needed"
            )
            #expect(try topology(ensembles) == text)

            var options = MigrationOptions()
            options.force = true
            for (engine, size) in [(EngineChoice.bundled, 0..<30 << 20), (Self.apache, 30 << 20..<1 << 30)] {
                let report = try await migrate.migrate(nil, to: engine, options: options)
                #expect(report.steps.map(\.id) == [1])
                #expect(report.lost == 0)
                let status = try await migrate.status(nil)
                #expect(status.health == .healthy, "\(status.problems)")
                #expect(status.servers.map(\.engine) == [engine.name])
                #expect(status.servers.allSatisfy { size.contains($0.memory ?? 0) })
                // Back to the very distribution and heap that it came from.
                let written = engine == .bundled ? "bundled" : "{apache: {home: \(home), heap: 200m}}"
                #expect(try topology(ensembles).hasPrefix("ensemble: moving\nengine: \(written)\nparticipants: 1\n"))
                let data = try await ZooKeeperClient.with(servers) { try await $0.getData("/kept").data }
                #expect(data == Array("here".utf8))
                // Nothing is left to do, for a second migration and for `up`.
                #expect(try await migrate.migrate(nil, to: engine).steps == [])
                #expect(try await ensembles.command("up").up(.stored(nil)).actions == [])
            }
            let audit = ensembles.store.audit.entries(of: "moving").map(\.did)
            #expect(audit.contains("switch server 1 from apache to bundled"))

            // Of an ensemble that is down only the topology changes.
            _ = try await ensembles.command("down").down(nil)
            #expect(
                try await migrate.migrationPlan(nil, to: .bundled).steps.map(\.text) == [
                    "switch server 1 from apache to bundled"
                ])
            #expect(try await migrate.migrate(nil, to: .bundled).steps == [])
            let again = try await ensembles.command("up").up(.stored(nil))
            #expect(again.status?.servers.map(\.engine) == ["bundled"])
        }
    }

    @Test func threeServersMoveAndComeBackWhileAClientWrites() async throws {
        try await RealEnsembles.with { ensembles in
            let text = """
                ensemble: moving
                engine: apache
                participants: 3
                ports: auto
                settings: {tickTime: 500, initLimit: 20, syncLimit: 10}

                """
            let up = try await ensembles.command("up").up(.text(text, file: "moving.yaml"))
            let writer = try Writer(try #require(up.status?.connect))
            let writing = Task { try await writer.write() }
            try await eventually("the client writes") { writer.count > 10 }

            let migrate = ensembles.command("migrate")
            let leader = try #require(try await migrate.status(nil).leader)
            #expect(try await migrate.migrationPlan(nil, to: .bundled).steps.last?.id == leader)
            // One by itself, which is the mixed ensemble; then the rest.
            let follower = try #require([1, 2, 3].first { $0 != leader })
            let one = try await migrate.migrate(nil, to: .bundled, servers: ["\(follower)"])
            #expect(one.steps.map(\.id) == [follower])
            let engines = Dictionary(
                uniqueKeysWithValues: try await migrate.status(nil).servers.map { ($0.id, $0.engine) })
            #expect(engines.filter { $0.value == "bundled" }.map(\.key) == [follower])
            #expect(try topology(ensembles).contains("- {id: \(follower), engine: bundled}\n"))

            for engine in [EngineChoice.bundled, Self.apache] {
                let before = writer.count
                let report = try await migrate.migrate(nil, to: engine)
                #expect(report.lost == 0)
                #expect(report.steps.count == (engine == .bundled ? 2 : 3))
                #expect(report.steps.last?.role == .leader)
                #expect(report.longestWriteGap.duration > .zero)
                let status = try await migrate.status(nil)
                #expect(status.health == .healthy, "\(status.problems)")
                #expect(status.servers.allSatisfy { $0.engine == engine.name })
                try await eventually("the client goes on writing") { writer.count > before + 10 }
            }
            #expect(try await writer.finish() == [])
            try await writing.value
        }
    }
}
