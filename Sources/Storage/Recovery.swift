import DataTree
import DurableFiles
import Jute
import ZooKeeperProtocol

/// What the server found on its disk.
package struct Recovered {
    package var tree: DataTree
    /// The snapshot it began from; nil when there was none.
    package var snapshot: DataDirectory.SnapshotFile?
    /// Log records applied on top of it.
    package var replayed = 0
    /// What deserves a line in the server's log: a torn record that was cut, a snapshot that was passed over.
    package var notes: [String] = []
    /// Where the last txn loaded was found.
    fileprivate var source: String { newestLog ?? snapshot?.path ?? "the empty tree" }
    fileprivate var newestLog: String?

    package var lastZXID: ZXID { tree.lastZXID }
}

/// How `DataDirectory.recover` treats what it finds.
package struct RecoveryOptions: Sendable {
    package var access = AccessControl()
    /// Spreads names over hash buckets.
    package var seed: UInt64 = 0
    /// `snapshot.trust.empty`: logs without a snapshot begin with the first txn.
    package var trustsEmptySnapshot = false
    /// `digest.enabled`: the empty snapshot of a new directory carries a digest.
    package var writesDigest = true

    package init() {}
}

extension DataDirectory {
    /// Loads the newest snapshot that is intact and applies every later txn (Apache's `FileTxnSnapLog.restore`). A
    /// directory that is empty gets an empty snapshot, so that a later start can tell "new" from "lost".
    ///
    /// - Parameter each: called with every record applied, for a leader's committed log.
    package func recover(
        _ options: RecoveryOptions = RecoveryOptions(), each: (ZXID, UnsafeRawBufferPointer) -> Void = { _, _ in }
    ) throws(StorageError) -> Recovered {
        try prepare()
        var recovered = try loadNewestSnapshot(options)
        try replay(into: &recovered, each)
        if recovered.snapshot == nil, try !logFiles().isEmpty {
            // The logs were trusted for this once: from now on there is a snapshot, and the key can go.
            try writeWhole(recovered.tree, digest: options.writesDigest)
            recovered.notes.append(
                "began without a snapshot, as snapshot.trust.empty allows; \(snapshotPath(recovered.lastZXID)) is written now: remove snapshot.trust.empty from zoo.cfg"
            )
        }
        if try differs {
            recovered.tree.rememberMismatch()
        } else if recovered.tree.digestMismatches > 0 {
            try noteThatItDiffers(at: recovered.lastZXID)
        }
        return recovered
    }

    private func loadNewestSnapshot(_ options: RecoveryOptions) throws(StorageError) -> Recovered {
        var failures: [String] = []
        var isDamaged = false
        for snapshot in try snapshotFiles().prefix(100) {
            guard try isComplete(snapshot) else {
                failures.append("\(snapshot.path) was not finished")
                continue
            }
            do throws(StorageError) {
                var recovered = Recovered(
                    tree: try load(
                        snapshot, access: options.access, seed: options.seed, logged: try logged(since: snapshot.zxid)))
                recovered.snapshot = snapshot
                recovered.notes = failures.map { "passed over a snapshot: \($0)" }
                return recovered
            } catch {
                guard case .damagedSnapshot = error else { throw error }
                failures.append(error.description)
                isDamaged = true
            }
        }
        let hasLogs = try !logFiles().isEmpty
        if isDamaged || hasLogs && !failures.isEmpty {
            throw .noUsableSnapshot(directory: snapshots, failures: failures)
        }
        guard !hasLogs || options.trustsEmptySnapshot else { throw .logsWithoutSnapshot(directory: logs) }
        let tree = DataTree(access: options.access, seed: options.seed)
        if !hasLogs { try writeWhole(tree, digest: options.writesDigest) }
        return Recovered(tree: tree, notes: failures.map { "passed over a snapshot: \($0)" })
    }

    /// Bytes of the logs that a tree with the state of `zxid` still has to go through, about.
    private func logged(since zxid: ZXID) throws(StorageError) -> Int {
        let all = try logFiles()
        var bytes = 0
        for log in all[(all.lastIndex { $0.zxid <= zxid } ?? 0)...] {
            do throws(FileError) { bytes += try files.size(log.path) ?? 0 } catch { throw .file(error) }
        }
        return bytes
    }

    /// Writes a snapshot of a tree in one go; for trees that nobody is changing.
    package func writeWhole(_ tree: DataTree, digest: Bool) throws(StorageError) {
        let file = try SnapshotWriter(self, zxid: tree.lastZXID)
        var slice = JuteWriter(capacity: 64 << 10)
        let snapshot = tree.beginSnapshot(into: &slice)
        var hasMore = true
        while hasMore {
            hasMore = tree.writeSnapshot(snapshot, into: &slice)
            try slice.withUnsafeBytes { (bytes) throws(StorageError) in try file.write(bytes) }
            slice.removeAll()
        }
        // 0 and 0 before the first txn, as Apache writes it.
        let isEmpty = tree.lastZXID == .zero
        try file.finish(digest: digest ? (tree.lastZXID, isEmpty ? 0 : tree.digest) : nil)
    }

    private func replay(
        into recovered: inout Recovered, _ each: (ZXID, UnsafeRawBufferPointer) -> Void
    ) throws(StorageError) {
        let base = recovered.lastZXID
        let all = try logFiles()
        // The newest file that begins at or before the snapshot may go on beyond it.
        let first = all.lastIndex { $0.zxid <= base } ?? 0
        // Where a log without a snapshot begins is taken on trust.
        var isTrusted = recovered.snapshot == nil
        var last = base
        var replay = LogReplay()
        for (index, log) in all.enumerated() where index >= first {
            let reader = try TxnLogReader(log.path, files: files)
            try forEachPiece(of: reader) { (piece) throws(StorageError) in
                for (place, record) in piece.records.enumerated() {
                    // A record may come twice: an Apache follower whose synchronisation broke off logs it again.
                    let isNew = record.zxid > last
                    guard !isNew || record.zxid.follows(last) || isTrusted else {
                        throw .missingTxns(
                            after: last, in: recovered.source, next: record.zxid, path: log.path,
                            offset: record.place.lowerBound)
                    }
                    do throws(JuteError) {
                        try replay.next(piece.txns, place, isApplied: isNew, recovered.tree)
                    } catch {
                        throw .damagedLog(
                            path: log.path, offset: record.place.upperBound, why: "a record cannot be read: \(error)")
                    }
                    guard isNew else { continue }
                    isTrusted = false
                    recovered.replayed += 1
                    last = record.zxid
                    recovered.newestLog = log.path
                    each(record.zxid, piece.txns[place].entry)
                }
            }
            switch reader.end {
            case .broken(let why):
                let next = index + 1 < all.count ? all[index + 1] : nil
                try judge(reader, why, last: last, next: next, &recovered.notes)
            case .clean where reader.hasPadding:
                // Nothing is appended to a file that was there before: what was allocated ahead is given back. A restored backup that
                // may not be written keeps it.
                try? files.open(log.path).truncate(to: reader.offset)
            case .clean, nil: break
            }
        }
    }

    /// Reads a log to its end; the reader is the caller's again when this returns.
    private func forEachPiece(
        of reader: TxnLogReader, _ body: (LogPiece) throws(StorageError) -> Void
    ) throws(StorageError) {
        let cutter = LogCutter(reader)
        let pieces = ReadAhead({ LogPiece() }, fill: { cutter.fill($0) })
        while true {
            let piece = pieces.next()
            try body(piece)
            if let failure = piece.failure { throw failure }
            if piece.isLast { return }
        }
    }

    /// Decides whether a broken record is the torn end of a write that a crash interrupted, which was never
    /// acknowledged and is cut off, or damage to what was, which is an error.
    private func judge(
        _ reader: TxnLogReader, _ why: String, last: ZXID, next: LogFile?, _ notes: inout [String]
    ) throws(StorageError) {
        if try reader.firstIntactRecord() != nil {
            throw .damagedLog(path: reader.path, offset: reader.offset, why: why)
        }
        // The txn that was torn did not count: the next file begins with its number, or in a later epoch.
        if let next, next.zxid > last, !next.zxid.follows(last) {
            throw .missingTxns(
                after: last, in: reader.path, next: next.zxid, path: next.path, offset: TxnLogFormat.header.count)
        }
        do throws(FileError) {
            if reader.offset < TxnLogFormat.header.count {
                // Apache does not start with a file whose header is not whole.
                try files.remove(reader.path)
                try files.syncDirectory(logs)
                notes.append("removed \(reader.path): a crash interrupted its creation, it held no txn")
            } else {
                let file = try files.open(reader.path)
                try file.truncate(to: reader.offset)
                try file.sync()
                notes.append("cut a torn record off the end of \(reader.path) at offset \(reader.offset): \(why)")
            }
        } catch { throw .file(error) }
    }

    /// Cuts the log so that `zxid` is the last txn, and removes the snapshots above it, which would bring the txns back
    /// (ZOOKEEPER-1549). The tree must then be recovered anew. Durable when it returns.
    package func truncate(to zxid: ZXID) throws(StorageError) {
        let all = try logFiles()
        guard !all.isEmpty else { throw .cannotTruncate(directory: logs, to: zxid) }
        let doomed = try snapshotFiles().filter { $0.zxid > zxid }
        do throws(FileError) {
            for snapshot in doomed { try files.remove(snapshot.path) }
            try files.syncDirectory(snapshots)
            // Newest first: a crash in between leaves a log without a hole.
            for log in all.reversed() where log.zxid > zxid { try files.remove(log.path) }
            try files.syncDirectory(logs)
        } catch { throw .file(error) }
        guard let log = all.last(where: { $0.zxid <= zxid }) else { return }
        let reader = try TxnLogReader(log.path, files: files)
        var end = reader.offset
        while try reader.next(), reader.zxid <= zxid { end = reader.offset }
        do throws(FileError) {
            let file = try files.open(log.path)
            try file.truncate(to: end)
            try file.sync()
        } catch { throw .file(error) }
    }
}
