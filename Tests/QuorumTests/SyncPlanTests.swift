import Testing
import ZooKeeperProtocol

@testable import Quorum

/// The table of 8.6, row by row.
@Suite struct SyncPlanTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        var history: [Int64]
        var base: Int64 = 0
        var learner: Int64
        var logged: [Int64]? = nil
        var alwaysSnapshot = false
        var expected: Expected

        var testDescription: String { name }
    }

    enum Expected: Equatable, Sendable {
        case diff(Int64, [Int64])
        case truncate(Int64, [Int64])
        case snapshot
        case readLog(Int64)
    }

    private static func options(_ change: (inout QuorumOptions) -> Void) -> QuorumOptions {
        var options = QuorumOptions()
        change(&options)
        return options
    }

    static let rows: [Row] = [
        Row(name: "a new ensemble: both at 0", history: [], learner: 0, expected: .diff(0, [])),
        Row(
            name: "nothing missed", history: [0x1_0000_0001, 0x1_0000_0002], learner: 0x1_0000_0002,
            expected: .diff(0x1_0000_0002, [])),
        Row(
            name: "a snapshot if asked for, whatever is missing", history: [0x1_0000_0001], learner: 0x1_0000_0001,
            alwaysSnapshot: true, expected: .snapshot),
        Row(
            name: "missed the last two", history: [0x1_0000_0001, 0x1_0000_0002, 0x1_0000_0003], learner: 0x1_0000_0001,
            expected: .diff(0x1_0000_0003, [0x1_0000_0002, 0x1_0000_0003])),
        Row(
            name: "beyond our last: an old leader with txns nobody has", history: [0x1_0000_0006, 0x1_0000_0007],
            learner: 0x1_0000_000a, expected: .truncate(0x1_0000_0007, [])),
        Row(
            name: "not in our history, same epoch: cut and go on",
            history: [0x1_0000_0005, 0x2_0000_0001, 0x2_0000_0003], learner: 0x2_0000_0002,
            expected: .truncate(0x2_0000_0001, [0x2_0000_0003])),
        Row(
            name: "not in our history, the next is of another epoch",
            history: [0x2_0000_0005, 0x3_0000_0001, 0x3_0000_0004], learner: 0x2_0000_0006, expected: .snapshot),
        Row(
            name: "led an epoch without a txn, and ours went on", history: [0x1_0000_0005, 0x3_0000_0001],
            learner: 0x2_0000_0000, expected: .diff(0x3_0000_0001, [0x3_0000_0001])),
        Row(
            name: "led an epoch without a txn, beyond our last", history: [0x1_0000_0005], learner: 0x2_0000_0000,
            expected: .snapshot),
        Row(
            name: "exactly the txn before the oldest we hold", history: [0x1_0000_0004, 0x1_0000_0005],
            base: 0x1_0000_0003, learner: 0x1_0000_0003,
            expected: .diff(0x1_0000_0005, [0x1_0000_0004, 0x1_0000_0005])),
        Row(
            name: "an empty learner of a leader with txns (ZOOKEEPER-4352)", history: [0x1_0000_0001], learner: 0,
            expected: .snapshot),
        Row(
            name: "too far behind: ask the disk", history: [0x1_0000_0009], base: 0x1_0000_0008, learner: 0x1_0000_0002,
            expected: .readLog(0x1_0000_0002)),
        Row(
            name: "the disk reaches back", history: [0x1_0000_0005], base: 0x1_0000_0004, learner: 0x1_0000_0002,
            logged: [0x1_0000_0002, 0x1_0000_0003, 0x1_0000_0004, 0x1_0000_0005],
            expected: .diff(0x1_0000_0005, [0x1_0000_0003, 0x1_0000_0004, 0x1_0000_0005])),
        Row(
            name: "the disk does not reach back", history: [0x1_0000_0005], base: 0x1_0000_0004, learner: 0x1_0000_0002,
            logged: [], expected: .snapshot),
        Row(
            name: "a gap between disk and memory", history: [0x1_0000_0009], base: 0x1_0000_0008,
            learner: 0x1_0000_0002,
            logged: [0x1_0000_0002, 0x1_0000_0003], expected: .snapshot),
        Row(
            name: "the disk shows that the learner strayed", history: [0x1_0000_0009], base: 0x1_0000_0008,
            learner: 0x1_0000_0004, logged: [0x1_0000_0003, 0x1_0000_0005, 0x1_0000_0008],
            expected: .truncate(0x1_0000_0003, [0x1_0000_0005, 0x1_0000_0008, 0x1_0000_0009])),
    ]

    @Test(arguments: rows)
    func decides(row: Row) {
        var options = QuorumOptions()
        options.alwaysSnapshot = row.alwaysSnapshot
        var history = CommittedHistory(base: ZXID(rawValue: row.base), QuorumOptions())
        for zxid in row.history { history.append(transaction(zxid)) }
        let plan = SyncPlan(
            learner: ZXID(rawValue: row.learner), history: history, options: options,
            logged: row.logged?.map(transaction))
        let expected: SyncPlan =
            switch row.expected {
            case .diff(let zxid, let rest): .diff(to: ZXID(rawValue: zxid), rest.map(transaction))
            case .truncate(let zxid, let rest): .truncate(to: ZXID(rawValue: zxid), rest.map(transaction))
            case .snapshot: .snapshot
            case .readLog(let zxid): .readLog(from: ZXID(rawValue: zxid))
            }
        #expect(plan == expected)
    }

    @Test func theDiskIsNotAskedWhenThatIsTurnedOff() {
        var options = QuorumOptions()
        options.syncFromDisk = false
        var history = CommittedHistory(base: ZXID(rawValue: 0x1_0000_0008), QuorumOptions())
        history.append(transaction(0x1_0000_0009))
        #expect(SyncPlan(learner: ZXID(rawValue: 0x1_0000_0002), history: history, options: options) == .snapshot)
    }

    /// A closeSession txn that some server wrote before there was a limit: learners would hang up on it, again and
    /// again.
    @Test func whatNoLearnerTakesIsInASnapshot() {
        var options = QuorumOptions()
        options.maxTxnLength = 1000
        var history = CommittedHistory(base: .zero, QuorumOptions())
        history.append(transaction(0x1_0000_0001))
        history.append(Transaction(zxid: ZXID(rawValue: 0x1_0000_0002), bytes: Array(repeating: 0, count: 1001)))
        history.append(transaction(0x1_0000_0003))
        func plan(_ learner: Int64) -> SyncPlan {
            SyncPlan(learner: ZXID(rawValue: learner), history: history, options: options)
        }
        #expect(plan(0x1_0000_0001) == .snapshot)
        #expect(plan(0x1_0000_0002) == .diff(to: ZXID(rawValue: 0x1_0000_0003), [transaction(0x1_0000_0003)]))
        #expect(plan(0x1_0000_0003) == .diff(to: ZXID(rawValue: 0x1_0000_0003), []))
    }

    @Test func theHistoryHoldsNoMoreThanItsBytes() {
        var history = CommittedHistory(base: .zero, Self.options { $0.historyByteLimit = 2500 })
        for zxid in Int64(0x1_0000_0001)...0x1_0000_0009 {
            history.append(Transaction(zxid: ZXID(rawValue: zxid), bytes: Array(repeating: 0, count: 1000)))
        }
        #expect(history.entries.map(\.zxid.rawValue) == [0x1_0000_0008, 0x1_0000_0009])
        #expect(history.base == ZXID(rawValue: 0x1_0000_0007))
        history.truncate(to: ZXID(rawValue: 0x1_0000_0008))
        history.append(Transaction(zxid: ZXID(rawValue: 0x2_0000_0001), bytes: Array(repeating: 0, count: 1000)))
        #expect(history.entries.count == 2)
        // One that alone is too long is not held at all, and known.
        history.append(Transaction(zxid: ZXID(rawValue: 0x2_0000_0002), bytes: Array(repeating: 0, count: 9000)))
        #expect(history.entries.isEmpty)
        #expect(history.last == ZXID(rawValue: 0x2_0000_0002))
    }

    @Test func theHistoryKeepsTheNewestTxnsAndKnowsWhatCameBefore() {
        var history = CommittedHistory(base: .zero, Self.options { $0.historyLimit = 3 })
        for zxid in Int64(0x1_0000_0001)...0x1_0000_0005 { history.append(transaction(zxid)) }
        #expect(history.entries.map(\.zxid.rawValue) == [0x1_0000_0003, 0x1_0000_0004, 0x1_0000_0005])
        #expect(history.base == ZXID(rawValue: 0x1_0000_0002))
        history.truncate(to: ZXID(rawValue: 0x1_0000_0004))
        #expect(history.last == ZXID(rawValue: 0x1_0000_0004))
        history.truncate(to: ZXID(rawValue: 0x1_0000_0001))
        #expect(history.last == ZXID(rawValue: 0x1_0000_0001))
        #expect(history.first == history.last)
    }
}

func transaction(_ zxid: Int64) -> Transaction {
    Transaction(zxid: ZXID(rawValue: zxid), bytes: [UInt8(truncatingIfNeeded: zxid)])
}
