import DataTree
import Jute
import ZooKeeperProtocol

/// Who puts the writes of a server in order and makes them last: the server itself (`Alone`), or a quorum
/// (`QuorumReplication`).
///
/// The pipeline asks, and what comes of it comes back as calls of the pipeline's (`commit`, `synced`, `revalidated`,
/// `serve`, …), from within `stored` and `nextEffect`.
package protocol Replication: AnyObject {
    // MARK: What the pipeline asks for

    /// The zxid of the next txn; nil when this server may make none.
    var nextZXID: ZXID? { get }
    /// Log the txn with the zxid of `nextZXID`, and `commit` it when it is durable where it must be.
    func propose(_ zxid: ZXID, _ entry: borrowing JuteWriter)
    /// Learner: a write, sync or session change for the leader. A sync comes back with `synced`, everything else as a
    /// txn.
    func forward(_ operation: ForwardedRequest, authInfo: [AuthID]?)
    /// Learner: whether the leader lets a session go on here; comes back with `revalidated`.
    func revalidate(_ session: SessionID, timeout: Int32)
    /// Learner: a session lives.
    func touch(_ session: SessionID, timeout: Int32)
    /// Counts the PINGs, answered by a learner, sent by a leader: what was touched before must be touched again.
    var touchRound: Int64 { get }
    /// Leader: the learners are to say at once which sessions they have heard.
    func askForTouches()
    /// What becomes of a client's reconfig; nil when there is no ensemble.
    func judge(reconfig body: UnsafeRawBufferPointer) -> ReconfigVerdict?
    /// The tree was found to differ from the digests of its txns.
    func dataDiffers()

    // MARK: What happens

    /// Milliseconds of a clock that does not go back.
    var now: Int64 { get set }
    /// Before anything else.
    func start(_ pipeline: inout RequestPipeline)
    /// Everything up to this ticket is on disk; `forEachTxn` calls its argument with each txn that this was.
    func stored(
        _ ticket: UInt64, _ forEachTxn: ((UnsafeRawBufferPointer) -> Void) -> Void, _ pipeline: inout RequestPipeline)
    /// The next thing that the shell has to do.
    func nextEffect(_ pipeline: inout RequestPipeline) -> RequestPipeline.Effect?
    /// When `tick` must be called at the latest.
    var nextDeadline: Int64 { get }
    func tick()
    /// Finish what is under way, then `Effect.stopped`.
    func shutDown(_ pipeline: inout RequestPipeline)
    func resetStatistics()
}
