import Backup
import DataTree
import Foundation
import Jute
import Membership
import Planning
import Synchronization
import Testing
import ZooKeeperClient
import ZooKeeperProtocol

@testable import Operations

/// Backups of real ensembles under load, restored to the other engine and to another number of servers.
@Suite(.serialized) struct RealBackupTests {
    private static func topology(
        _ name: String, _ engine: String, participants: Int, observers: Int = 0
    ) -> TopologySource {
        // Apache 3.8.0 counts digests wrongly now and then, and a backup of what cannot be trusted is refused.
        let digests = engine == "apache" ? ", digest.enabled: false" : ""
        return .text(
            """
            ensemble: \(name)
            engine: \(engine)
            ports: auto
            settings: {tickTime: 500, initLimit: 20, syncLimit: 10\(digests)}
            participants: \(participants)
            observers: \(observers)

            """, file: "\(name).yaml")
    }

    /// Creates znodes one after the other, and remembers which were acknowledged.
    private final class Writer: Sendable {
        private let acknowledged: Shared
        private let task: Task<Void, any Error>

        private final class Shared: Sendable { let paths = Mutex<[String]>([]) }

        init(_ client: ZooKeeperClient, under parent: String) {
            let acknowledged = Shared()
            self.acknowledged = acknowledged
            task = Task {
                try await client.create(parent)
                for index in 0... {
                    try Task.checkCancellation()
                    let path = "\(parent)/\(index)"
                    try await client.create(path, data: Array("value \(index)".utf8))
                    acknowledged.paths.withLock { $0.append(path) }
                }
            }
        }

        var paths: [String] { acknowledged.paths.withLock { $0 } }

        func wait(for count: Int) async throws {
            let deadline = ContinuousClock.now + .seconds(60)
            while paths.count < count, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
            #expect(paths.count >= count)
        }

        func stop() async {
            task.cancel()
            _ = await task.result
        }
    }

    /// What of a znode must survive; of a parent of ephemerals its children's numbers may not.
    private struct Node: Hashable {
        var data: [UInt8]?
        var acl: [ACL]
        var created: ZXID
        var modified: ZXID
        var times: [Int64]
        var versions: [Int32]
    }

    private func walk(_ client: ZooKeeperClient, _ path: String = "/") async throws -> [String: Node] {
        var found: [String: Node] = [:]
        let (data, stat) = try await client.getData(path)
        if stat.ephemeralOwner == .none, path != "/zookeeper/config" {
            found[path] = Node(
                data: data, acl: try await client.getACL(path).acl, created: stat.czxid, modified: stat.mzxid,
                times: [stat.ctime, stat.mtime], versions: [stat.version, stat.aversion])
        }
        for name in try await client.getChildren(path).names {
            found.merge(try await walk(client, path == "/" ? "/\(name)" : "\(path)/\(name)")) { $1 }
        }
        return found
    }

    private func contains(_ tree: DataTree, _ path: String) -> Bool {
        var request = JuteWriter()
        request.write(path)
        request.write(false)
        var reply = JuteWriter()
        let reader = Reader(connection: ClientID(rawValue: 0), session: .none)
        return request.withUnsafeBytes { tree.read(.exists, $0, for: reader, into: &reply) } == .ok
    }

    /// A backup under load has all that was acknowledged before; gives the znodes when the load is over.
    private func backUpUnderLoad(_ ensembles: RealEnsembles, _ name: String, load: String) async throws -> String {
        let connect = try ConnectString(try ensembles.store.open(name).topology.connectString)
        let file = ensembles.store.directory + "/\(name).tar"
        try await ZooKeeperClient.with(connect) { client in
            let writer = Writer(client, under: load)
            try await writer.wait(for: 200)
            let before = writer.paths
            let report = try await ensembles.command("backup").backup(.ensemble(name, server: nil), to: file)
            let after = writer.paths
            await writer.stop()
            #expect(after.count > before.count, "the load went on")
            #expect(report.notes == [])
            let tree = try BackupArchive(reading: file).tree()
            #expect(
                before.allSatisfy { contains(tree, $0) },
                "\(before.count { !contains(tree, $0) }) of \(before.count) are missing")
        }
        return file
    }

    /// One life in one test, since it is the booting of JVMs that takes the time: bundled servers, restored to Apache's, and those restored
    /// to more bundled ones.
    @Test func acrossEnginesAndNumbersOfServers() async throws {
        try await RealEnsembles.with { ensembles in
            _ = try await ensembles.command("up").up(Self.topology("one", "bundled", participants: 3, observers: 1))
            _ = try await backUpUnderLoad(ensembles, "one", load: "/load")
            let one = try ConnectString(try ensembles.store.open("one").topology.connectString)
            let holder = try await ZooKeeperClient.connect(to: one)
            try await holder.create("/secret", data: [0, 1, 255], acl: [ACL(.read, .anyone)])
            try await holder.create("/load/lock", mode: .ephemeralSequential)
            let expected = try await walk(holder)
            let quiet = ensembles.store.directory + "/quiet.tar"
            let backup = try await ensembles.command("backup").backup(.ensemble("one", server: 3), to: quiet)
            #expect(backup.ephemerals == 1 && backup.server == 3 && backup.engine == "bundled")
            // Later than the backup: what is there to be refused for, by a server that is behind a client.
            let later = try await holder.create("/later").stat.czxid

            // Nothing is written where something runs, or where there is data.
            let running = await #expect(throws: OperationError.self) {
                try await ensembles.command("restore").restore(quiet, to: .ensemble("one", nil))
            }
            #expect(running?.message.hasPrefix("one is running (servers 1, 2, 3 and 4)") == true)
            let two = try await restored(
                ensembles, quiet, "two", Self.topology("two", "apache", participants: 3), servers: 3, expected, holder,
                later)

            let file = try await backUpUnderLoad(ensembles, "two", load: "/more")
            let last = try await ZooKeeperClient.with(two) { try await walk($0) }
            _ = try await ensembles.command("down").down("two")
            // Of what is stopped it is what the best of them has.
            let stopped = ensembles.store.directory + "/stopped.tar"
            let all = try await ensembles.command("backup").backup(.ensemble("two", server: nil), to: stopped)
            #expect(all.zxid > (try BackupArchive(reading: file)).manifest.zxid)
            _ = try await restored(
                ensembles, stopped, "three", Self.topology("three", "bundled", participants: 5), servers: 5, last,
                holder, later)
            await holder.close()
            try await ensemblesWithDataAreKept(ensembles, quiet)
        }
    }

    /// Restores to a new ensemble, starts it and compares.
    private func restored(
        _ ensembles: RealEnsembles, _ file: String, _ name: String, _ topology: TopologySource, servers: Int,
        _ expected: [String: Node], _ holder: ZooKeeperClient, _ later: ZXID
    ) async throws -> ConnectString {
        let report = try await ensembles.command("restore").restore(file, to: .ensemble(nil, topology))
        #expect(report.servers.count == servers && report.servers.allSatisfy { $0.change == .written })
        // An interrupted one is repeated: what is done is found done.
        let again = try await ensembles.command("restore").restore(file, to: .ensemble(name, nil))
        #expect(again.servers.allSatisfy { $0.change == .unchanged })
        let up = try await ensembles.command("up").up(.stored(name))
        #expect(up.status?.health == .healthy, "\(up.status?.problems ?? [])")
        let connect = try ConnectString(try ensembles.store.open(name).topology.connectString)
        try await ZooKeeperClient.with(connect) { client in
            let found = try await walk(client)
            #expect(found == expected, "\(Set(found.keys).symmetricDifference(expected.keys).sorted().prefix(5))")
            // Zxids are above all that were given away, so that fencing tokens stay in order.
            #expect(try await client.create("/after").stat.czxid > later)
            let members = try await client.getConfiguration().text ?? ""
            let own = try ensembles.store.open(name).topology
            #expect(own.servers.allSatisfy { members.contains("server.\($0.id)=\($0.host):\($0.ports.quorum):") })
            try await client.delete("/after")
        }
        // A client of the backup's time is told that its session has ended.
        var configuration = ClientConfiguration()
        configuration.session = holder.session
        let error = await #expect(throws: ZooKeeperError.self) {
            try await ZooKeeperClient.connect(to: connect, configuration: configuration)
        }
        #expect(error?.code == .sessionExpired, "\(String(describing: error))")
        return connect
    }

    private func ensemblesWithDataAreKept(_ ensembles: RealEnsembles, _ file: String) async throws {
        _ = try await ensembles.command("down").down("three")
        let refused = await #expect(throws: OperationError.self) {
            try await ensembles.command("restore").restore(file, to: .ensemble("three", nil))
        }
        #expect(refused?.message.contains("nothing was touched") == true)
        #expect(refused?.details.count == 5 && refused?.mend?.contains("--move-aside") == true)
        var options = RestoreOptions()
        (options.dryRun, options.movesAside) = (true, true)
        let plan = try await ensembles.command("restore").restore(file, to: .ensemble("three", nil), options: options)
        #expect(plan.servers.allSatisfy { $0.moved.count == 1 })
        #expect(!FileManager.default.fileExists(atPath: plan.servers[0].moved[0].to))
        options.dryRun = false
        let done = try await ensembles.command("restore").restore(file, to: .ensemble("three", nil), options: options)
        #expect(done.servers.allSatisfy { FileManager.default.fileExists(atPath: $0.moved[0].to) })
        #expect(ensembles.store.audit.entries(of: "three").map(\.did).contains("restore server 5"))
    }
}
