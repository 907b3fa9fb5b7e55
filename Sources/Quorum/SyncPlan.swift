import ZooKeeperProtocol

/// How a leader brings one learner to its own history (reference 8.6, Apache's `LearnerHandler.syncFollower`).
enum SyncPlan: Hashable, Sendable {
    /// Keep everything; then these txns.
    case diff(to: ZXID, [Transaction])
    /// Cut the log after `zxid`; then these txns.
    case truncate(to: ZXID, [Transaction])
    /// Take a whole tree.
    case snapshot
    /// The history in memory begins too late: ask for the log on disk from `zxid` on and decide again.
    case readLog(from: ZXID)

    /// - Parameters:
    ///   - learner: the zxid of the learner's ACKEPOCH.
    ///   - logged: txns read from the log on disk, from the last one at or below `learner` on; nil if not read.
    init(
        learner: ZXID, history: CommittedHistory, options: QuorumOptions, logged: [Transaction]? = nil
    ) {
        let max = history.last
        if options.alwaysSnapshot {
            self = .snapshot
        } else if learner == max {
            self = .diff(to: learner, [])
        } else if learner > max, !learner.isStartOfEpoch {
            self = .truncate(to: max, [])
        } else if learner <= max, learner >= history.first {
            self = Self.walk(history.entries, from: learner, previous: history.base, to: max)
        } else if learner < history.first, learner == history.base, learner != .zero {
            // Exactly the txn before the first one held. Not for 0: an empty learner is not known to have had the same
            // beginnings (ZOOKEEPER-4352).
            self = .diff(to: max, Array(history.entries))
        } else if learner < history.first, learner != .zero, options.syncFromDisk {
            guard let logged else {
                self = .readLog(from: learner)
                return
            }
            self = Self.join(logged, to: history, learner: learner)
        } else {
            self = .snapshot
        }
        switch self {
        case .diff(_, let missed), .truncate(_, let missed):
            // Apache's servers hang up on it, and had no such limit when they wrote it (ZOOKEEPER-4306).
            if missed.contains(where: { $0.bytes.count > options.maxTxnLength }) { self = .snapshot }
        case .snapshot, .readLog: break
        }
    }

    /// Finds the learner's place among `transactions`, which follow one another without a gap.
    private static func walk(
        _ transactions: some Collection<Transaction>, from learner: ZXID, previous base: ZXID, to max: ZXID
    ) -> SyncPlan {
        var previous = base
        var index = transactions.startIndex
        while index != transactions.endIndex, transactions[index].zxid < learner {
            previous = transactions[index].zxid
            transactions.formIndex(after: &index)
        }
        guard index != transactions.endIndex else {
            // Only the epoch's own zxid lies beyond: the learner led that epoch and proposed nothing in it.
            return learner.isStartOfEpoch ? .diff(to: max, []) : .snapshot
        }
        let next = transactions[index].zxid
        if next == learner {
            return .diff(to: max, Array(transactions[transactions.index(after: index)...]))
        }
        if learner.isStartOfEpoch { return .diff(to: max, Array(transactions[index...])) }
        // The learner's last txn is not in this history.
        guard next.epoch == learner.epoch, previous != .zero else { return .snapshot }
        return .truncate(to: previous, Array(transactions[index...]))
    }

    private static func join(_ logged: [Transaction], to history: CommittedHistory, learner: ZXID) -> SyncPlan {
        guard let first = logged.first, first.zxid <= learner else { return .snapshot }
        // The log must reach the history: its part before it ends exactly at the base.
        let older = logged.prefix { $0.zxid <= history.base }
        guard older.last?.zxid == history.base else { return .snapshot }
        return walk(older + Array(history.entries), from: learner, previous: .zero, to: history.last)
    }
}
