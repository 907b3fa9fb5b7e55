import DurableFiles
import Glibc
import ZooKeeperProtocol

/// Reads the records of one log file, in order (Apache's `FileTxnLog.FileTxnIterator`).
///
/// The data ends at a length of 0 (preallocated zeros), at the end of the file, or at a record that is not whole:
/// `end` says which. Whether a broken record may be dropped is for the caller to judge, see `firstIntactRecord`.
package final class TxnLogReader {
    package enum End: Hashable, Sendable {
        /// Only zeros, or nothing, follow.
        case clean
        /// The record at `offset` is not whole.
        case broken(why: String)
    }

    package let path: String
    /// Where the next record begins; after the end, where the data ends.
    package private(set) var offset: Int
    /// Set when `next` returned false.
    package private(set) var end: End?
    /// The entry of the record read last (TxnHeader, body, digest), valid until `next` is called again.
    package private(set) var entry = UnsafeRawBufferPointer(start: nil, count: 0)
    package private(set) var zxid = ZXID.zero

    private let file: any StorageFile
    private let fileSize: Int
    private let maxEntryLength: Int
    private var buffer: UnsafeMutableRawBufferPointer
    /// What part of the file the buffer holds.
    private var held: Range<Int> = 0..<0

    /// - Parameter maxEntryLength: longer entries are taken for damage. By default as long as the format allows: what a server has
    ///   written and acknowledged is never taken for torn, whatever its settings were; no entry is longer than its file.
    package init(
        _ path: String, files: any StorageFiles, maxEntryLength: Int = Int(Int32.max)
    ) throws(StorageError) {
        self.path = path
        self.maxEntryLength = maxEntryLength
        do throws(FileError) {
            file = try files.open(path)
            fileSize = try file.size
        } catch { throw .file(error) }
        buffer = .allocate(byteCount: 1 << 20, alignment: 16)
        offset = TxnLogFormat.header.count
        guard fileSize > 0 else {
            // A crash right after the file was created. Apache before 3.9.3 dies of it (ZOOKEEPER-2332).
            offset = 0
            end = .clean
            return
        }
        guard let header = try bytes(at: 0, count: offset) else {
            offset = 0
            end = .broken(why: "the file header is cut off")
            return
        }
        guard header.prefix(8).elementsEqual(TxnLogFormat.header.prefix(8)) else {
            offset = 0
            end =
                header.allSatisfy { $0 == 0 }
                ? .broken(why: "the file header was never written")
                : .broken(why: "the file does not begin with ZKLG, version 2")
            return
        }
    }

    deinit { buffer.deallocate() }

    /// Whether there is more file than data; known at the end of the data.
    package var hasPadding: Bool { fileSize > offset }

    /// Goes to the next record; false at the end of the data.
    package func next() throws(StorageError) -> Bool {
        guard end == nil else { return false }
        guard let head = try bytes(at: offset, count: 12) else {
            return stop(try tail() == .clean ? .clean : .broken(why: "the file ends inside the record"))
        }
        let sum = head.loadUnaligned(as: UInt64.self).bigEndian
        let length = Int(Int32(bitPattern: head.loadUnaligned(fromByteOffset: 8, as: UInt32.self).bigEndian))
        if length == 0 { return stop(try tail()) }
        guard length >= TxnLogFormat.smallestEntry, length <= maxEntryLength else {
            return stop(.broken(why: "its length field says \(length)"))
        }
        guard let record = try bytes(at: offset + 12, count: length + 1) else {
            return stop(.broken(why: "the file ends inside the record"))
        }
        guard record[length] == TxnLogFormat.endOfRecord else {
            return stop(.broken(why: "its end mark is missing"))
        }
        entry = UnsafeRawBufferPointer(rebasing: record[..<length])
        guard sum == UInt64(Adler32.of(entry)) else { return stop(.broken(why: "its checksum is wrong")) }
        zxid = ZXID(rawValue: Int64(bitPattern: entry.loadUnaligned(fromByteOffset: 12, as: UInt64.self).bigEndian))
        offset += TxnLogFormat.recordOverhead + length
        return true
    }

    /// Where the first whole record begins behind a broken one at `offset`. When there is one, the breakage is not
    /// the torn end of an interrupted write.
    package func firstIntactRecord() throws(StorageError) -> Int? {
        var candidate = offset + 1
        while let head = try bytes(at: candidate, count: 12) {
            let length = Int(head.loadUnaligned(fromByteOffset: 8, as: UInt32.self).bigEndian)
            let sum = head.loadUnaligned(as: UInt64.self).bigEndian
            // Cheap tests first: nearly every offset fails one of them.
            if sum != 0, sum >> 32 == 0, length >= TxnLogFormat.smallestEntry, length <= maxEntryLength,
                let record = try bytes(at: candidate + 12, count: length + 1),
                record[length] == TxnLogFormat.endOfRecord,
                sum == UInt64(Adler32.of(UnsafeRawBufferPointer(rebasing: record[..<length])))
            {
                return candidate
            }
            candidate += 1
        }
        return nil
    }

    /// Whether what is left of the file is padding.
    private func tail() throws(StorageError) -> End {
        var position = offset
        while let data = file.firstData(from: position), data < fileSize {
            guard let chunk = try bytes(at: data, count: min(256 << 10, fileSize - data)) else { break }
            if !Self.isZero(chunk) { return .broken(why: "there are zeros where it should begin") }
            position = data + chunk.count
        }
        return .clean
    }

    /// 64 MiB of padding are read at every start, so this is left to the C library: 20 times as quick as byte by byte.
    private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, let first = bytes.first else { return true }
        return first == 0 && memcmp(start, start + 1, bytes.count - 1) == 0
    }

    private func stop(_ end: End) -> Bool {
        self.end = end
        return false
    }

    /// A part of the file, nil when it ends before; valid until the next call.
    private func bytes(at position: Int, count: Int) throws(StorageError) -> UnsafeRawBufferPointer? {
        guard position + count <= fileSize else { return nil }
        if position < held.lowerBound || position + count > held.upperBound {
            if count > buffer.count {
                buffer.deallocate()
                buffer = .allocate(byteCount: max(count, buffer.count * 2), alignment: 16)
            }
            do throws(FileError) {
                held = position..<position + (try file.read(into: buffer, at: position))
            } catch { throw .file(error) }
            guard position + count <= held.upperBound else { return nil }
        }
        let start = position - held.lowerBound
        return UnsafeRawBufferPointer(rebasing: buffer[start..<start + count])
    }
}
