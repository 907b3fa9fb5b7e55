import DurableFiles
import Jute
import ZooKeeperProtocol

extension DataDirectory {
    /// A record of the log, without its frame.
    package struct LogRecord: Sendable {
        package var zxid: ZXID
        package var entry: [UInt8]
    }

    /// The records from the last one at or below `zxid` on, for a learner that has missed them; nil when the log does not
    /// reach back so far, or when there are so many that the whole tree would be less to send (reference 8.6: Apache's
    /// `snapshotSizeFactor`, which counts the files and their padding; this counts the records).
    ///
    /// May run while the log thread appends: a record that is being written ends the reading.
    ///
    /// The records follow one another. Where a leader's whole tree came between two of them, the txns in between were never logged
    /// here (an Apache server keeps the older logs): the log reaches back only so far. Such a tree is a snapshot between the
    /// two, where their numbers do not tell.
    ///
    /// - Parameter sizeFactor: how many bytes of records for each byte of the newest snapshot.
    package func readLog(from zxid: ZXID, sizeFactor: Double = 0.33) throws(StorageError) -> [LogRecord]? {
        let all = try logFiles()
        guard let first = all.lastIndex(where: { $0.zxid <= zxid }) else { return nil }
        let snapshots = try snapshotFiles()
        let snapshotSize =
            try snapshots.first.map { (snapshot) throws(StorageError) in try size(of: snapshot) } ?? 0
        // A small tree is no reason to send it again for a few txns.
        let limit = max(Int(Double(snapshotSize) * sizeFactor), 1 << 20)
        var records: [LogRecord] = []
        var total = 0
        for log in all[first...] {
            let reader = try TxnLogReader(log.path, files: files)
            while try reader.next() {
                if let last = records.last?.zxid {
                    // A record may come twice, as in `recover`.
                    guard reader.zxid > last else { continue }
                    if reader.zxid > zxid, reader.zxid != last.next {
                        let isCovered = snapshots.contains { last < $0.zxid && $0.zxid < reader.zxid }
                        if isCovered || !reader.zxid.follows(last) { return nil }
                    }
                }
                if reader.zxid <= zxid {
                    records.removeAll()
                    total = 0
                }
                records.append(LogRecord(zxid: reader.zxid, entry: [UInt8](reader.entry)))
                total += reader.entry.count
                if total > limit { return nil }
            }
        }
        return records
    }

    private func size(of snapshot: SnapshotFile) throws(StorageError) -> Int {
        do throws(FileError) { return try files.size(snapshot.path) ?? 0 } catch { throw .file(error) }
    }
}
