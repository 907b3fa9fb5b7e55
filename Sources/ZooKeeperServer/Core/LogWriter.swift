import Dispatch
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Storage
import ZooKeeperProtocol

/// The log thread: appends batches and syncs them, and does whatever else must be durable between them.
///
/// `TxnLog` and the epoch files live on that thread alone.
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

    /// What the log thread owns.
    struct Durable {
        let directory: DataDirectory
        var log: TxnLog
        /// Nil in a standalone server.
        var epochs: Epochs?
    }

    private final class Box: @unchecked Sendable {
        // Touched by the one thread of `pool` only.
        var durable: Durable
        init(_ durable: Durable) { self.durable = durable }
    }

    private let pool: NIOThreadPool
    private let box: Box
    private let loop: any EventLoop

    init(_ durable: Durable, loop: any EventLoop) {
        box = Box(durable)
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
                try durable.log.append(&batch.records)
                let start = NIODeadline.now()
                try durable.log.commit()
                batch.syncNanoseconds = (NIODeadline.now() - start).nanoseconds
            },
            // Nobody waits for this; its failure shows at the next append.
            afterwards: { durable in try? durable.log.prepareAhead() })
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

    /// Stops the thread after what it was given; its work is done when this returns.
    func stop() { try? pool.syncShutdownGracefully() }

    private func submit(
        _ done: @escaping @Sendable (StorageError?) -> Void,
        _ body: @escaping @Sendable (inout Durable) throws(StorageError) -> Void,
        afterwards: @escaping @Sendable (inout Durable) -> Void = { _ in }
    ) {
        let (box, loop) = (box, loop)
        pool.submit { state in
            guard case .active = state else { return }
            var failure: StorageError?
            do throws(StorageError) { try body(&box.durable) } catch { failure = error }
            let outcome = failure
            loop.execute { done(outcome) }
            afterwards(&box.durable)
        }
    }
}
