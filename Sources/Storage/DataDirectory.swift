import DurableFiles
import ZooKeeperProtocol

/// The two directories of a server's data (`dataDir`, `dataLogDir`) and what lies in their `version-2`.
package struct DataDirectory: Sendable {
    /// `dataDir/version-2`: snapshots and epoch files.
    package let snapshots: String
    /// `dataLogDir/version-2`: txn logs.
    package let logs: String
    /// `dataLogDir` itself, where the `initialize` marker may lie.
    package let logRoot: String
    package let files: any StorageFiles

    package init(dataDir: String, dataLogDir: String? = nil, files: any StorageFiles = SystemFiles()) {
        snapshots = dataDir + "/version-2"
        logRoot = dataLogDir ?? dataDir
        logs = logRoot + "/version-2"
        self.files = files
    }

    /// One directory with all of it.
    private init(whole directory: String, root: String, files: any StorageFiles) {
        (snapshots, logs, logRoot) = (directory, directory, root)
        self.files = files
    }

    /// What earlier servers had here, moved aside by Paddock or by hand: `version-2.…` beside `version-2`.
    package func movedAside() throws(StorageError) -> [DataDirectory] {
        var found: [DataDirectory] = []
        for root in Set([String(snapshots.dropLast("/version-2".count)), logRoot]).sorted() {
            for name in try names(in: root).sorted() where name.hasPrefix("version-2.") {
                found.append(DataDirectory(whole: "\(root)/\(name)", root: root, files: files))
            }
        }
        return found
    }

    /// A snapshot file: `snapshot.` and the last zxid applied when writing it began.
    package struct SnapshotFile: Hashable, Sendable {
        package var path: String
        package var zxid: ZXID
        package var compression: SnapshotCompression

        package init(path: String, zxid: ZXID, compression: SnapshotCompression) {
            self.path = path
            self.zxid = zxid
            self.compression = compression
        }
    }

    /// A log file: `log.` and the zxid of its first record.
    package struct LogFile: Hashable, Sendable {
        package var path: String
        package var zxid: ZXID
    }

    package func snapshotPath(_ zxid: ZXID) -> String { snapshots + "/snapshot." + zxid.hex }
    package func logPath(_ zxid: ZXID) -> String { logs + "/log." + zxid.hex }

    /// The snapshots by zxid, newest first, whether they are intact or not.
    package func snapshotFiles() throws(StorageError) -> [SnapshotFile] {
        try names(in: snapshots).compactMap { name in
            guard var rest = Self.suffix(of: name, after: "snapshot.") else { return nil }
            var compression = SnapshotCompression.none
            for candidate in [SnapshotCompression.gzip, .snappy] where rest.hasSuffix(candidate.rawValue) {
                compression = candidate
                rest = rest.dropLast(candidate.rawValue.count)
            }
            guard let zxid = Self.zxid(rest) else { return nil }
            return SnapshotFile(path: snapshots + "/" + name, zxid: zxid, compression: compression)
        }.sorted { ($0.zxid, $0.path) > ($1.zxid, $1.path) }
    }

    /// The logs by zxid, oldest first.
    package func logFiles() throws(StorageError) -> [LogFile] {
        try names(in: logs).compactMap { name in
            guard let rest = Self.suffix(of: name, after: "log."), let zxid = Self.zxid(rest) else { return nil }
            return LogFile(path: logs + "/" + name, zxid: zxid)
        }.sorted { $0.zxid < $1.zxid }
    }

    package func makeDirectories() throws(StorageError) {
        do throws(FileError) {
            try files.makeDirectory(snapshots)
            try files.makeDirectory(logs)
        } catch { throw .file(error) }
    }

    /// Makes the directories, and refuses a snapshot among the logs or a log among the snapshots: a dataLogDir that
    /// was added, removed or mistyped would otherwise hide half of the data (Apache's `FileTxnSnapLog.checkLogDir`).
    func prepare() throws(StorageError) {
        try makeDirectories()
        guard snapshots != logs else { return }
        if let log = try names(in: snapshots).filter({ Self.suffix(of: $0, after: "log.").flatMap(Self.zxid) != nil })
            .min()
        {
            throw .misplaced(path: snapshots + "/" + log)
        }
        if let snapshot = try names(in: logs).filter({ $0.hasPrefix("snapshot.") && !$0.hasSuffix(".tmp") }).min() {
            throw .misplaced(path: logs + "/" + snapshot)
        }
    }

    /// Bytes in all files of a directory; what `dirs` and `conf` report.
    package func size(of directory: String) -> Int {
        let names = try? files.list(directory)
        return (names ?? []).reduce(0) { sum, name in sum + ((try? files.size(directory + "/" + name)) ?? 0) }
    }

    func names(in directory: String) throws(StorageError) -> [String] {
        do throws(FileError) { return try files.list(directory) ?? [] } catch { throw .file(error) }
    }

    private static func suffix(of name: String, after prefix: String) -> Substring? {
        name.hasPrefix(prefix) ? name.dropFirst(prefix.count) : nil
    }

    private static func zxid(_ text: Substring) -> ZXID? {
        guard let first = text.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        return UInt64(text, radix: 16).map { ZXID(rawValue: Int64(bitPattern: $0)) }
    }
}
