import CLinux
import DataTree
import DequeModule
import Jute
import Logging
import NIOCore
import NIOPosix
import Storage
import ZooKeeperProtocol

/// What a server does for its clients.
enum Service {
    /// Decides writes alone.
    case standalone
    /// Decides writes and commits them with its quorum.
    case leading
    /// Hands writes to its leader: a follower or an observer.
    case learning
    /// Answers reads of clients that asked for it from data that may be old: there is no leader.
    case readOnly
    /// Nothing: there is no leader.
    case none
}

/// A ZooKeeper server: the tree, the sessions, the connections and the write pipeline, all on one event loop.
///
/// A write is prepared (its outcome decided), logged, and applied when it is durable (in an ensemble: when a quorum has it); a
/// read is answered at once, unless writes of the same connection are before it. Everything a turn of the loop has answered goes
/// out at its end.
final class ServerCore {
    let settings: ServerSettings
    let logger: Logger
    let loop: any EventLoop
    let directory: DataDirectory
    var tree: DataTree
    let writer: LogWriter
    /// The order in which things reach the disk.
    private(set) lazy var log = LogQueue(
        writer, loop: loop, isQuiet: { [unowned self] in isQuiet }, completed: { [unowned self] in logged($0) },
        failed: { [unowned self] in logFailed($0) })

    var service: Service
    /// The client port, which a reconfig may move.
    var clientPort: MovableClientPort?
    /// This server's part in its ensemble; nil when it stands alone.
    var member: EnsembleMember?
    /// Where the epoch served in begins: whoever serves in it has seen everything before.
    var epochStart = ZXID.zero

    var preparer: TxnPreparer
    var sessions: SessionTracker
    /// Sessions that only this server knows (`localSessionsEnabled`).
    var localSessions: SessionTracker
    var nextSession: SessionID
    let passwords: SessionPasswords
    var connections: [ObjectIdentifier: ClientConnection] = [:]
    var connectionsOfHost: [String: Int] = [:]
    var connectionsOfSession: [SessionID: ClientConnection] = [:]
    /// By the tree's name for them.
    var connectionsInTree: [ClientID: ClientConnection] = [:]

    // MARK: The write pipeline (ServerCore+Writes)

    /// What was prepared and is not yet applied, in zxid order.
    var proposals: Proposals
    var nextZXID: ZXID
    /// Learner: syncs that the leader has been asked for.
    var syncs: Proposals
    /// Bytes of large requests among the reads that wait behind writes.
    private var largeReads = 0
    /// Bytes of large buffers used since free memory was last given back.
    var burst = 0
    private var memoryReturned: Int64 = 0
    /// Learner: handshakes that wait for the leader's word on the session, by session.
    var renewals: [SessionID: Deque<ClientConnection>] = [:]
    /// The txn being decided, in a quorum.
    var scratch = JuteWriter(capacity: 4096)
    /// The body of the reply to the txn being applied.
    var replyBody = JuteWriter(capacity: 4096)
    /// Why the server stopped writing; set once, never cleared.
    var failure: StorageError?
    /// Called once when the log cannot be written any more.
    var onFailure: (StorageError) -> Void = { _ in }
    /// Called when the last write in flight is applied, while shutting down.
    var onIdle: (() -> Void)?

    // MARK: Snapshots and chores

    var schedule: SnapshotSchedule
    var snapshotTask: SnapshotTask?
    let snapshotThread = NIOThreadPool(numberOfThreads: 1)
    /// When the newest snapshot was written (wall clock, seconds) and its zxid.
    var lastSnapshot: (zxid: ZXID, seconds: Int64)
    /// Containers to delete, one at a time.
    var doomedContainers: Deque<String> = []
    /// Connections that may still ask for a session, in the order in which they came, and some that no longer do.
    var handshakes: Deque<(deadline: Int64, connection: ClientConnection)> = []
    /// How many do.
    var sessionless = 0
    /// What this process may open.
    let descriptors = DescriptorBudget.now
    let warnings: RecurringLog
    /// What this server shows to those that check it.
    var certificates: [OwnCertificate] = []
    let pagePace = HTTPPort.Pace()
    private(set) lazy var adminPort = pages(idleTime: settings.admin?.idleTimeout ?? 0) { $0.adminPage($1) }
    private(set) lazy var metricsPort = pages(idleTime: 30_000) { $0.metricsPage($1) }

    // MARK: Counters

    var statistics = RequestStatistics()
    var metrics = Metrics()
    var bytesReceived: Int64 = 0
    var digests = DigestHistory()
    /// Tells of this server's part in an ensemble; nil: standalone.
    var report: () -> EnsembleReport? = { nil }
    var ensemble: EnsembleReport? { report() }
    /// `gtmk` and `stmk`; no trace is written.
    var traceMask: Int64 = 306
    let started: Int64

    // MARK: The turn

    /// Monotonic milliseconds, taken when the turn's first bytes came.
    private(set) var now: Int64
    /// Requests that came in this millisecond, and in the one before it.
    var requestsNow = 0
    private var requestsBefore = 0
    private var dirty: [ClientConnection] = []
    private var writers: [JuteWriter] = []
    /// Connections that may not be read because too many requests are under way.
    fileprivate var throttled: [ObjectIdentifier: ClientConnection] = [:]
    var isShuttingDown = false
    var connectionThrottle: ConnectionThrottle

    init(
        settings: ServerSettings, directory: DataDirectory, recovered: Recovered, epochs: Epochs?,
        passwords: SessionPasswords = .derived, loop: any EventLoop, logger: Logger, warnings: RecurringLog? = nil
    ) {
        self.passwords = passwords
        self.settings = settings
        self.directory = directory
        self.loop = loop
        self.logger = logger
        self.warnings = warnings ?? RecurringLog(logger)
        tree = recovered.tree
        service = epochs == nil ? .standalone : .none
        preparer = TxnPreparer(settings.preparerOptions)
        proposals = Proposals(largeRequestThreshold: settings.largeRequestThreshold)
        syncs = proposals
        tree.replyLimit = settings.replyLimit
        started = Clock.monotonic
        now = started
        connectionThrottle = ConnectionThrottle(settings.connectionThrottle, now: started)
        nextZXID = recovered.lastZXID.next
        sessions = SessionTracker(tickTime: Int32(clamping: settings.tickTime), now: started)
        localSessions = sessions
        nextSession = .first(
            serverID: UInt8(truncatingIfNeeded: settings.sessionServerID), milliseconds: Clock.wall)
        schedule = SnapshotSchedule(settings: settings, replayed: recovered.replayed)
        lastSnapshot = (recovered.snapshot?.zxid ?? .zero, Clock.wall / 1000)
        let log = TxnLog(
            directory, preallocation: settings.preallocation, sizeLimit: settings.logSizeLimit,
            syncs: settings.forceSync)
        writer = LogWriter(LogWriter.Durable(directory: directory, log: log, epochs: epochs), loop: loop)
        if service == .standalone { trackSessions() }
    }

    /// Starts to watch over every session of the tree, each with its whole timeout from now on.
    func trackSessions() {
        sessions = SessionTracker(tickTime: Int32(clamping: settings.tickTime), now: now)
        for session in tree.sessions { sessions.track(session.id, timeout: session.timeout, now: now) }
    }

    /// This server for closures that come back to the loop.
    var bound: NIOLoopBound<ServerCore> { NIOLoopBound(self, eventLoop: loop) }

    /// How far what clients see goes.
    var lastZXID: ZXID { max(tree.lastZXID, epochStart) }
    var uptime: Int64 { Clock.monotonic - started }
    var outstanding: Int { proposals.count }

    func refreshClock() {
        let time = Clock.monotonic
        guard time != now else { return }
        requestsBefore = time == now + 1 ? requestsNow : 0
        requestsNow = 0
        now = time
    }

    /// Whether few requests came in the last one or two milliseconds.
    var isQuiet: Bool { requestsBefore + requestsNow <= 16 }

    // MARK: Output

    func takeWriter() -> JuteWriter { writers.popLast() ?? JuteWriter(capacity: 1024) }

    func giveBack(_ writer: consuming JuteWriter) {
        guard writer.capacity <= 64 << 10, writers.count < 64 else { return }
        writer.removeAll()
        writers.append(writer)
    }

    func markDirty(_ connection: ClientConnection) { dirty.append(connection) }

    /// Sends everything that was answered.
    func flush() {
        member?.flush()
        guard !dirty.isEmpty else { return }
        let connections = dirty
        dirty.removeAll(keepingCapacity: true)
        for connection in connections { connection.flush() }
    }

    // MARK: Throttling

    enum Admission { case now, later, never }

    /// Whether a client's request of this length is taken. Who has requests under way lets them finish first, when all clients
    /// together have more than `globalOutstandingLimit` or `heldLimit` bytes; a long one waits for the latter in any case.
    /// `largeRequestMaxBytes` refuses, as in Apache's server.
    func admits(_ length: Int, hasWaiting: Bool) -> Admission {
        if failure != nil { return .later }
        // A leader that takes nothing more is about to let its clients go: what comes behind a write that it dropped must not be
        // answered.
        if service == .leading, member?.nextZXID == nil { return .later }
        if isOverloaded, hasWaiting || length > Self.largeBuffer && held >= Self.heldLimit { return .later }
        guard isLarge(length),
            proposals.largeBytes + syncs.largeBytes + largeReads + length > settings.largeRequestMaxBytes
        else { return .now }
        metrics.largeRequestsRejected += 1
        return .never
    }

    /// Bytes held for writes and syncs of this server's clients.
    private var held: Int { proposals.bytes + syncs.bytes }
    private var isOverloaded: Bool {
        proposals.count + syncs.count >= settings.globalOutstandingLimit || held >= Self.heldLimit
    }

    /// Bytes of writes under way above which their clients wait. In an ensemble a write is held several times: for the log, for
    /// the commit, and for each follower that does not read.
    static let heldLimit = 32 << 20
    /// What counts as a large buffer.
    static let largeBuffer = 32 << 10

    private func isLarge(_ length: Int) -> Bool {
        settings.largeRequestThreshold >= 0 && length > settings.largeRequestThreshold
    }

    func readWaits(_ length: Int) { if isLarge(length) { largeReads += length } }
    func readIsDone(_ length: Int) { if isLarge(length) { largeReads -= length } }

    /// Gives memory back to the system when a burst is over; the allocator alone would keep it for the next.
    func returnMemory() {
        guard burst >= Self.heldLimit, held < Self.heldLimit / 8, now - memoryReturned >= 5000 else { return }
        burst = 0
        memoryReturned = now
        snapshotThread.submit { _ in malloc_trim(0) }
    }

    func paused(_ connection: ClientConnection) { throttled[ObjectIdentifier(connection)] = connection }

    /// Lets connections that were held back go on, after the load has fallen.
    func resumeThrottled() {
        guard !throttled.isEmpty, !isOverloaded else { return }
        let held = throttled
        throttled.removeAll()
        for connection in held.values { connection.processInput() }
    }
}

extension ServerCore {
    func forgetPaused(_ connection: ClientConnection) { throttled[ObjectIdentifier(connection)] = nil }
}
