import ZooKeeperProtocol

/// When the next snapshot is due.
///
/// A snapshot writes the whole tree, whatever has changed. What they cost together must stay in proportion to the writes, so one is due
/// only when the log has become comparable to the tree since the last one: recovery, which reads both, stays bounded all the same. With a
/// small tree it is `snapCount` txns, or the txns that fill `snapSizeLimitInKb`, as with Apache's server.
///
/// The servers of an ensemble do it in turn: each at its own place in the count of txns, which is the same for all of them. (Their
/// estimates of a txn's length may lie on both sides of a border; then two may meet, once.)
struct SnapshotSchedule {
    /// Which of the servers this is.
    struct Turn: Equatable {
        /// From 0 on.
        var rank: Int
        var servers: Int

        static var alone: Turn { Turn(rank: 0, servers: 1) }
    }

    private let fewestTxns: Int
    private let sizeLimit: Int
    /// Since the last snapshot.
    private var txns: Int
    /// Since the start, for the length of a txn.
    private var logged = (txns: 0, bytes: 0)

    /// - Parameters:
    ///   - count: `snapCount`
    ///   - sizeLimit: `snapSizeLimitInKb`, in bytes.
    ///   - replayed: log records since the snapshot that the server began from.
    init(count: Int, sizeLimit: Int, replayed: Int) {
        fewestTxns = count
        self.sizeLimit = sizeLimit
        txns = replayed
    }

    mutating func logged(txns more: Int, bytes: Int) {
        txns += more
        logged.txns += more
        logged.bytes += bytes
    }

    /// - Parameters:
    ///   - zxid: The last txn.
    ///   - treeSize: How long a snapshot would be, bytes.
    func isDue(at zxid: ZXID, treeSize: Int, turn: Turn) -> Bool {
        guard logged.txns > 0 else { return false }
        let period = period(treeSize: treeSize)
        // The places are at `phase`, `phase + period`, …; one counts when half a period has gone by since the last snapshot.
        let phase = period * turn.rank / turn.servers
        let now = Int(zxid.counter) - phase
        let earliest = now - txns + period / 2
        return now >= earliest && now.quotient(by: period) > earliest.quotient(by: period)
    }

    /// A snapshot begins: count anew.
    mutating func begin() { txns = 0 }

    /// Txns from one snapshot to the next. Doubled until they are worth the tree, so that servers whose estimates differ a little agree.
    private func period(treeSize: Int) -> Int {
        let length = max(1, logged.bytes / logged.txns)
        var period = max(2, min(fewestTxns, powerOfTwo(below: sizeLimit / length)))
        while period * length < treeSize / 2 { period *= 2 }
        return period
    }

    private func powerOfTwo(below limit: Int) -> Int {
        limit < 2 ? 1 : 1 << (Int.bitWidth - 1 - limit.leadingZeroBitCount)
    }
}

extension Int {
    /// Rounded down, also below zero.
    fileprivate func quotient(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
