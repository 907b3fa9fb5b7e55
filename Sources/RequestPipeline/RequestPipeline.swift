import DataTree
import DequeModule
import Jute
import ZooKeeperProtocol

/// What a server does with the requests of its clients: the tree, the sessions, what is under way, and what each
/// client is to be sent.
///
/// No socket, file, clock or thread: the same inputs at the same times give the same effects. A shell says what time
/// it is (`advance`), calls one input (`open`, `take`, `stored`, `tick`, …), then carries out one `nextEffect()`
/// after the other until there is none, and only then calls the next; `closed` and `setWritable` alone may come in
/// between. What other servers send is put in with `QuorumReplication.step`. What clients are sent gathers meanwhile;
/// at the end of a turn, or when `Effect.flush` says so, the shell fetches it (`nextDirty`, `takeOutput`).
///
/// A write is prepared (its outcome decided) and handed to the `Replication`, which comes back with `commit` when it
/// is durable, in an ensemble on a quorum; then it is applied and answered. A read is answered at once, unless writes
/// of the same connection are before it.
///
/// ```
/// take ─► propose ─► Replication.propose ─► … disk, quorum … ─► commit ─► output of the client
///    └──► answerRead ─────────────────────────────────────────────────►
/// ```
package struct RequestPipeline: ~Copyable {
    /// What this server does for its clients.
    package enum Service: Sendable {
        /// Decides writes, alone or with its quorum.
        case leading
        /// Hands writes to its leader: a follower or an observer.
        case learning
        /// Answers reads of clients that asked for it from data that may be old: there is no leader.
        case readOnly
        /// Nothing: there is no leader.
        case none
    }

    package let options: PipelineOptions
    package internal(set) var tree: DataTree
    let replication: any Replication
    package internal(set) var service = Service.none
    /// Where the epoch served in begins: whoever serves in it has seen everything before.
    var epochStart = ZXID.zero
    /// The text of the ensemble's configuration and its version, for /zookeeper/config; nil without an ensemble.
    var configuration: (text: [UInt8], version: Int64)?

    package internal(set) var preparer: TxnPreparer
    package internal(set) var sessions: SessionTracker
    /// Sessions that only this server knows (`localSessionsEnabled`).
    package internal(set) var localSessions: SessionTracker
    var nextSession: SessionID

    // MARK: Under way

    /// What was prepared or forwarded and is not yet applied, in order.
    var proposals: Proposals
    /// Learner: syncs that the leader has been asked for.
    var syncs: Proposals
    /// Learner: handshakes that wait for the leader's word on the session, by session.
    var renewals: [SessionID: Deque<ClientReference>] = [:]
    /// Learner: sessions touched since the last PING whose connections are gone, and when they were last heard.
    var touchesOfClosed: [SessionID: Int64] = [:]
    /// Bytes of large requests among the reads that wait behind writes.
    var largeReads = 0
    /// Bytes of large buffers used since free memory was last given back.
    var burst = 0
    var memoryReturned: Int64 = 0
    /// The txn being decided.
    var scratch = JuteWriter(capacity: 4096)
    var fetcher = Fetcher()
    /// The body of the reply to the txn being applied.
    var replyBody = JuteWriter(capacity: 4096)
    /// Containers to delete, one at a time.
    var doomedContainers: Deque<String> = []
    /// The data cannot be written any more, or the server stops: nobody is let in.
    package private(set) var hasFailed = false
    var isShuttingDown = false

    // MARK: Clients

    /// By their id, which is the tree's name for them, too.
    var clients: ContiguousArray<Client> = []
    var freeClients: [ClientID] = []
    var connectionsOfHost: [String: Int] = [:]
    var clientsOfSession: [SessionID: ClientID] = [:]
    /// How many connections there are, and how many have yet to ask for a session.
    package internal(set) var connectionCount = 0
    var sessionless = 0
    var lastSerial: UInt64 = 0
    /// Connections that may still ask for a session, in the order in which they came, and some that no longer do.
    var handshakes: Deque<(deadline: Int64, client: ClientReference)> = []
    /// Clients that wait until fewer requests are under way.
    var throttled: [ClientID] = []
    /// Clients that have something to be sent.
    var dirty: Deque<ClientID> = []
    var writers: [JuteWriter] = []
    var connectionThrottle: ConnectionThrottle
    /// SASL exchanges begun: no two have the same nonce.
    var saslExchanges: UInt64 = 0

    // MARK: Time

    /// Milliseconds of a clock that does not go back, and of the wall clock.
    package private(set) var now: Int64
    package private(set) var wall: Int64
    /// Requests that came in this millisecond, and in the one before it.
    var requestsNow = 0
    private var requestsBefore = 0
    /// When chores are done next, and containers are looked at.
    var nextChore = Int64.max
    var nextContainerCheck: Int64
    var nextContainer = Int64.max
    /// Without a leader: when reads are served all the same.
    var readOnlyAt = Int64.max

    // MARK: Counters

    package internal(set) var statistics = RequestStatistics()
    package internal(set) var digests = DigestHistory()

    var effects: Deque<Effect> = []

    /// - Parameters:
    ///   - tree: as it was recovered.
    ///   - now: as for `advance`.
    package init(
        _ options: PipelineOptions, tree: DataTree, replication: any Replication, now: Int64, wall: Int64
    ) {
        self.options = options
        self.tree = tree
        self.replication = replication
        self.now = now
        self.wall = wall
        replication.now = now
        tree.replyLimit = options.replyLimit
        preparer = TxnPreparer(options.preparer)
        proposals = Proposals(largeRequestThreshold: options.largeRequestThreshold)
        syncs = proposals
        sessions = SessionTracker()
        localSessions = sessions
        nextSession = .first(serverID: options.serverID, milliseconds: wall)
        connectionThrottle = ConnectionThrottle(options.connectionThrottle, now: now)
        nextContainerCheck = now + options.containerInterval
        replication.start(&self)
    }

    /// It is this time now, by a clock that does not go back and by the wall clock. The inputs that follow happen then.
    package mutating func advance(to now: Int64, wall: Int64) {
        self.wall = wall
        guard now != self.now else { return }
        requestsBefore = now == self.now + 1 ? requestsNow : 0
        requestsNow = 0
        self.now = now
        replication.now = now
    }

    /// The next thing to do; nil when there is no more. To ask for it says that the one before is done.
    package mutating func nextEffect() -> Effect? {
        if let effect = effects.popFirst() { return effect }
        let replication = replication
        return replication.nextEffect(&self)
    }

    /// When `tick` must be called at the latest.
    package var nextDeadline: Int64 {
        min(nextExpiry, nextChore, nextContainerCheck, nextContainer, readOnlyAt, replication.nextDeadline)
    }

    /// How far what clients see goes.
    package var lastZXID: ZXID { max(tree.lastZXID, epochStart) }
    /// Requests under way.
    package var outstanding: Int { proposals.count }
    package var outstandingSyncs: Int { syncs.count }
    /// Whether few requests came in the last one or two milliseconds.
    package var isQuiet: Bool { requestsBefore + requestsNow <= 16 }

    // MARK: What the shell says beside requests

    /// The disk has everything up to this ticket.
    ///
    /// - Parameter forEachTxn: the txns that were logged with it, in order.
    package mutating func stored(
        _ ticket: UInt64, _ forEachTxn: ((UnsafeRawBufferPointer) -> Void) -> Void = { _ in }
    ) {
        let replication = replication
        replication.stored(ticket, forEachTxn, &self)
    }

    /// The data cannot be written any more: nothing more will be acknowledged.
    package mutating func fail() { hasFailed = true }

    /// Finishes what is under way, then `Effect.stopped` follows.
    package mutating func shutDown() {
        isShuttingDown = true
        let replication = replication
        replication.shutDown(&self)
    }

    /// `srst`: everything that was counted begins anew, as in Apache's `ServerStats.reset`.
    package mutating func resetStatistics() {
        statistics.reset()
        replication.resetStatistics()
        tree.resetStatistics()
        preparer.resetStatistics()
    }

    // MARK: Log

    mutating func log(
        _ level: LogLine.Level, kind: String? = nil, _ text: String, client: ClientID? = nil,
        _ more: [String: String] = [:]
    ) {
        var metadata = more
        if let client { metadata["client"] = clients[client.place].remote }
        effects.append(.log(LogLine(level: level, text: text, kind: kind, metadata: metadata)))
    }
}

extension ClientID {
    var place: Int { Int(rawValue) }
}
