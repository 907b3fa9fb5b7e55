import DataTree
import DurableFiles
import Glibc
import Jute
import Testing
import ZooKeeperProtocol

@testable import Storage

/// Loading data directories: those that Apache ZooKeeper 3.8.0 left after kill -9, and damaged ones.
@Suite struct RecoveryTests {
    /// Apache's directories load to exactly the tree that Apache showed.
    @Test(arguments: [
        ("a-logs-only", 0x201, 513), ("b-snapshots", 0xd2, 12), ("c-restarted", 0x209, 8), ("d-nodigest", 0x7, 7),
        ("e-gzip", 0x9, 2), ("f-snappy", 0x9, 2),
    ])
    func standalone(name: String, zxid: Int64, replayed: Int) throws {
        let recovered = try copy("standalone/\(name)").recover()
        #expect(recovered.lastZXID == ZXID(rawValue: zxid))
        #expect(recovered.replayed == replayed)
        #expect(recovered.tree.digestMismatches == 0)
        #expect(recovered.notes == [])
        try ExpectedTree("standalone/\(name)/expected.json").expectEqual(recovered.tree)
    }

    /// Every server of Apache's ensemble has the same tree, and its epochs.
    @Test(arguments: ["s1", "s2", "s3", "s4"])
    func ensemble(name: String) throws {
        let directory = copy("ensemble/\(name)")
        let recovered = try directory.recover()
        #expect(recovered.lastZXID == ZXID(rawValue: 0x2_0000_0012))
        #expect(recovered.tree.digestMismatches == 0)
        try ExpectedTree("ensemble/expected.json").expectEqual(recovered.tree, exceptConfig: true)
        let epochs = try Epochs(directory, lastZXID: recovered.lastZXID)
        #expect(epochs.current == Epoch(rawValue: 2))
        #expect(epochs.accepted == Epoch(rawValue: 2))
    }

    /// A crash between a leader's txns and currentEpoch leaves the epoch that was promised; without a promise, a contradiction.
    @Test func epochBehindLog() throws {
        let directory = copy("ensemble/s1")
        let files = directory.files as! SimulatedFiles
        let recovered = try directory.recover()
        files.set("/d/version-2/currentEpoch", Array("1".utf8))
        let epochs = try Epochs(directory, lastZXID: recovered.lastZXID)
        #expect(epochs.current == Epoch(rawValue: 2))
        #expect(files.content("/d/version-2/currentEpoch") == Array("2".utf8))

        files.set("/d/version-2/currentEpoch", Array("1".utf8))
        files.set("/d/version-2/acceptedEpoch", Array("1".utf8))
        let error = #expect(throws: StorageError.self) { try Epochs(directory, lastZXID: recovered.lastZXID) }
        #expect(
            try #require(error).description.contains(
                "acceptedEpoch is 1, below the epoch 2 of the last txn 0x200000012"))
    }

    /// Txns that were logged twice are applied once.
    @Test func loggedTwice() throws {
        let directory = copy("standalone/a-logs-only")
        let files = directory.files as! SimulatedFiles
        let expected = try directory.recover()
        let path = try #require(directory.logFiles().last).path
        let reader = try TxnLogReader(path, files: files)
        let beginning = reader.offset
        while try reader.next() {}
        let content = try #require(files.content(path))
        files.set(path, Array(content[..<reader.offset]) + content[beginning...])
        var zxids: [ZXID] = []
        let recovered = try directory.recover { zxid, _ in zxids.append(zxid) }
        #expect(recovered.tree.digest == expected.tree.digest)
        #expect(recovered.tree.digestMismatches == 0)
        #expect(recovered.replayed == expected.replayed)
        #expect(zxids == zxids.sorted())
    }

    /// Apache's trees, written by us as a snapshot, load to the same tree.
    @Test(arguments: ["standalone/b-snapshots", "standalone/c-restarted", "standalone/e-gzip", "ensemble/s3"])
    func rewriteSnapshots(name: String) throws {
        let tree = try copy(name).recover().tree
        let other = DataDirectory(dataDir: "/other", files: SimulatedFiles())
        try other.writeWhole(tree, digest: true)
        let again = try other.load(try #require(other.snapshotFiles().first))
        #expect(again.lastZXID == tree.lastZXID)
        #expect(again.digest == tree.digest)
        #expect(again.sessions.map(\.id) == tree.sessions.map(\.id))
        #expect(again.digestMismatches == 0)
        let expected = name.hasPrefix("ensemble") ? "ensemble/expected.json" : name + "/expected.json"
        try ExpectedTree(expected).expectEqual(again, exceptConfig: true)
    }

    /// A new directory gets Apache's empty snapshot, byte for byte.
    @Test func newDirectory() throws {
        let files = SimulatedFiles()
        let directory = DataDirectory(dataDir: "/d", files: files)
        let recovered = try directory.recover()
        #expect(recovered.lastZXID == .zero)
        #expect(recovered.tree.nodeCount == 5)
        let written = try #require(files.content("/d/version-2/snapshot.0"))
        #expect(written == (try DurableFile.read(fixture("standalone/a-logs-only/version-2/snapshot.0"))))
        files.crash()
        #expect(files.paths == ["/d/version-2/snapshot.0"])
        #expect(try directory.recover().snapshot?.zxid == .zero)
    }

    /// A torn last record is cut off the file, and the rest loads.
    @Test func tornEnd() throws {
        let directory = copy("standalone/d-nodigest")
        let files = directory.files as! SimulatedFiles
        let path = directory.logPath(ZXID(rawValue: 1))
        let whole = try #require(files.content(path))
        let reader = try TxnLogReader(path, files: files)
        var last = 0
        var offset = reader.offset
        while try reader.next() { (last, offset) = (offset, reader.offset) }
        // The first four bytes of a record are zeros: torn there, nothing of it is left.
        for end in last + 5..<offset {
            files.set(path, Array(whole[..<end]) + [UInt8](repeating: 0, count: whole.count - end))
            let recovered = try directory.recover()
            #expect(recovered.lastZXID == ZXID(rawValue: 6))
            #expect(recovered.notes.count == 1)
            #expect(
                recovered.notes.first?.hasPrefix(
                    "cut a torn record off the end of /d/version-2/log.1 at offset \(last): ") == true)
            #expect(files.content(path)?.count == last)
            #expect(try directory.recover().notes == [])
        }
    }

    /// A record damaged in the middle is an error that names file, offset and the way out.
    @Test func damagedInTheMiddle() throws {
        let directory = copy("standalone/d-nodigest")
        let files = directory.files as! SimulatedFiles
        let path = directory.logPath(ZXID(rawValue: 1))
        var content = try #require(files.content(path))
        content[90] ^= 1
        files.set(path, content)
        let error = #expect(throws: StorageError.self) { try directory.recover() }
        let text = try #require(error).description
        #expect(text.contains("the txn log /d/version-2/log.1 is damaged at offset "))
        #expect(text.contains("its checksum is wrong, and intact txns follow"))
        #expect(text.contains("truncate -s "))
    }

    /// What is taken away, and what is then missing where.
    static let gaps: [(name: String, removed: [String], error: String)] = [
        (
            "standalone/a-logs-only", ["log.aa"],
            "txns are missing: /d/version-2/log.39 ends with zxid 0xa9, and the next one there is, in /d/version-2/log.111 at offset 16, is 0x111. "
        ),
        (
            "standalone/a-logs-only", ["log.39", "log.aa"],
            "txns are missing: /d/version-2/log.1 ends with zxid 0x38, and the next one there is, in /d/version-2/log.111 at offset 16, is 0x111. "
        ),
        (
            "standalone/a-logs-only", ["log.1"],
            "txns are missing: /d/version-2/snapshot.0 ends with zxid 0x0, and the next one there is, in /d/version-2/log.39 at offset 16, is 0x39. "
        ),
    ]

    /// A log that is missing in the middle is an error that says what is missing and the way out.
    @Test(arguments: gaps)
    func missingLog(name: String, removed: [String], expected: String) throws {
        let directory = copy(name)
        for file in removed { try directory.files.remove("/d/version-2/" + file) }
        let error = #expect(throws: StorageError.self) { try directory.recover() }
        let text = try #require(error).description
        #expect(text.hasPrefix(expected))
        #expect(text.contains("move this server's version-2 directory away (keep myid)"))
        #expect(
            text.hasSuffix(
                "move \(text.contains("log.111 at") ? "/d/version-2/log.111" : "/d/version-2/log.39") and the later log files away"
            ))
    }

    /// Txns missing behind the snapshot, behind a torn record, inside a file or at the beginning of an epoch are an error.
    @Test func missingTxns() throws {
        // What a server has lost that joined with snapshots, and has an older one left.
        var directory = copy("standalone/b-snapshots")
        for snapshot in try directory.snapshotFiles() where snapshot.zxid > .zero {
            try directory.files.remove(snapshot.path)
        }
        try directory.files.remove("/d/version-2/log.23")
        #expect(throws: StorageError.self) { try directory.recover() }

        directory = copy("standalone/a-logs-only")
        var files = directory.files as! SimulatedFiles
        let path = directory.logPath(ZXID(rawValue: 0x39))
        let reader = try TxnLogReader(path, files: files)
        var offsets = [reader.offset]
        while try reader.next() { offsets.append(reader.offset) }
        let content = try #require(files.content(path))
        files.set(path, Array(content[..<(offsets[0xa7 - 0x39 + 1] + 20)]))
        var error = #expect(throws: StorageError.self) { try directory.recover() }
        #expect(
            try #require(error).description.hasPrefix(
                "txns are missing: /d/version-2/log.39 ends with zxid 0xa7, and the next one there is, in /d/version-2/log.aa at offset 16, is 0xaa."
            ))

        files.set(path, Array(content[..<offsets[3]] + content[offsets[5]...]))
        error = #expect(throws: StorageError.self) { try directory.recover() }
        let text = try #require(error).description
        #expect(text.contains("in /d/version-2/log.39 at offset \(offsets[3]), is 0x3e"))
        #expect(text.contains("run `truncate -s \(offsets[3]) /d/version-2/log.39` and move the later log files away"))

        directory = copy("ensemble/s2")
        files = directory.files as! SimulatedFiles
        let second = directory.logPath(ZXID(rawValue: 0x2_0000_0001))
        let epoch = try TxnLogReader(second, files: files)
        let start = epoch.offset
        _ = try epoch.next()
        let whole = try #require(files.content(second))
        for snapshot in try directory.snapshotFiles().filter({ $0.zxid >= ZXID(rawValue: 0x2_0000_0001) }) {
            try files.remove(snapshot.path)
        }
        files.set(second, Array(whole[..<start] + whole[epoch.offset...]))
        #expect(throws: StorageError.self) { try directory.recover() }
    }

    /// A damaged snapshot is passed over for an older one; with none left the server does not start.
    @Test func damagedSnapshots() throws {
        let directory = copy("standalone/b-snapshots")
        let files = directory.files as! SimulatedFiles
        for snapshot in try directory.snapshotFiles() {
            if snapshot.zxid != .zero {
                let recovered = try directory.recover()
                #expect(recovered.snapshot == snapshot)
                #expect(recovered.lastZXID == ZXID(rawValue: 0xd2))
                try ExpectedTree("standalone/b-snapshots/expected.json").expectEqual(recovered.tree)
            }
            var content = try #require(files.content(snapshot.path))
            content[content.count / 2] ^= 0x10
            files.set(snapshot.path, content)
        }
        let error = #expect(throws: StorageError.self) { try directory.recover() }
        #expect(try #require(error).description.hasPrefix("no snapshot in /d/version-2 can be loaded ("))
    }

    /// Logs without a snapshot are refused, unless the settings trust them.
    @Test func noSnapshot() throws {
        let directory = copy("standalone/a-logs-only")
        try directory.files.remove(directory.snapshotPath(.zero))
        let error = #expect(throws: StorageError.self) { try directory.recover() }
        #expect(try #require(error).description.hasPrefix("there are txn logs but no snapshot in /d/version-2"))
        var options = RecoveryOptions()
        options.trustsEmptySnapshot = true
        let recovered = try directory.recover(options)
        try ExpectedTree("standalone/a-logs-only/expected.json").expectEqual(recovered.tree)
        #expect(
            recovered.notes == [
                "began without a snapshot, as snapshot.trust.empty allows; /d/version-2/snapshot.201 is written now: remove snapshot.trust.empty from zoo.cfg"
            ])
        // The key was needed once.
        (directory.files as! SimulatedFiles).crash()
        let again = try directory.recover()
        #expect(again.snapshot?.zxid == ZXID(rawValue: 0x201))
        #expect(again.tree.digest == recovered.tree.digest)
        #expect(again.tree.digestMismatches == 0)
    }

    /// What a killed server had allocated ahead is given back at the next start.
    @Test func trimmed() throws {
        let directory = copy("standalone/c-restarted")
        let files = directory.files as! SimulatedFiles
        let before = files.paths.reduce(0) { $0 + (files.content($1)?.count ?? 0) }
        let recovered = try directory.recover()
        let newest = try #require(directory.logFiles().last)
        let reader = try TxnLogReader(newest.path, files: files)
        while try reader.next() {}
        #expect(!reader.hasPadding)
        #expect(files.paths.reduce(0) { $0 + (files.content($1)?.count ?? 0) } < before)
        #expect(try directory.recover().tree.digest == recovered.tree.digest)
    }

    /// A tree that differs from its digests is known to differ until a leader's tree takes its place.
    @Test func mismatch() throws {
        let directory = copy("standalone/b-snapshots")
        let files = directory.files as! SimulatedFiles
        #expect(try directory.recover().tree.digestMismatches == 0)
        #expect(files.content(directory.mismatchMark) == nil)
        try directory.noteThatItDiffers(at: ZXID(rawValue: 0xd1))
        files.crash()
        let recovered = try directory.recover()
        #expect(recovered.tree.digestMismatches == 1)
        let writer = try SnapshotWriter(directory, zxid: ZXID(rawValue: 0x1_0000_0007))
        try writer.write([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x2f])
        try directory.replaceAll(by: writer)
        #expect(files.content(directory.mismatchMark) == nil)
    }

    /// A tree whose log does not fit its snapshot leaves the mark when it is loaded.
    @Test func mismatchAtLoad() throws {
        let directory = copy("standalone/a-logs-only")
        // A snapshot that lacks what the first log made.
        let files = directory.files as! SimulatedFiles
        let writer = try SnapshotWriter(directory, zxid: ZXID(rawValue: 0x38))
        try writer.write([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x2f])
        try writer.finish(digest: (zxid: writer.zxid, value: 1))
        let recovered = try directory.recover()
        #expect(recovered.tree.digestMismatches > 0)
        #expect(
            files.content(directory.mismatchMark).map { String(decoding: $0, as: UTF8.self) }
                == "the tree differs from the digests of its txns, first seen at zxid \(recovered.lastZXID)\n")
    }

    /// An empty log file, which Apache 3.8.0 dies of, is skipped.
    @Test func emptyLog() throws {
        let directory = copy("standalone/d-nodigest")
        (directory.files as! SimulatedFiles).set(directory.logPath(ZXID(rawValue: 8)), [])
        #expect(try directory.recover().lastZXID == ZXID(rawValue: 7))
    }

    /// TRUNC leaves what Apache's leaves, and no snapshot that would bring the txns back.
    @Test func truncate() throws {
        let directory = copy("trunc/1-old-leader-with-3-extra-txns")
        let files = directory.files as! SimulatedFiles
        files.set(directory.snapshotPath(ZXID(rawValue: 0x1_0000_0009)), [1, 2, 3])
        try directory.truncate(to: ZXID(rawValue: 0x1_0000_0007))
        let apache = try DurableFile.read(fixture("trunc/2-same-server-after-TRUNC/version-2/log.100000001"))
        #expect(files.content(directory.logPath(ZXID(rawValue: 0x1_0000_0001))) == apache)
        #expect(try directory.snapshotFiles().map(\.zxid) == [.zero])
        #expect(try directory.recover().lastZXID == ZXID(rawValue: 0x1_0000_0007))
    }

    /// A learner is sent a part of the log only if nothing is missing in it, in the numbers or between two epochs.
    @Test func readLog() throws {
        func zxids(_ directory: DataDirectory, _ zxid: Int64) throws -> [Int64]? {
            try directory.readLog(from: ZXID(rawValue: zxid))?.map(\.zxid.rawValue)
        }
        let directory = copy("standalone/a-logs-only")
        let all = Array(0x50...0x201 as ClosedRange<Int64>)
        #expect(try zxids(directory, 0x50) == all)
        // A record that was logged twice is sent once.
        let files = directory.files as! SimulatedFiles
        let path = directory.logPath(ZXID(rawValue: 0x39))
        let reader = try TxnLogReader(path, files: files)
        let beginning = reader.offset
        while try reader.next() {}
        let content = try #require(files.content(path))
        files.set(path, Array(content[..<reader.offset]) + content[beginning...])
        #expect(try zxids(directory, 0x50) == all)
        // An Apache server that was sent a whole tree keeps the logs from before.
        try files.remove(directory.logPath(ZXID(rawValue: 0xaa)))
        #expect(try zxids(directory, 0x50) == nil)
        #expect(try zxids(directory, 0x111) == Array(0x111...0x201))

        let ensemble = copy("ensemble/s2")
        let crossing = try #require(try zxids(ensemble, 0x1_0000_0005))
        #expect(crossing.first == 0x1_0000_0005)
        #expect(crossing.last == 0x2_0000_0012)
        (ensemble.files as! SimulatedFiles).set(ensemble.snapshotPath(ZXID(rawValue: 0x2_0000_0000)), [1])
        #expect(try zxids(ensemble, 0x1_0000_0005) == nil)
        #expect(try zxids(ensemble, 0x2_0000_0001)?.first == 0x2_0000_0001)
    }

    /// Purging keeps the newest three snapshots and the logs they need.
    @Test func purge() throws {
        let directory = copy("standalone/b-snapshots")
        let removed = try directory.purge(keep: 3)
        #expect(
            removed.map { String($0.dropFirst("/d/version-2/".count)) } == [
                "snapshot.4c", "snapshot.21", "snapshot.0", "log.1", "log.23",
            ])
        try ExpectedTree("standalone/b-snapshots/expected.json").expectEqual(try directory.recover().tree)
        #expect(try directory.purge(keep: 3) == [])
    }

    /// A second server on one dataDir is refused and told who has it.
    @Test func lock() throws {
        var template = Array("/tmp/paddock-lock-XXXXXX".utf8CString)
        let path = String(cString: mkdtemp(&template))
        defer { rmdir(path) }
        let lock = try DirectoryLock(dataDir: path)
        let error = #expect(throws: StorageError.self) { try DirectoryLock(dataDir: path) }
        #expect(
            try #require(error).description.hasPrefix(
                "dataDir \(path) is in use by process \(getpid()): two servers must not share one; stop that one first, or give this one another dataDir"
            ))
        withExtendedLifetime(lock) {}
        unlink(path + "/paddock.lock")
    }

    /// Both directories are locked, under every name; strangers can neither lock the files nor lay links there.
    @Test func locks() throws {
        var template = Array("/tmp/paddock-lock-XXXXXX".utf8CString)
        let root = String(cString: mkdtemp(&template))
        let (a, b, log) = (root + "/a", root + "/b", root + "/log")
        for directory in [a, b, log] { mkdir(directory, 0o755) }
        symlink(log, root + "/same")
        let mask = umask(0)
        defer {
            umask(mask)
            for directory in [a, b, log] {
                unlink(directory + "/paddock.lock")
                rmdir(directory)
            }
            unlink(root + "/same")
            rmdir(root)
        }
        func refusal(_ dataDir: String, _ dataLogDir: String? = nil) -> String {
            do throws(StorageError) {
                _ = try DirectoryLock(dataDir: dataDir, dataLogDir: dataLogDir)
                return ""
            } catch { return error.description }
        }
        close(open(log + "/paddock.lock", O_RDWR | O_CREAT, 0o666))
        let lock = try DirectoryLock(dataDir: a, dataLogDir: log)
        for path in [a, log] {
            var status = stat()
            stat(path + "/paddock.lock", &status)
            #expect(status.st_mode & 0o777 == 0o600)
        }
        #expect(refusal(b, log).hasPrefix("dataLogDir \(log) is in use by process \(getpid()): "))
        #expect(refusal(b, root + "/same").hasPrefix("dataLogDir \(root)/same is in use by"))
        #expect(refusal(log).hasPrefix("dataDir \(log) is in use by"))
        #expect(refusal(b, a).hasPrefix("dataLogDir \(a) is in use by"))
        // What was taken before the refusal is free again, and one directory under two names is no conflict.
        #expect(refusal(b, root + "/b/.") == "")
        unlink(b + "/paddock.lock")
        symlink("/etc/passwd", b + "/paddock.lock")
        #expect(refusal(b) == "cannot open \(b)/paddock.lock: Too many levels of symbolic links")
        withExtendedLifetime(lock) {}
    }

    /// A log ahead of currentEpoch, as a crash during synchronisation leaves it, lifts the epoch and says so.
    @Test func logAheadOfEpoch() throws {
        let directory = copy("ensemble/s1")
        let files = directory.files as! SimulatedFiles
        files.set("/d/version-2/currentEpoch", Array("1".utf8))
        let last = try directory.recover().lastZXID
        let epochs = try Epochs(directory, lastZXID: last)
        #expect(epochs.current == Epoch(rawValue: 2))
        #expect(
            epochs.notes == [
                "currentEpoch was 1, but the last txn 0x200000012 is of epoch 2: a crash came between the two, the server is in epoch 2"
            ])
        files.crash()
        #expect(files.content("/d/version-2/currentEpoch") == Array("2".utf8))
        #expect(try Epochs(directory, lastZXID: last).notes == [])
    }

    /// An acceptedEpoch below what the server already follows is refused.
    @Test func acceptedEpochTooLow() throws {
        let directory = copy("ensemble/s1")
        (directory.files as! SimulatedFiles).set("/d/version-2/acceptedEpoch", Array("1".utf8))
        let error = #expect(throws: StorageError.self) {
            try Epochs(directory, lastZXID: ZXID(rawValue: 0x2_0000_0012))
        }
        #expect(try #require(error).description.contains("acceptedEpoch is 1, below the epoch 2 of currentEpoch"))
    }

    /// A fixture's directory in memory, as dataDir `/d`.
    private func copy(_ name: String) -> DataDirectory {
        let files = SimulatedFiles()
        let source = fixture(name) + "/version-2"
        for file in try! #require(try! SystemFiles().list(source)) {
            files.set("/d/version-2/" + file, try! DurableFile.read(source + "/" + file))
        }
        return DataDirectory(dataDir: "/d", files: files)
    }
}
