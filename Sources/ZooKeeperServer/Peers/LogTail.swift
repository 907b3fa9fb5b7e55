import Quorum
import ZooKeeperProtocol

/// The newest txns of the log as they are read at start, for learners that have missed only a few (Apache's committedLog).
struct LogTail {
    private(set) var transactions: [Transaction] = []
    /// The txn before them; nil when nothing was read.
    private(set) var base: ZXID?
    private var last: ZXID?
    private let limit: Int
    private let byteLimit: Int
    private var bytes = 0

    init(limit: Int, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    mutating func append(_ zxid: ZXID, _ entry: UnsafeRawBufferPointer) {
        defer { last = zxid }
        // The first one's predecessor is in the snapshot, whose zxid says nothing certain about it; and a gap, which a
        // snapshot of the leader leaves, makes all before it useless (ZOOKEEPER-4925).
        guard let last, zxid.follows(last) else {
            transactions.removeAll()
            bytes = 0
            base = zxid
            return
        }
        transactions.append(Transaction(zxid: zxid, bytes: [UInt8](entry)))
        bytes += entry.count
        if transactions.count >= limit * 2 || bytes >= byteLimit * 2 { dropOldest() }
    }

    private mutating func dropOldest() {
        var dropped = 0
        while transactions.count - dropped > limit || bytes > byteLimit {
            bytes -= transactions[dropped].bytes.count
            dropped += 1
        }
        base = transactions[dropped - 1].zxid
        transactions.removeFirst(dropped)
    }
}
