import DequeModule
import Jute
import Membership
import ZooKeeperProtocol

/// One txn as it is logged and sent: its zxid and the bytes of header, body and digest.
///
/// The core never looks into the bytes but for the type, which makes a reconfig known.
package struct Transaction: Hashable, Sendable {
    package var zxid: ZXID
    package var bytes: [UInt8]

    package init(zxid: ZXID, bytes: [UInt8]) {
        self.zxid = zxid
        self.bytes = bytes
    }

    /// The type in the header (reference 6.3): after clientId, cxid, zxid and time.
    var type: OpCode? {
        guard bytes.count >= 32 else { return nil }
        return OpCode(rawValue: bytes[28..<32].reduce(0) { $0 << 8 | Int32($1) })
    }

    /// The configuration it proposes, if it is a reconfig (type 16: a `SetDataTxn` with the text).
    package var configuration: EnsembleConfiguration? {
        guard type == .reconfig else { return nil }
        let body = try? [UInt8](bytes[32...]).readJute { (reader) throws(JuteError) in
            try SetDataTxn(from: &reader)
        }
        guard let data = body?.data else { return nil }
        return EnsembleConfiguration(text: String(decoding: data, as: UTF8.self))
    }
}

/// The last txns this server applied, from which learners that missed a few are brought up to date (Apache's
/// `committedLog`).
///
/// Invariant: the entries follow one another in the leader's order with nothing missing between them, and the txn
/// before the first one is `base`.
package struct CommittedHistory: Hashable, Sendable {
    package private(set) var entries: Deque<Transaction> = []
    /// The last txn before the entries; `.zero` when unknown or when there was none.
    package private(set) var base: ZXID
    private let limit: Int
    private let byteLimit: Int
    private var bytes = 0

    package init(base: ZXID, _ options: QuorumOptions) {
        self.base = base
        limit = options.historyLimit
        byteLimit = options.historyByteLimit
    }

    /// The newest txn, also when its bytes are not held.
    package var last: ZXID { entries.last?.zxid ?? base }
    /// The oldest txn held; `last` when none is (reference 8.6: an empty range is [L, L]).
    var first: ZXID { entries.first?.zxid ?? base }

    package mutating func append(_ transaction: Transaction) {
        entries.append(transaction)
        bytes += transaction.bytes.count
        while entries.count > limit || bytes > byteLimit, let dropped = entries.popFirst() {
            base = dropped.zxid
            bytes -= dropped.bytes.count
        }
    }

    /// Forgets what is above `zxid`.
    mutating func truncate(to zxid: ZXID) {
        while let last = entries.last, last.zxid > zxid { bytes -= entries.removeLast().bytes.count }
        if entries.isEmpty { base = zxid }
    }

    /// Starts anew behind a snapshot.
    mutating func reset(to zxid: ZXID) {
        entries.removeAll(keepingCapacity: true)
        bytes = 0
        base = zxid
    }
}
