import NIOCore
import NIOPosix
import Storage
import ZooKeeperProtocol

/// The log thread: appends batches and syncs them, one at a time, while the event loop gathers the next.
///
/// `TxnLog` lives on that thread alone.
final class LogWriter: Sendable {
    /// A batch that changes hands between the loop and the log thread; never in both at once, and never copied.
    final class Batch: @unchecked Sendable {
        var records = TxnBatch(capacity: 16 << 10)
        /// How long its sync took, nanoseconds.
        var syncNanoseconds: Int64 = 0
    }

    private final class Log: @unchecked Sendable {
        // Touched by the one thread of `pool` only.
        var log: TxnLog
        init(_ log: TxnLog) { self.log = log }
    }

    private let pool: NIOThreadPool
    private let log: Log
    private let loop: any EventLoop

    init(_ log: TxnLog, loop: any EventLoop) {
        self.log = Log(log)
        self.loop = loop
        pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
    }

    /// Writes and syncs a batch, then calls `done` on the event loop. One batch at a time.
    ///
    /// - Parameter rolls: whether the batch begins a new file.
    func write(_ batch: Batch, rolls: Bool, done: @escaping @Sendable (Result<Batch, StorageError>) -> Void) {
        let (log, loop) = (log, loop)
        pool.submit { state in
            guard case .active = state else { return }
            let result: Result<Batch, StorageError>
            do throws(StorageError) {
                if rolls { log.log.roll() }
                try log.log.append(&batch.records)
                let start = NIODeadline.now()
                try log.log.commit()
                batch.syncNanoseconds = (NIODeadline.now() - start).nanoseconds
                result = .success(batch)
            } catch {
                result = .failure(error)
            }
            loop.execute { done(result) }
            // Nobody waits for this; its failure shows at the next append.
            try? log.log.prepareAhead()
        }
    }

    /// Stops the thread after what it was given; its work is done when this returns.
    func stop() { try? pool.syncShutdownGracefully() }
}
