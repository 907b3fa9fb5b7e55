import NIOCore
import Testing
import ZooKeeperProtocol

@testable import ZooKeeperServer

@Suite("When a snapshot is due, and how fast it is written")
struct SnapshotScheduleTests {
    private static let length = 200

    /// Logs batches of 10 txns of 200 bytes each and tells after which txns a snapshot began.
    private static func snapshots(
        of txns: Int, count: Int = 1000, sizeLimit: Int = .max, treeSize: Int, replayed: Int = 0, from first: Int = 0,
        turn: SnapshotSchedule.Turn = .alone
    ) -> [Int] {
        var schedule = SnapshotSchedule(count: count, sizeLimit: sizeLimit, replayed: replayed)
        var begun: [Int] = []
        for counter in stride(from: first + 10, through: first + txns, by: 10) {
            schedule.logged(txns: 10, bytes: 10 * length)
            let zxid = ZXID(epoch: Epoch(rawValue: 3), counter: UInt32(counter))
            guard schedule.isDue(at: zxid, treeSize: treeSize, turn: turn) else { continue }
            begun.append(counter)
            schedule.begin()
        }
        return begun
    }

    /// A small tree: every snapCount txns, or every power of two of txns that fit into the size limit.
    @Test func smallTree() {
        #expect(Self.snapshots(of: 3500, treeSize: 1000) == [1000, 2000, 3000])
        // 20,000 bytes are 100 txns.
        #expect(Self.snapshots(of: 260, sizeLimit: 20_000, treeSize: 1000) == [70, 130, 200, 260])
        #expect(
            Self.snapshots(of: 40, count: 2, treeSize: 0).count == 4,
            "as often as it is asked, and not more than once a batch")
    }

    /// A large tree: all snapshots together are no longer than twice the log, and the log to be replayed no longer than the
    /// tree and a half.
    @Test func largeTree() {
        for treeSize in [1 << 20, 3 << 20, 5_000_000] {
            let txns = 400_000
            let begun = Self.snapshots(of: txns, treeSize: treeSize)
            #expect(!begun.isEmpty)
            #expect(begun.count * treeSize <= 2 * txns * Self.length)
            let gaps = zip([0] + begun, begun + [txns]).map { $1 - $0 }
            #expect(gaps.max()! * Self.length <= treeSize * 3 / 2)
        }
    }

    /// The servers of an ensemble do it in turn, wherever each of them began.
    @Test(arguments: [1000, 3 << 20])
    func inTurn(treeSize: Int) {
        let servers = 5
        var all: [(at: Int, rank: Int)] = []
        for rank in 0..<servers {
            // Each was started at another time.
            let begun = Self.snapshots(
                of: 200_000 - 3170 * rank, treeSize: treeSize, from: 3170 * rank,
                turn: SnapshotSchedule.Turn(rank: rank, servers: servers))
            #expect(begun.count >= 5)
            all += begun.map { ($0, rank) }
        }
        all.sort { $0.at < $1.at }
        for (one, next) in zip(all, all.dropFirst()) where one.rank != next.rank {
            #expect(next.at - one.at >= 1000 / servers - 10, "servers \(one.rank) and \(next.rank)")
        }
    }

    /// What was replayed counts; what another epoch counted does not keep a snapshot off.
    @Test func sinceTheStart() {
        #expect(Self.snapshots(of: 600, treeSize: 1000, replayed: 600, from: 600) == [1000])
        // 900 txns of the epoch before: the count is at 10 again.
        #expect(Self.snapshots(of: 2000, treeSize: 1000, replayed: 900) == [10, 1000, 2000])
        #expect(Self.snapshots(of: 2000, treeSize: 1000, replayed: 400) == [1000, 2000])
    }

    /// Nothing is due before something is logged.
    @Test func idle() {
        let schedule = SnapshotSchedule(count: 10, sizeLimit: .max, replayed: 100_000)
        #expect(!schedule.isDue(at: ZXID(rawValue: 100_000), treeSize: 10, turn: .alone))
    }

    /// Writing keeps to its pace, and does not make up for what it could not do.
    @Test func pace() {
        var pace = SnapshotPace()
        let second = SnapshotPace.bytesPerSecond
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        #expect(pace.pause(after: second / 4, now: start) == 250_000)
        #expect(pace.pause(after: second / 4, now: start + .milliseconds(200)) == 300_000)
        #expect(pace.pause(after: second / 4, now: start + .seconds(2)) == 250_000)
    }
}
