import DataTree
import DequeModule
import Jute
import ZooKeeperProtocol

/// A server that stands alone: what is on its disk is committed.
package final class Alone: Replication {
    /// A txn that waits to be logged: good until the next effect is asked for.
    package struct Entry {
        fileprivate let owner: Alone
        fileprivate let range: Range<Int>

        package func withUnsafeBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
            owner.entries.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        }
    }

    private var next: ZXID
    private var entries = JuteWriter(capacity: 4096)
    private var proposed: Deque<(zxid: ZXID, range: Range<Int>)> = []
    /// A server that stops: what was under way is not yet done.
    private var isStopping = false
    package var now: Int64 = 0

    /// - Parameter lastZXID: of the log.
    package init(lastZXID: ZXID) { next = lastZXID.next }

    package var nextZXID: ZXID? { next }

    package func propose(_ zxid: ZXID, _ entry: borrowing JuteWriter) {
        next = zxid.next
        let start = entries.count
        entry.withUnsafeBytes { entries.write(raw: $0) }
        proposed.append((zxid, start..<entries.count))
    }

    package func start(_ pipeline: inout RequestPipeline) {
        pipeline.removeOrphanedEphemerals()
        pipeline.serve(.leading)
    }

    package func stored(
        _ ticket: UInt64, _ forEachTxn: ((UnsafeRawBufferPointer) -> Void) -> Void, _ pipeline: inout RequestPipeline
    ) {
        forEachTxn { pipeline.commit($0) }
        stopIfDone(&pipeline)
    }

    package func nextEffect(_ pipeline: inout RequestPipeline) -> RequestPipeline.Effect? {
        if let (zxid, range) = proposed.popFirst() { return .append(zxid, Entry(owner: self, range: range)) }
        entries.removeAll(keepingCapacity: entries.capacity <= 1 << 20)
        return nil
    }

    package func shutDown(_ pipeline: inout RequestPipeline) {
        isStopping = true
        stopIfDone(&pipeline)
    }

    private func stopIfDone(_ pipeline: inout RequestPipeline) {
        guard isStopping, pipeline.outstanding == 0 else { return }
        isStopping = false
        pipeline.effects.append(.stopped)
    }

    package var nextDeadline: Int64 { .max }
    package func tick() {}
    package func resetStatistics() {}

    // Only learners ask for these, and nobody learns who stands alone.
    package func forward(_ operation: ForwardedRequest, authInfo: [AuthID]?) {}
    package func revalidate(_ session: SessionID, timeout: Int32) {}
    package func touch(_ session: SessionID, timeout: Int32) {}
    package var touchRound: Int64 { 0 }
    package func askForTouches() {}
    package func judge(reconfig body: UnsafeRawBufferPointer) -> ReconfigVerdict? { nil }
    package func dataDiffers() {}
}
