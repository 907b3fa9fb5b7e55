import DurableFiles
import Jute
import ZooKeeperProtocol

/// Writes one snapshot file piece by piece: the event loop makes slices of the tree between turns, a thread of its
/// own writes them.
///
/// The bytes go to `snapshot.<zxid>.tmp`, are synced and renamed, so that a file with a snapshot's name is always
/// whole. (Apache syncs only the snapshots that a sync with the leader needs.)
package final class SnapshotWriter {
    /// The last zxid applied when the snapshot began.
    package let zxid: ZXID
    private let directory: DataDirectory
    private let file: any StorageFile
    private let temporary: String
    private var position = 0
    /// The disk has what is before this.
    private var writtenOut = 0
    private static let piece = 1 << 20
    private var checksum = Adler32()

    /// "ZKSN", version 2, database id -1.
    static let header: [UInt8] =
        [0x5a, 0x4b, 0x53, 0x4e, 0, 0, 0, 2] + [UInt8](repeating: 0xff, count: 8)

    package init(_ directory: DataDirectory, zxid: ZXID) throws(StorageError) {
        self.zxid = zxid
        self.directory = directory
        temporary = directory.snapshotPath(zxid) + ".tmp"
        do throws(FileError) { file = try directory.files.create(temporary) } catch { throw .file(error) }
        try write(Self.header)
    }

    /// Appends a slice: sessions and ACLs first, then the nodes, up to the closing "/".
    package func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        checksum.update(bytes)
        do throws(FileError) { try file.write(bytes, at: position) } catch { throw .file(error) }
        position += bytes.count
        if position - writtenOut >= Self.piece {
            file.writeOut(writtenOut..<position)
            writtenOut = position
        }
    }

    package func write(_ bytes: [UInt8]) throws(StorageError) {
        try bytes.withBytes { (bytes) throws(StorageError) in try write(bytes) }
    }

    /// Seals the file and gives it its name; durable when this returns.
    ///
    /// - Parameter digest: the tree digest and the zxid it belongs to, taken when the last node had been written; nil
    ///   with `digest.enabled=false`.
    /// - Returns: the size of the file in bytes.
    @discardableResult
    package func finish(digest: (zxid: ZXID, value: UInt64)?) throws(StorageError) -> Int {
        var seal = JuteWriter(capacity: 64)
        seal.write(Int64(checksum.value))
        seal.write("/")
        try write(seal.bytes)
        if let digest {
            var trailer = JuteWriter(capacity: 64)
            trailer.write(digest.zxid)
            trailer.write(2 as Int32)
            trailer.write(Int64(bitPattern: digest.value))
            try write(trailer.bytes)
            trailer.removeAll()
            trailer.write(Int64(checksum.value))
            trailer.write("/")
            try write(trailer.bytes)
        }
        let path = directory.snapshotPath(zxid)
        do throws(FileError) {
            try file.sync()
            try directory.files.rename(temporary, to: path)
            try directory.files.syncDirectory(directory.snapshots)
        } catch { throw .file(error) }
        return position
    }

    /// Gives up: removes what was written so far.
    package func abandon() {
        try? directory.files.remove(temporary)
    }
}
