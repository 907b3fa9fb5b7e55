import DataTree
import Foundation
import Jute
import Storage
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import Backup

@Suite struct BackupArchiveTests {
    /// Five hundred znodes, two sessions, three ephemerals.
    static func tree(data: String = "data") throws -> DataTree {
        let tree = DataTree()
        var zxid = ZXID(epoch: Epoch(rawValue: 3), counter: 1)
        func apply(_ txn: Txn, session: Int64 = 0) throws {
            let entry = TxnEntry(
                header: TxnHeader(
                    session: SessionID(rawValue: session), cxid: 0, zxid: zxid, time: 1_700_000_000_000, type: txn.type),
                txn: txn, digest: nil)
            var writer = JuteWriter()
            entry.write(to: &writer)
            _ = try writer.withUnsafeBytes { try tree.apply($0) }
            zxid = zxid.next
        }
        func node(_ path: String, _ data: String, ephemeral: Bool = false) -> Txn {
            .create(
                CreateTxn(
                    path: path, data: Array(data.utf8), acl: [ACL(.all, .anyone)], ephemeral: ephemeral,
                    parentCVersion: -1))
        }
        try apply(.createSession(timeout: 4000), session: 0x51)
        try apply(.createSession(timeout: 9000), session: 0x52)
        try apply(node("/a", ""))
        for index in 0..<500 { try apply(node("/a/\(index)", "\(data) \(index)")) }
        try apply(node("/a/e1", "", ephemeral: true), session: 0x51)
        try apply(node("/a/e2", "", ephemeral: true), session: 0x51)
        try apply(node("/a/e3", "", ephemeral: true), session: 0x52)
        return tree
    }

    static func write(_ tree: DataTree, to path: String) throws -> BackupArchive {
        try BackupArchive.write(tree, to: path) { snapshot in
            BackupManifest(
                ensemble: "orders", server: 2, engine: "apache", engineVersion: "3.8.0", taken: 1_700_000_100_000,
                zxid: tree.lastZXID, epoch: Epoch(rawValue: 3), znodes: tree.nodeCount, ephemerals: tree.ephemeralCount,
                sessions: tree.sessionCount, digest: tree.digest, configuration: "server.1=a:1:2;3\nversion=0",
                hasTTL: tree.hasTTLNodes, snapshot: snapshot)
        }
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        let (tree, path) = (try Self.tree(), directory.path + "/b.tar")
        let written = try Self.write(tree, to: path)
        #expect(written.path == path)
        let read = try BackupArchive(reading: path)
        #expect(read.manifest == written.manifest)
        #expect(read.manifest.zxid == "0x3000001fa" && read.manifest.takenAt == "2023-11-14T22:15:00Z")
        #expect(read.manifest.sessions == 2 && read.manifest.ephemerals == 3)
        let again = try read.tree()
        #expect(again.digest == tree.digest && again.nodeCount == tree.nodeCount && again.lastZXID == tree.lastZXID)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? Int) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["b.tar"])
        // A file that is there already is never replaced.
        #expect(throws: BackupError.self) { try Self.write(tree, to: path) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["b.tar"])
    }

    /// Any one byte that changes is noticed, wherever it is: in the snapshot, the manifest, the sums, the headers or the padding.
    @Test func noByteMayChange() throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        let path = directory.path + "/b.tar"
        _ = try Self.write(try Self.tree(), to: path)
        let whole = try [UInt8](Data(contentsOf: URL(filePath: path)))
        var accepted: [Int] = []
        let offsets =
            Array(stride(from: 0, to: whole.count, by: 97))
            + Array(stride(from: whole.count - 4100, to: whole.count, by: 29))
        for offset in offsets {
            var bytes = whole
            bytes[offset] ^= 0x10
            try Data(bytes).write(to: URL(filePath: path))
            do {
                _ = try BackupArchive(reading: path).tree()
                accepted.append(offset)
            } catch {}
        }
        #expect(accepted == [])
    }

    @Test func noByteMayBeMissingOrAdded() throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        let path = directory.path + "/b.tar"
        _ = try Self.write(try Self.tree(), to: path)
        let whole = try [UInt8](Data(contentsOf: URL(filePath: path)))
        for length in Array(stride(from: 0, to: whole.count, by: 811)) + [whole.count - 1, whole.count - 512] {
            try Data(whole[..<length]).write(to: URL(filePath: path))
            #expect(throws: BackupError.self, "\(length) of \(whole.count) bytes") { try BackupArchive(reading: path) }
        }
        try Data(whole + Array("more".utf8)).write(to: URL(filePath: path))
        #expect(throws: BackupError.self) { try BackupArchive(reading: path) }
    }

    @Test func whatIsNoneSaysWhatItIs() throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        let path = directory.path + "/b.tar"
        func error(_ bytes: [UInt8]) throws -> String {
            try Data(bytes).write(to: URL(filePath: path))
            return "\(try #require(#expect(throws: BackupError.self) { try BackupArchive(reading: path) }))"
        }
        #expect(try error(Array("hello".utf8)).hasSuffix("is no backup of Paddock's: it is no tar archive"))
        let other = Tar.header(Tar.Member(name: "etc/passwd", size: 0), time: 0) + [UInt8](repeating: 0, count: 1024)
        #expect(try error(other).contains("it begins with \"etc/passwd\""))
    }

    /// One of a later Paddock, whose sums are right.
    @Test func aLaterVersionIsRefused() throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        let tree = try Self.tree()
        let error = #expect(throws: BackupError.self) {
            try BackupArchive.write(tree, to: directory.path + "/b.tar") { snapshot in
                var manifest = BackupManifest(
                    ensemble: nil, server: nil, engine: nil, engineVersion: nil, taken: 0, zxid: tree.lastZXID,
                    epoch: Epoch(rawValue: 3), znodes: 0, ephemerals: 0, sessions: 0, digest: 0, configuration: "",
                    hasTTL: false, snapshot: snapshot)
                manifest.version = 2
                return manifest
            }
        }
        #expect("\(try #require(error))".hasSuffix("has format version 2, and this Paddock knows version 1"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    }

    @Test func largeMembersHaveHeadersToo() {
        for size in [0, 1, 511, 512, 0o77_777_777_777, 0o100_000_000_000, 1 << 40] {
            let member = Tar.Member(name: "snapshot.1.gz", size: size)
            #expect(Tar.member(Tar.header(member, time: 1_700_000_000)) == member)
        }
    }

    /// The archive is a tar archive to others, and its snapshot one for `gzip -t`; its sums are for `sha256sum`.
    @Test func othersReadIt() async throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        _ = try Self.write(try Self.tree(), to: directory.path + "/b.tar")
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-ec", "cd \(directory.path); tar xf b.tar; sha256sum --quiet -c SHA256SUMS; gzip -t snapshot.3000001fa.gz",
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}

@Suite struct RestoredDataTests {
    private func archive(_ directory: TemporaryDirectory) throws -> BackupArchive {
        try BackupArchiveTests.write(try BackupArchiveTests.tree(), to: directory.path + "/b.tar")
    }

    /// Sessions are closed, their ephemerals gone, and the numbers go on far above.
    @Test func itBeginsAnew() throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        let before = try BackupArchiveTests.tree()
        let data = try RestoredData(try archive(directory))
        #expect(data.sessions == 2 && data.ephemerals == 3)
        #expect(data.tree.sessionCount == 0 && data.tree.ephemeralCount == 0)
        #expect(data.tree.nodeCount == before.nodeCount - 3)
        #expect(data.epoch == Epoch(rawValue: 3 + 65536))
        #expect(data.tree.lastZXID == ZXID(epoch: data.epoch, counter: 3))
    }

    /// The same bytes on every host, in directories apart or together, with the epochs; and what is there is never overwritten.
    @Test func everyServerGetsTheSame() throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        let archive = try archive(directory)
        func content(_ name: String, _ logs: String?) throws -> [String: Data] {
            let place = directory.path + "/" + name
            let data = try RestoredData(archive)
            let files = DataDirectory(dataDir: place, dataLogDir: logs)
            #expect(try data.place(files) == .free)
            try data.write(dataDir: place, dataLogDir: logs, configuration: "server.1=b:1:2;3\nversion=0", version: 0)
            #expect(try data.place(files) == .done)
            var found: [String: Data] = [:]
            for file in try FileManager.default.contentsOfDirectory(atPath: place + "/version-2") {
                found[file] = try Data(contentsOf: URL(filePath: place + "/version-2/" + file))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: place) == ["version-2"])
            return found
        }
        let one = try content("1", nil)
        #expect(try content("2", directory.path + "/logs") == one)
        #expect(one.keys.sorted() == ["acceptedEpoch", "currentEpoch", "snapshot.1000300000003"])
        #expect(one["currentEpoch"] == Data("65539".utf8) && one["acceptedEpoch"] == Data("65539".utf8))

        // A server loads it, and what it holds is what would be lost.
        let first = DataDirectory(dataDir: directory.path + "/1")
        let recovered = try first.recover()
        #expect(recovered.tree.digestMismatches == 0 && recovered.lastZXID == ZXID(rawValue: 0x1_0003_0000_0003))
        #expect(recovered.tree.configurationVersion == 0)
        try Data("x".utf8).write(to: URL(filePath: directory.path + "/1/version-2/log.1000400000001"))
        #expect(
            try RestoredData(archive).place(first)
                == .taken(snapshots: 1, logs: 1, last: ZXID(rawValue: 0x1_0004_0000_0000)))
    }

    /// Numbers that the restored servers gave out are not given out again by another restore, whether their data is in place or was
    /// moved aside, and whether a zxid is all that is left.
    @Test func everyRestoreGoesOnAboveTheOneBefore() throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        let archive = try archive(directory)
        let files = DataDirectory(dataDir: directory.path + "/1")
        func used() throws -> Epoch { try RestoredData.used(in: files, since: archive) }
        func restored(_ above: Epoch) throws -> Epoch { try RestoredData(archive, above: above).epoch }
        let (first, second) = (Epoch(rawValue: 3 + 65536), Epoch(rawValue: 3 + 2 * 65536))
        #expect(try restored(used()) == first)

        // Until a server runs, the same restore goes on.
        try RestoredData(archive).write(dataDir: directory.path + "/1", dataLogDir: nil, configuration: "", version: 0)
        #expect(try restored(used()) == first)
        try Data("65541".utf8).write(to: URL(filePath: directory.path + "/1/version-2/currentEpoch"))
        #expect(try restored(used()) == second)
        try FileManager.default.moveItem(
            atPath: directory.path + "/1/version-2", toPath: directory.path + "/1/version-2.before-restore-x")
        #expect(try restored(used()) == second)
        #expect(try RestoredData(archive, above: second).epoch == Epoch(rawValue: 3 + 3 * 65536))

        // A server alone leaves no epoch behind but in its logs.
        try Data().write(to: URL(filePath: directory.path + "/1/version-2.before-restore-x/log.2000300000004"))
        #expect(try restored(used()) == Epoch(rawValue: 3 + 3 * 65536))
        #expect(throws: BackupError.self) { try restored(Epoch(rawValue: .max)) }
    }

    /// Two backups of one epoch begin at the same zxid.
    @Test func anotherBackupIsNotTakenForThisOne() throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        let place = directory.path + "/1"
        try RestoredData(try archive(directory)).write(
            dataDir: place, dataLogDir: nil, configuration: "", version: 0)
        let later = try BackupArchiveTests.tree(data: "later")
        let data = try RestoredData(BackupArchiveTests.write(later, to: directory.path + "/c.tar"))
        #expect(data.tree.lastZXID == ZXID(rawValue: 0x1_0003_0000_0003))
        guard case .taken = try data.place(DataDirectory(dataDir: place)) else {
            Issue.record("it is said to be there already")
            return
        }
    }

    /// What a server leaves that was started and never written to is no data.
    @Test func anEmptyServerIsFree() throws {
        let directory = try TemporaryDirectory("backup")
        defer { directory.remove() }
        let archive = try archive(directory)
        let files = DataDirectory(dataDir: directory.path + "/1")
        _ = try files.recover()
        let data = try RestoredData(archive)
        #expect(try data.place(files) == .free)
        try data.write(dataDir: directory.path + "/1", dataLogDir: nil, configuration: "", version: 0)
        #expect(try files.recover().lastZXID == data.tree.lastZXID)
        try Data().write(to: URL(filePath: directory.path + "/1/version-2/strange"))
        #expect(try RestoredData(archive).place(DataDirectory(dataDir: directory.path + "/2")) == .free)
    }
}
