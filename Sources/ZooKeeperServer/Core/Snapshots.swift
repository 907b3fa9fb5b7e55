import DataTree
import Glibc
import Jute
import NIOCore
import NIOPosix
import RequestPipeline
import Storage
import ZooKeeperProtocol

/// A snapshot being written: the loop makes a slice of the tree, the snapshot thread writes it, then the loop makes the
/// next, so that clients never wait for more than one slice.
final class SnapshotTask: @unchecked Sendable {
    // `file` is touched on the snapshot thread only, `snapshot` and `slice` by whoever has the turn.
    let snapshot: FuzzySnapshot
    var file: SnapshotWriter?
    var slice: JuteWriter
    let began: Int64
    private var pace = SnapshotPace()
    /// Every node has been written into a slice.
    var isWalked = false

    init(_ snapshot: consuming FuzzySnapshot, slice: JuteWriter, began: Int64) {
        self.snapshot = snapshot
        self.slice = slice
        self.began = began
    }

    /// Writes the slice, and sleeps as long as it is ahead of its pace.
    fileprivate func writeSlice() throws(StorageError) {
        guard let file else { return }
        try slice.withUnsafeBytes { (bytes) throws(StorageError) in try file.write(bytes) }
        usleep(pace.pause(after: slice.count, now: .now()))
    }
}

/// How fast a snapshot is written at most: a disk that is busy with one cannot take the log at once.
struct SnapshotPace {
    static let bytesPerSecond = 64 << 20
    private var next = NIODeadline.distantPast

    /// How long to sleep when `count` bytes more are written, microseconds. Time that a slow disk took is not made up for.
    mutating func pause(after count: Int, now: NIODeadline) -> UInt32 {
        let pause = TimeAmount.nanoseconds(Int64(count) * 1_000_000_000 / Int64(Self.bytesPerSecond))
        next = max(next, now) + pause
        return UInt32(clamping: (next - now).nanoseconds / 1000)
    }
}

extension ServerCore {
    func takeSnapshotIfDue() {
        let service = pipeline.service
        guard snapshotTask == nil, !isShuttingDown, service != .none, service != .readOnly,
            schedule.isDue(
                at: pipeline.lastZXID, treeSize: pipeline.tree.snapshotSize, turn: member?.snapshotTurn ?? .alone)
        else { return }
        takeSnapshot()
    }

    func takeSnapshot() {
        schedule.begin()
        log.roll()
        var slice = JuteWriter(capacity: 300 << 10)
        let snapshot = pipeline.tree.beginSnapshot(into: &slice)
        let zxid = snapshot.zxid
        let task = SnapshotTask(snapshot, slice: slice, began: Clock.monotonic)
        snapshotTask = task
        let directory = directory
        onSnapshotThread(task) { (task) throws(StorageError) in
            task.file = try SnapshotWriter(directory, zxid: zxid)
            try task.writeSlice()
        } then: { server in
            server.nextSlice(task)
        }
    }

    /// Ends the snapshot under way: the tree is about to become another one, or to apply what may yet be taken back.
    func abandonSnapshot() {
        guard let task = snapshotTask else { return }
        snapshotTask = nil
        if !task.isWalked { pipeline.tree.abandon(task.snapshot) }
        snapshotThread.submit { _ in task.file?.abandon() }
    }

    private func nextSlice(_ task: SnapshotTask) {
        guard task === snapshotTask else { return }
        task.slice.removeAll()
        let hasMore = pipeline.tree.writeSnapshot(task.snapshot, into: &task.slice)
        task.isWalked = !hasMore
        let digest =
            hasMore || !settings.pipeline.preparer.writesDigests ? nil : (pipeline.tree.lastZXID, pipeline.tree.digest)
        onSnapshotThread(task) { (task) throws(StorageError) in
            try task.writeSlice()
            if !hasMore { try task.file?.finish(digest: digest) }
        } then: { server in
            guard hasMore else { return server.snapshotWritten(task) }
            server.nextSlice(task)
        }
    }

    private func snapshotWritten(_ task: SnapshotTask) {
        if task === snapshotTask { snapshotTask = nil }
        let milliseconds = Clock.monotonic - task.began
        surroundings.statistics.snapshots.add(milliseconds)
        surroundings.lastSnapshot = (task.snapshot.zxid, Clock.wall / 1000)
        logger.info("snapshot \(directory.snapshotPath(task.snapshot.zxid)) written in \(milliseconds) ms")
    }

    /// Runs `work` on the snapshot thread, then `next` here. A failure ends the snapshot, not the server: the log has
    /// everything.
    private func onSnapshotThread(
        _ task: SnapshotTask, _ work: @escaping @Sendable (SnapshotTask) throws(StorageError) -> Void,
        then next: @escaping @Sendable (ServerCore) -> Void
    ) {
        let (bound, loop) = (bound, loop)
        snapshotThread.submit { state in
            guard case .active = state else { return }
            let failure: StorageError?
            do throws(StorageError) {
                try work(task)
                failure = nil
            } catch {
                task.file?.abandon()
                failure = error
            }
            loop.execute {
                let server = bound.value
                guard let failure else { return next(server) }
                server.logger.error("snapshot \(task.snapshot.zxid) failed, the next is due as usual: \(failure)")
                guard task === server.snapshotTask else { return }
                server.snapshotTask = nil
                if !task.isWalked { server.pipeline.tree.abandon(task.snapshot) }
            }
        }
    }

    /// Removes what no kept snapshot needs, now and every `autopurge.purgeInterval` hours.
    func purge() {
        let (directory, keep, logger) = (directory, settings.purgeRetainCount, logger)
        snapshotThread.submit { state in
            guard case .active = state else { return }
            do throws(StorageError) {
                let removed = try directory.purge(keep: keep)
                if !removed.isEmpty { logger.info("purged \(removed.count) old files of the data directory") }
            } catch { logger.error("purging failed: \(error)") }
        }
    }
}
