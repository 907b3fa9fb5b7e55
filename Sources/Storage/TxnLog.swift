import Diagnostics
import DurableFiles
import ZooKeeperProtocol

/// Appends txn records to `log.<first zxid>` files, as Apache's `FileTxnLog` does.
///
/// One thread owns it. It never appends to a file that was there before: the first batch opens a new one. After an
/// error nothing is known about what reached the disk, and every later call fails with the same error.
package struct TxnLog: Sendable {
    private let directory: DataDirectory
    /// Files grow by this many bytes, so that a sync seldom has to write file system metadata.
    private let preallocation: Int
    /// Start a new file when one has grown beyond this many bytes (`txnLogSizeLimitInKb`).
    private let sizeLimit: Int?
    /// False with `forceSync=no`: a power cut may then lose acknowledged writes.
    private let syncs: Bool
    private var current: Current?
    private var failure: StorageError?

    private struct Current {
        nonisolated(unsafe) let file: any StorageFile
        var position: Int
        /// Disk space is reserved up to here.
        var reserved: Int
        /// Zeros were written up to here: a sync into them is the quickest (0.10 ms against 0.12 into space that is
        /// only reserved, and 0.17 into a growing file).
        var zeroed: Int
        var isDirty = false
        var isNew = true
    }

    /// How far zeros are written ahead, bytes.
    private static let zeroAhead = 1 << 20

    package init(
        _ directory: DataDirectory, preallocation: Int = 64 << 20, sizeLimit: Int? = nil, syncs: Bool = true
    ) {
        self.directory = directory
        self.preallocation = preallocation
        self.sizeLimit = sizeLimit
        self.syncs = syncs
    }

    /// Bytes in the file being written.
    package var currentSize: Int { current?.position ?? 0 }

    /// Writes a batch; it is durable only after `commit`.
    package mutating func append(_ batch: inout TxnBatch) throws(StorageError) {
        guard !batch.isEmpty else { return }
        try guarded { (log) throws(FileError) in
            if log.current == nil { log.current = try log.create(batch.firstZXID) }
            guard var current = log.current else { return }
            let end = current.position + batch.byteCount
            log.reserve(&current, for: end)
            try batch.seal { (bytes) throws(FileError) in try current.file.write(bytes, at: current.position) }
            current.position = end
            current.isDirty = true
            log.current = current
        }
    }

    /// Returns when everything appended is on the disk, the directory entry of a new file included.
    package mutating func commit() throws(StorageError) {
        try guarded { (log) throws(FileError) in
            guard log.current?.isDirty == true else { return }
            if log.syncs {
                try log.current?.file.sync()
                if log.current?.isNew == true { try log.directory.files.syncDirectory(log.directory.logs) }
            }
            log.current?.isDirty = false
            log.current?.isNew = false
        }
        if let sizeLimit, currentSize > sizeLimit { current = nil }
    }

    /// The next batch begins a new file. Everything appended must have been committed.
    package mutating func roll() {
        invariant(current?.isDirty != true, "a log file is left only when it is synced")
        current = nil
    }

    /// Whether few zeros are left ahead of the records: `prepareAhead` has something to do.
    package var mustPrepare: Bool {
        guard syncs, let open = current else { return false }
        return open.zeroed - open.position < Self.zeroAhead / 4 && open.zeroed < open.reserved
    }

    /// Writes zeros ahead of the records when few are left; to be called when nobody waits.
    package mutating func prepareAhead() throws(StorageError) {
        guard mustPrepare, let open = current else { return }
        try guarded { (log) throws(FileError) in
            let start = max(open.position, open.zeroed)
            let count = min(Self.zeroAhead, open.reserved - start)
            guard count > 0 else { return }
            try [UInt8](repeating: 0, count: count).withBytes { (zeros) throws(FileError) in
                try open.file.write(zeros, at: start)
            }
            try open.file.sync()
            log.current?.zeroed = start + count
        }
    }

    private func create(_ zxid: ZXID) throws(FileError) -> Current {
        let file = try directory.files.create(directory.logPath(zxid))
        try TxnLogFormat.header.withBytes { (header) throws(FileError) in try file.write(header, at: 0) }
        let size = TxnLogFormat.header.count
        return Current(file: file, position: size, reserved: size, zeroed: size)
    }

    /// Grows the file's reserved space by whole preallocation steps. A disk with less room than that is no error
    /// yet: the write itself decides.
    private func reserve(_ current: inout Current, for end: Int) {
        guard preallocation > 0 else { return }
        var target = current.reserved
        // Where Apache grows the file, so that both leave files of the same size.
        if current.position + 4096 >= target { target += preallocation }
        while end > target { target += preallocation }
        guard target > current.reserved else { return }
        do throws(FileError) {
            try current.file.reserve(target)
            current.reserved = target
        } catch {}
    }

    private mutating func guarded(
        _ body: (inout TxnLog) throws(FileError) -> Void
    ) throws(StorageError) {
        if let failure { throw failure }
        do throws(FileError) { try body(&self) } catch {
            failure = .file(error)
            throw .file(error)
        }
    }
}
