import CLinux
import DataTree
import DequeModule
import Dispatch
import Logging
import NIOCore
import NIOPosix
import Quorum
import RequestPipeline
import Storage
import ZooKeeperProtocol

/// A ZooKeeper server's shell: connections, the log and snapshots around a `RequestPipeline`, all on one event loop.
///
/// It says what time it is, puts in what happens, and carries out the effects of each input before the next. What a turn of the loop has
/// for other servers and for the log goes out at its end, together for all the connections that were read in it (`endTurnSoon`).
final class ServerCore {
    let settings: ServerSettings
    let logger: Logger
    let warnings: RecurringLog
    let loop: any EventLoop
    let directory: DataDirectory
    var pipeline: RequestPipeline
    let writer: LogWriter
    /// The order in which things reach the disk.
    private(set) lazy var log = LogQueue(
        writer, loop: loop, isQuiet: { [unowned self] in pipeline.isQuiet },
        onWaiting: { [unowned self] in endTurnSoon() },
        completed: { [unowned self] in logged($0) }, failed: { [unowned self] in logFailed($0) })

    /// The client port, which a reconfig may move.
    var clientPort: MovableClientPort?
    /// The connections to the other servers; nil when it stands alone.
    private(set) var member: EnsembleMember?
    /// By the pipeline's name for them.
    private var connections: ContiguousArray<ClientConnection?> = []
    /// Connections that may go on, when the effects of what is being dealt with are carried out.
    private var resumed: Deque<ClientID> = []
    private var isCarryingOut = false
    private var isResuming = false
    private var isTurnEnding = false
    private var timer: Scheduled<Void>?
    private var timerDue = Int64.max

    var schedule: SnapshotSchedule
    var snapshotTask: SnapshotTask?
    /// Of low priority: a snapshot is in no hurry.
    let snapshotThread = NIOThreadPool(numberOfThreads: 1)
    /// Reads the log for a server that is behind, and that waits for it.
    let reading = DispatchQueue(label: "log reading")
    /// What this process may open.
    let descriptors: DescriptorBudget
    var surroundings = ServerReport.Surroundings()
    let pagePace = HTTPPort.Pace()
    private(set) lazy var adminPort = pages(idleTime: settings.admin?.idleTimeout ?? 0) { $0.adminPage($1) }
    private(set) lazy var metricsPort = pages(idleTime: 30_000) { $0.metricsPage($1) }

    /// Called once when the log cannot be written any more.
    var onFailure: (StorageError) -> Void = { _ in }
    /// Called when what was under way at the shutdown is done.
    private var onStop: (() -> Void)?
    private(set) var isShuttingDown = false
    private var hasStopped = false

    /// What the server is besides standing alone: a member of an ensemble.
    struct Ensemble {
        let settings: EnsembleSettings
        let transport: PeerTransport
        let recovered: RecoveredState
        /// The text of a configuration that was under way when the server stopped.
        let proposed: String?
        let epochs: Epochs
    }

    init(
        settings: ServerSettings, directory: DataDirectory, recovered: Recovered, membership: Ensemble? = nil,
        passwords: SessionPasswords = .derived, sasl: ClientSASL? = nil, loop: any EventLoop, logger: Logger,
        warnings: RecurringLog? = nil
    ) {
        self.settings = settings
        self.directory = directory
        self.loop = loop
        self.logger = logger
        self.warnings = warnings ?? RecurringLog(logger)
        descriptors = .now
        let now = Clock.monotonic
        let replication = membership.map { EnsembleMember.replication($0, settings) }
        var options = settings.pipelineOptions(descriptors)
        options.passwords = passwords
        options.sasl = sasl
        options.logsDebug = logger.logLevel <= .debug
        pipeline = RequestPipeline(
            options, tree: recovered.tree, replication: replication ?? Alone(lastZXID: recovered.lastZXID), now: now,
            wall: Clock.wall)
        schedule = SnapshotSchedule(
            count: settings.snapCount, sizeLimit: settings.snapSizeLimit, replayed: recovered.replayed)
        surroundings.lastSnapshot = (recovered.snapshot?.zxid ?? .zero, Clock.wall / 1000)
        surroundings.started = now
        let log = TxnLog(
            directory, preallocation: settings.preallocation, sizeLimit: settings.logSizeLimit,
            syncs: settings.forceSync)
        writer = LogWriter(
            LogWriter.Durable(directory: directory, log: log, epochs: membership?.epochs), loop: loop)
        if let membership, let replication {
            member = EnsembleMember(membership, replication, core: self, loop: loop)
        }
    }

    /// This server for closures that come back to the loop.
    var bound: NIOLoopBound<ServerCore> { NIOLoopBound(self, eventLoop: loop) }

    // MARK: The turn

    /// Something has happened: from now on it is later.
    func refreshClock() { pipeline.advance(to: Clock.monotonic, wall: Clock.wall) }

    /// Carries out what the input before has led to. What happens meanwhile waits until that is done.
    func carryOut() {
        guard !isCarryingOut else { return }
        isCarryingOut = true
        while let effect = pipeline.nextEffect() { perform(effect) }
        isCarryingOut = false
        guard !isResuming else { return }
        isResuming = true
        while let id = resumed.popFirst() { connection(id)?.processInput() }
        isResuming = false
    }

    private func perform(_ effect: consuming RequestPipeline.Effect) {
        switch effect {
        case .flush: flush()
        case .close(let id): connection(id)?.close()
        case .resume(let id): resumed.append(id)
        case .log(let line): write(line)
        case .append(let zxid, let entry): entry.withUnsafeBytes { log.append(zxid, entry: $0, ticket: 0) }
        case .keepMismatch(let zxid): keepMismatch(at: zxid)
        case .returnMemory: snapshotThread.submit { _ in malloc_trim(0) }
        case .stopped: finish()
        case .quorum(let effect): member?.carryOut(effect)
        }
    }

    /// Sends everything that was answered.
    func flush() {
        member?.flush()
        sendAnswers()
    }

    private func sendAnswers() {
        while let id = pipeline.nextDirty() { connection(id)?.flush() }
        setTimer()
    }

    /// A client's connection has been read: answers go out at once, as no other connection could add to them.
    func clientRead() {
        sendAnswers()
        if member?.hasOutput == true { endTurnSoon() }
    }

    /// What this turn of the loop leads to is carried on when all connections that have something have been read. A hundred of them then
    /// cost each other server one packet that wakes it up, and one sync.
    func endTurnSoon() {
        guard !isTurnEnding else { return }
        isTurnEnding = true
        let bound = bound
        loop.execute {
            let server = bound.value
            server.endTurn()
            server.isTurnEnding = false
            server.log.start()
        }
    }

    /// What the log thread or other servers have said has been dealt with: clients that were held back may go on.
    private func endTurn() {
        pipeline.resumeThrottled()
        carryOut()
        flush()
    }

    /// Sees to it that the pipeline is woken up in time.
    func setTimer() {
        guard !hasStopped else { return }
        let due = pipeline.nextDeadline
        guard due < timerDue else { return }
        timer?.cancel()
        timerDue = due
        let bound = bound
        timer = loop.scheduleTask(in: .milliseconds(max(0, due - Clock.monotonic))) { bound.value.timerFired() }
    }

    private func timerFired() {
        timer = nil
        timerDue = .max
        refreshClock()
        pipeline.tick()
        carryOut()
        flush()
    }

    private func write(_ line: LogLine) {
        var metadata: Logger.Metadata = [:]
        for (key, value) in line.metadata { metadata[key] = "\(value)" }
        if let kind = line.kind { return warnings.warn(kind, line.text, metadata: metadata) }
        let level = Logger.Level(rawValue: line.level.rawValue) ?? .info
        logger.log(level: level, "\(line.text)", metadata: metadata.isEmpty ? nil : metadata)
    }

    // MARK: Connections

    private func connection(_ id: ClientID) -> ClientConnection? {
        id.rawValue < connections.count ? connections[Int(id.rawValue)] : nil
    }

    /// The pipeline's name for a new connection; nil: it is refused.
    func opened(_ connection: ClientConnection) -> ClientID? {
        refreshClock()
        let id = pipeline.accept(
            host: connection.remoteHost, remote: connection.remote, isSecure: connection.isSecure)
        if let id {
            let place = Int(id.rawValue)
            if place == connections.count { connections.append(connection) } else { connections[place] = connection }
        }
        carryOut()
        setTimer()
        return id
    }

    func closed(_ id: ClientID) {
        pipeline.closed(id)
        connections[Int(id.rawValue)] = nil
        carryOut()
    }

    /// Puts in the next frame of a client.
    func take(_ bytes: UnsafeRawBufferPointer, from id: ClientID) -> RequestPipeline.Taken {
        let taken = pipeline.take(bytes, from: id)
        carryOut()
        return taken
    }

    /// The configuration says where this server's clients connect.
    func listen(_ address: ServerSettings.Listen) {
        clientPort?.move(to: address) { [logger] result in
            switch result {
            case .success: logger.info("serving clients on \(address.host ?? "0.0.0.0"):\(address.port) from now on")
            case .failure(let error):
                logger.error(
                    "cannot listen on \(address.host ?? "0.0.0.0"):\(address.port), the new client port: \(error). Clients are served where they were"
                )
            }
        }
    }

    // MARK: Log

    private func logged(_ step: LogQueue.Step) {
        refreshClock()
        switch step {
        case .batch(let batch, _):
            noteSync(batch)
            schedule.logged(txns: batch.records.count, bytes: batch.records.byteCount)
            pipeline.stored(batch.ticket) { batch.records.forEachEntry($0) }
            carryOut()
            takeSnapshotIfDue()
        case .work(let work):
            pipeline.stored(work.ticket)
            carryOut()
        }
        endTurn()
    }

    func logFailed(_ error: StorageError) {
        pipeline.fail()
        logger.critical("the data cannot be written; nothing more will be acknowledged: \(error)")
        onFailure(error)
        // What is under way will never be done.
        if isShuttingDown { finish() }
    }

    private func noteSync(_ batch: LogWriter.Batch) {
        surroundings.statistics.syncBatchSize.add(Int64(batch.records.count))
        let milliseconds = batch.syncNanoseconds / 1_000_000
        surroundings.statistics.fsync.add(milliseconds)
        if milliseconds >= settings.fsyncWarning {
            surroundings.statistics.slowSyncs += 1
            logger.warning(
                "syncing the txn log took \(milliseconds) ms (fsync.warningthresholdms is \(settings.fsyncWarning)): is the disk of \(directory.logs) shared?"
            )
        }
    }

    /// The tree is not what the server that made this txn had. Said once, and kept for the next start.
    private func keepMismatch(at zxid: ZXID) {
        logger.error("after txn \(zxid) the data differs from the txn's digest. \(mismatchAdvice)")
        // In its place between the writes: a leader's tree that comes later takes the mark away.
        log.perform(
            LogWriter.Work(ticket: 0) { (durable) throws(StorageError) in
                try durable.directory.noteThatItDiffers(at: zxid)
            })
    }

    /// What a tree that differs from its digests means, and how it is mended.
    var mismatchAdvice: String {
        guard member != nil else {
            return "Restore the data from a backup; or, if it is known to be right, remove \(directory.mismatchMark)"
        }
        return """
            This server does not stand for election while another can. If only this one has zk_digest_mismatches_count > 0 (mntr): stop it, move \
            its version-2 directory away (keep myid) and start it, it then fetches the data from the leader (`paddock reset` does so). If all the followers have, the \
            leader's data is the one that differs
            """
    }

    /// Loads the tree anew from the disk, behind everything that is being written.
    func reload() {
        let (directory, options) = (directory, settings.recoveryOptions)
        let outcome = log.drain {
            Handed(Result { () throws(StorageError) in try directory.recover(options) })
        }
        switch outcome.value {
        case .success(let recovered):
            for note in recovered.notes { logger.warning("\(note)") }
            pipeline.replaceTree(by: recovered.tree)
        case .failure(let error): logFailed(error)
        }
    }

    // MARK: Start and stop

    /// Takes part in the ensemble, if there is one.
    func start() {
        refreshClock()
        member?.start()
        carryOut()
        flush()
    }

    /// Starts what is done by the clock of the shell: silent peers, purging, a look at the certificates, memory that is given back.
    func startChores() {
        let bound = bound
        if let member {
            let member = NIOLoopBound(member, eventLoop: loop)
            let tick = TimeAmount.milliseconds(Int64(max(1, min(settings.pipeline.tickTime, 1000))))
            loop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in member.value.closeSilent() }
        }
        // Most of an idle server's memory is code that its start has touched, in stretches of 64 KiB.
        loop.scheduleTask(in: .seconds(1)) { clinux_unmap_code() }
        if !surroundings.certificates.isEmpty {
            loop.scheduleRepeatedTask(initialDelay: .zero, delay: .hours(24)) { _ in
                let server = bound.value
                for warning in server.surroundings.certificates.compactMap({ $0.warning(now: Clock.wall / 1000) }) {
                    server.logger.warning("\(warning)")
                }
            }
        }
        if settings.purgeIntervalHours > 0 {
            loop.scheduleRepeatedTask(initialDelay: .zero, delay: .hours(Int64(settings.purgeIntervalHours))) { _ in
                bound.value.purge()
            }
        }
        carryOut()
        flush()
    }

    /// Finishes what is under way, then closes all connections and calls `done`.
    func shutDown(_ done: @escaping () -> Void) {
        onStop = done
        isShuttingDown = true
        guard !pipeline.hasFailed else { return finish() }
        // Clients are let go when what was under way is done.
        refreshClock()
        pipeline.shutDown()
        carryOut()
        flush()
    }

    private func finish() {
        guard let done = onStop else { return }
        onStop = nil
        hasStopped = true
        flush()
        timer?.cancel()
        clientPort?.close()
        for connection in connections { connection?.close() }
        if let task = snapshotTask {
            // Its thread is stopped below; a half-written snapshot is only a temporary file.
            snapshotTask = nil
            task.file?.abandon()
        }
        writer.stop()
        try? snapshotThread.syncShutdownGracefully()
        reading.sync {}
        logger.info("stopped at zxid \(pipeline.lastZXID)")
        done()
    }
}
