import Jute
import ZooKeeperProtocol

extension DataTree {
    /// Whether a snapshot's promise of what is yet to come has been kept: until it is, a tree from a fuzzy snapshot is no state
    /// that ever was.
    package var isSettled: Bool {
        guard let promised = promisedDigest else { return true }
        // The start of an epoch is no txn.
        return promised.zxid <= lastZXID || promised.zxid.isStartOfEpoch
    }

    /// Makes this the tree that a new ensemble begins with: all sessions are closed, by id, with their ephemerals, as txns from
    /// `zxid` on, which leave `lastZXID` there even where there is no session.
    ///
    /// - Parameter time: of the txns, in milliseconds since 1970.
    package func beginAnew(at zxid: ZXID, time: Int64) throws(JuteError) {
        var zxid = zxid
        var entry = JuteWriter(capacity: 64)
        func apply(_ type: OpCode, _ session: SessionID, _ body: Int32?) throws(JuteError) {
            entry.removeAll()
            TxnHeader(session: session, cxid: 0, zxid: zxid, time: time, type: type).write(to: &entry)
            if let body { entry.write(body) }
            _ = try entry.withUnsafeBytes { (bytes) throws(JuteError) in try self.apply(bytes) }
            zxid = zxid.next
        }
        // A txn that failed changes nothing but the number.
        try apply(.error, .none, 0)
        for session in Set(sessions.map(\.id) + sessionsWithEphemerals).sorted() {
            try apply(.closeSession, session, nil)
        }
    }
}
