import Jute
import NIOCore
import Storage
import ZooKeeperProtocol

/// What the event loop has for the log thread, in order: txns, gathered into batches that share one sync, and between them
/// whatever else must be durable in that order (epochs, truncations, snapshots of a leader).
///
/// While one thing is being written, the txns that come meanwhile gather into the next batch.
final class LogQueue {
    /// One step of the log thread.
    enum Step {
        case batch(LogWriter.Batch, rolls: Bool)
        case work(LogWriter.Work)
    }

    private let writer: LogWriter
    private let loop: any EventLoop
    /// Called when something waits and nothing is being written: `start` is wanted at the end of the turn.
    private let onWaiting: () -> Void
    /// Called on the loop with each step that is done; a batch may be looked at only during the call.
    private let completed: (Step) -> Void
    /// Called when a step failed. Nothing is written after that.
    private let failed: (StorageError) -> Void
    /// Whether nobody would mind if the loop waited a moment for the disk.
    private let isQuiet: () -> Bool

    private var waiting: [Step] = []
    private var spare: [LogWriter.Batch] = []
    private var isBusy = false
    private var hasFailed = false
    /// How long the newest sync took, nanoseconds.
    private var lastSync: Int64 = 0
    private static let quickSync: Int64 = 1_000_000
    /// The next batch begins a new file.
    private var rolls = false

    init(
        _ writer: LogWriter, loop: any EventLoop, isQuiet: @escaping () -> Bool, onWaiting: @escaping () -> Void,
        completed: @escaping (Step) -> Void, failed: @escaping (StorageError) -> Void
    ) {
        self.isQuiet = isQuiet
        self.onWaiting = onWaiting
        self.writer = writer
        self.loop = loop
        self.completed = completed
        self.failed = failed
    }

    /// Adds a txn to the batch being gathered. When that is durable, the ticket of its last txn is reported.
    func append(_ zxid: ZXID, entry: UnsafeRawBufferPointer, ticket: UInt64) {
        let batch = gatheringBatch()
        batch.records.append(zxid, entry: entry)
        batch.ticket = ticket
        if !isBusy { onWaiting() }
    }

    func perform(_ work: LogWriter.Work) {
        waiting.append(.work(work))
        if !isBusy { onWaiting() }
    }

    /// Begins a new log file with the next batch.
    func roll() { rolls = true }

    /// Writes everything that is waiting, then runs `body` on the log thread, and returns when that is done: for the rare
    /// moment when the loop can do nothing without it.
    func drain<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Value {
        while !waiting.isEmpty { startNext() }
        return writer.runBlocking(body)
    }

    private func gatheringBatch() -> LogWriter.Batch {
        if case .batch(let batch, _)? = waiting.last { return batch }
        let batch = spare.popLast() ?? LogWriter.Batch()
        waiting.append(.batch(batch, rolls: rolls))
        rolls = false
        return batch
    }

    /// Begins with what waits. At the end of a turn, so that all connections read in it share one sync, and behind what the turn has for
    /// other servers: they are to write at the same time.
    func start() {
        guard !isBusy, !waiting.isEmpty, !writeHere() else { return }
        startNext()
    }

    private func startNext() {
        guard !waiting.isEmpty, !hasFailed else {
            waiting.removeAll()
            return
        }
        let step = waiting.removeFirst()
        isBusy = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        switch step {
        case .batch(let batch, let rolls):
            writer.write(batch, rolls: rolls) { error in bound.value.done(.batch(batch, rolls: rolls), error) }
        case .work(let work):
            writer.perform(work) { error in bound.value.done(.work(work), error) }
        }
    }

    /// Writes a txn that comes alone to a quick disk at once, without the log thread; false when it is not the time for that.
    private func writeHere() -> Bool {
        guard waiting.count == 1, case .batch(let batch, rolls: false) = waiting[0], batch.records.count == 1,
            lastSync < Self.quickSync, isQuiet(), let result = writer.writeHere(batch)
        else { return false }
        let step = waiting.removeFirst()
        switch result {
        case .success: done(step, nil)
        case .failure(let error): done(step, error)
        }
        return true
    }

    private func done(_ step: Step, _ error: StorageError?) {
        isBusy = false
        if let error {
            guard !hasFailed else { return }
            hasFailed = true
            return failed(error)
        }
        // The disk first: it works while this step is applied and answered.
        if !waiting.isEmpty { startNext() }
        completed(step)
        if case .batch(let batch, _) = step {
            lastSync = batch.syncNanoseconds
            batch.records.removeAll()
            spare.append(batch)
        }
    }
}
