import DataTree
import ZooKeeperProtocol

/// Some records of a log, copied out of the reader's buffer and decoded.
final class LogPiece {
    struct Record {
        let zxid: ZXID
        /// Where it lies in the file.
        let place: Range<Int>
    }

    private(set) var records: [Record] = []
    /// As many.
    private(set) var txns: [LoggedTxn] = []
    /// Nothing follows; what ended the log, the reader knows.
    fileprivate(set) var isLast = false
    fileprivate(set) var failure: StorageError?
    private var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private var used = 0

    deinit { bytes.deallocate() }

    fileprivate func removeAll() {
        records.removeAll(keepingCapacity: true)
        txns.removeAll(keepingCapacity: true)
        used = 0
    }

    /// False when there is no room for it.
    fileprivate func append(_ entry: UnsafeRawBufferPointer, _ record: Record) -> Bool {
        if entry.count > bytes.count - used {
            guard records.isEmpty else { return false }
            bytes.deallocate()
            bytes = .allocate(byteCount: entry.count, alignment: 16)
        }
        let copy = UnsafeMutableRawBufferPointer(rebasing: bytes[used..<used + entry.count])
        copy.copyMemory(from: entry)
        used += entry.count
        records.append(record)
        txns.append(LoggedTxn(UnsafeRawBufferPointer(copy)))
        return true
    }
}

/// Cuts a log into pieces.
final class LogCutter {
    private let reader: TxnLogReader
    /// Read, and in no piece yet.
    private var pending: LogPiece.Record?
    private var hasEnded = false

    init(_ reader: TxnLogReader) { self.reader = reader }

    /// Fills a piece with what comes next; behind the end it stays empty.
    func fill(_ piece: LogPiece) {
        piece.removeAll()
        guard !hasEnded else { return }
        do throws(StorageError) {
            while true {
                if pending == nil {
                    let start = reader.offset
                    guard try reader.next() else { break }
                    pending = LogPiece.Record(zxid: reader.zxid, place: start..<reader.offset)
                }
                if let record = pending, !piece.append(reader.entry, record) { return }
                pending = nil
            }
        } catch { piece.failure = error }
        hasEnded = true
        piece.isLast = true
    }
}
