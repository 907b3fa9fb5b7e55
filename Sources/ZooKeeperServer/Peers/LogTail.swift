import Quorum
import ZooKeeperProtocol

/// The newest txns of the log as they are read at start, for learners that have missed only a few (Apache's committedLog).
struct LogTail {
    /// Nil when nothing was read.
    private(set) var history: CommittedHistory?
    let options: QuorumOptions

    mutating func append(_ zxid: ZXID, _ entry: UnsafeRawBufferPointer) {
        // The first one's predecessor is in the snapshot, whose zxid says nothing certain about it; and a gap, which a
        // snapshot of the leader leaves, makes all before it useless (ZOOKEEPER-4925).
        guard let last = history?.last, zxid.follows(last) else {
            history = CommittedHistory(base: zxid, options)
            return
        }
        history?.append(Transaction(zxid: zxid, bytes: [UInt8](entry)))
    }
}
