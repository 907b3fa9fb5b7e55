import DurableFiles
import ZooKeeperProtocol

extension DataDirectory {
    /// Removes old snapshots and the logs that none of the kept ones needs (Apache's `PurgeTxnLog`), and temporary
    /// files that a crash left behind.
    ///
    /// - Parameter keep: how many intact-looking snapshots stay; never fewer than 3.
    /// - Returns: the paths removed.
    @discardableResult
    package func purge(keep: Int) throws(StorageError) -> [String] {
        var valid: [SnapshotFile] = []
        for snapshot in try snapshotFiles() where try isComplete(snapshot) { valid.append(snapshot) }
        let kept = valid.prefix(max(keep, 3))
        guard let oldest = kept.last?.zxid else { return [] }
        let logs = try logFiles()
        // The newest log that begins at or before the oldest snapshot may hold txns after it.
        let firstNeeded = logs.last { $0.zxid <= oldest }?.zxid ?? ZXID(rawValue: .min)
        var doomed = try snapshotFiles().filter { $0.zxid < oldest }.map(\.path)
        doomed += logs.filter { $0.zxid < oldest && $0.zxid < firstNeeded }.map(\.path)
        do throws(FileError) {
            for path in doomed { try files.remove(path) }
        } catch { throw .file(error) }
        return doomed
    }

    /// Whether a snapshot's last bytes (or its magic) say that writing it was finished; a cheap test, the checksum
    /// comes when loading (Apache's `SnapStream.isValidSnapshot`).
    func isComplete(_ snapshot: SnapshotFile) throws(StorageError) -> Bool {
        do throws(FileError) {
            let file = try files.open(snapshot.path)
            let size = try file.size
            guard size >= 10 else { return false }
            var bytes: [UInt8] = Array(repeating: 0, count: 8)
            let offset = snapshot.compression == .none ? size - 8 : 0
            _ = try bytes.withMutableBytes { (buffer) throws(FileError) in try file.read(into: buffer, at: offset) }
            return switch snapshot.compression {
            case .none: bytes.suffix(5) == [0, 0, 0, 1, 0x2f]
            case .gzip: bytes.prefix(2) == [0x1f, 0x8b]
            case .snappy: bytes == [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]
            }
        } catch { throw .file(error) }
    }
}
