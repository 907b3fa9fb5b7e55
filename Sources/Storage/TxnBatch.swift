import Diagnostics
import Jute
import ZooKeeperProtocol

/// Txn records on their way to the log, already in the log's own form: one buffer, one write, one sync.
///
/// A record is checksum (Int64), length (Int32), the entry (TxnHeader, txn body, digest if there is one), and the
/// byte 'B' (Apache's `FileTxnLog.append`). Checksums are filled in by `seal`, on the log thread.
package struct TxnBatch: Sendable {
    private var writer: JuteWriter
    package private(set) var count = 0
    package private(set) var firstZXID = ZXID.zero
    package private(set) var lastZXID = ZXID.zero

    package init(capacity: Int = 4096) { writer = JuteWriter(capacity: capacity) }

    package var isEmpty: Bool { count == 0 }
    package var byteCount: Int { writer.count }

    /// Adds the record that `entry` writes.
    package mutating func append(_ zxid: ZXID, entry: (inout JuteWriter) -> Void) {
        writer.write(0 as Int64)
        writer.frame(entry)
        finish(zxid)
    }

    /// Adds a record whose entry is there already: a proposal that came from the leader.
    package mutating func append(_ zxid: ZXID, entry: UnsafeRawBufferPointer) {
        writer.write(0 as Int64)
        writer.write(slice: entry)
        finish(zxid)
    }

    /// Empties the batch and keeps its memory, unless one huge burst has blown it up.
    package mutating func removeAll() {
        writer.removeAll(keepingCapacity: writer.capacity <= 4 << 20)
        count = 0
    }

    private mutating func finish(_ zxid: ZXID) {
        writer.write(TxnLogFormat.endOfRecord)
        if count == 0 { firstZXID = zxid }
        lastZXID = zxid
        count += 1
    }

    /// Calls `body` with each entry, in order.
    package func forEachEntry(_ body: (UnsafeRawBufferPointer) -> Void) {
        writer.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self).bigEndian)
                body(UnsafeRawBufferPointer(rebasing: bytes[offset + 12..<offset + 12 + length]))
                offset += TxnLogFormat.recordOverhead + length
            }
        }
    }

    /// Fills in the checksums and hands the bytes to `body`.
    mutating func seal<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
        var offset = 0
        while offset < writer.count {
            let (length, sum) = writer.withUnsafeBytes { bytes in
                let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self).bigEndian)
                return (length, Adler32.of(UnsafeRawBufferPointer(rebasing: bytes[offset + 12..<offset + 12 + length])))
            }
            writer.overwrite(Int32(bitPattern: sum), at: offset + 4)
            offset += TxnLogFormat.recordOverhead + length
        }
        invariant(offset == writer.count, "the records of a batch fill it")
        try writer.withUnsafeBytes(body)
    }
}

/// The constants of a txn log file.
enum TxnLogFormat {
    /// "ZKLG", version 2, database id 0.
    static let header: [UInt8] = [0x5a, 0x4b, 0x4c, 0x47, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]
    static let endOfRecord: UInt8 = 0x42
    /// Checksum, length and end mark.
    static let recordOverhead = 13
    /// A TxnHeader, without which nothing is a record.
    static let smallestEntry = 32
}
