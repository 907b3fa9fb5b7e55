import Dispatch
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Storage
import Synchronization
import ZooKeeperProtocol

/// The log thread: appends batches and syncs them, and does whatever else must be durable between them.
///
/// `TxnLog` and the epoch files are touched by that thread, and by the event loop while the thread has nothing to do.
final class LogWriter: Sendable {
    /// A batch that changes hands between the loop and the log thread; never in both at once, and never copied.
    final class Batch: @unchecked Sendable {
        var records = TxnBatch(capacity: 16 << 10)
        /// How long its sync took, nanoseconds.
        var syncNanoseconds: Int64 = 0
        /// Of its last txn, in a quorum.
        var ticket: UInt64 = 0
    }

    /// Something else than txns that must be durable in its place.
    struct Work: Sendable {
        let ticket: UInt64
        let body: @Sendable (inout Durable) throws(StorageError) -> Void
    }

    /// What is written to.
    struct Durable: Sendable {
        let directory: DataDirectory
        var log: TxnLog
        /// Nil in a standalone server.
        var epochs: Epochs?
    }

    private let pool: NIOThreadPool
    private let durable: Mutex<Durable>
    private let loop: any EventLoop

    init(_ durable: Durable, loop: any EventLoop) {
        self.durable = Mutex(durable)
        self.loop = loop
        pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
    }

    /// Writes and syncs a batch, then calls `done` on the event loop.
    ///
    /// - Parameter rolls: whether the batch begins a new file.
    func write(_ batch: Batch, rolls: Bool, done: @escaping @Sendable (StorageError?) -> Void) {
        submit(
            done,
            { (durable) throws(StorageError) in
                if rolls { durable.log.roll() }
                try durable.log.write(batch)
            },
            // Nobody waits for this; its failure shows at the next append.
            afterwards: { try? $0.log.prepareAhead() })
    }

    /// Writes and syncs a batch on the event loop itself, where neither this thread nor, in the end, the loop has to be woken
    /// up for it: half of what a lone write costs beyond the disk. Nil when the log thread is at work.
    func writeHere(_ batch: Batch) -> Result<Void, StorageError>? {
        let written = durable.withLockIfAvailable { durable in
            let result = Result { () throws(StorageError) in try durable.log.write(batch) }
            return (result: result, mustPrepare: durable.log.mustPrepare)
        }
        if written?.mustPrepare == true {
            pool.submit { [self] _ in durable.withLock { try? $0.log.prepareAhead() } }
        }
        return written?.result
    }

    func perform(_ work: Work, done: @escaping @Sendable (StorageError?) -> Void) { submit(done, work.body) }

    /// Runs `body` behind everything submitted, and waits for it.
    func runBlocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Value {
        let result = NIOLockedValueBox<Value?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        pool.submit { _ in
            let value = body()
            result.withLockedValue { $0 = value }
            isDone.signal()
        }
        isDone.wait()
        return result.withLockedValue { $0! }
    }

    /// Stops the thread after what it was given; its work is done, and the log is closed, when this returns.
    func stop() {
        try? pool.syncShutdownGracefully()
        durable.withLock { $0.log.roll() }
    }

    private func submit(
        _ done: @escaping @Sendable (StorageError?) -> Void,
        _ body: @escaping @Sendable (inout Durable) throws(StorageError) -> Void,
        afterwards: @escaping @Sendable (inout Durable) -> Void = { _ in }
    ) {
        pool.submit { [self] state in
            guard case .active = state else { return }
            var failure: StorageError?
            do throws(StorageError) {
                try durable.withLock { (durable) throws(StorageError) in try body(&durable) }
            } catch { failure = error }
            let outcome = failure
            loop.execute { done(outcome) }
            durable.withLock { afterwards(&$0) }
        }
    }
}

extension TxnLog {
    fileprivate mutating func write(_ batch: LogWriter.Batch) throws(StorageError) {
        try append(&batch.records)
        let start = NIODeadline.now()
        try commit()
        batch.syncNanoseconds = (NIODeadline.now() - start).nanoseconds
    }
}
