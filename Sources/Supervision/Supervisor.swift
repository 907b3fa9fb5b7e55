import CLinux
import DurableFiles
import Glibc
import Planning
import ZooKeeperProtocol

/// The shell around the lifecycles of one ensemble's servers: processes, files, the control socket.
///
/// One thread owns all of it and waits in one place (``Poller``) for deaths, requests, signals, probe results and deadlines. What to do is decided
/// in ``ServerLifecycle``; here it is done. Everything that must survive this process is in ``RecordStore`` before it is acted on.
final class Supervisor {
    struct Server {
        var spec: ServerSpec
        var lifecycle: ServerLifecycle
        var handle: ProcessHandle?
        var launched: Launched?
        var removed = false
        /// Counts the spawns of this supervisor.
        var generation = 0
        var written: ServerRecord?
        /// How long its log was when its process was started; 0 when that was not by us.
        var logStart = 0
    }

    /// What a descriptor of the poller belongs to.
    enum Source {
        case mailbox, listener
        /// The process with which the ensemble ends.
        case owner
        case process(ServerID)
        case peer
    }

    /// A probe's answer, or (nil) only the wake-up by a signal.
    typealias Message = (id: ServerID, process: ProcessIdentity, probe: ServerLifecycle.Probe)

    /// How often logs are looked at for rotation, and our own files for being there.
    static let housekeepingInterval: Duration = .seconds(2)
    static let ownLogLimits = ServerSpec.LogLimits(bytes: 4 << 20, olderFiles: 1)
    /// In a server's environment: `ENSEMBLE_DIRECTORY#ID`. What makes its process known when the record of it could not be written.
    static let marker = "PADDOCK_SERVER"

    let home: SupervisorHome
    let policy: ServerLifecycle.Policy
    let probe: ReadinessProbe
    let started = Instant.now()
    var lock: FileLock
    let store: RecordStore
    var eventLog: EventLog
    let poller: Poller
    let mailbox: Mailbox<Message>
    var listener: Int32
    var sources: [Int32: Source] = [:]
    var peers: [Int32: ControlPeer] = [:]
    var servers: [ServerID: Server] = [:]
    var waiters: [Waiter] = []
    var shutdown: Shutdown?
    var isFinished = false
    private var owner: ProcessHandle?
    /// It ended because its owner did.
    private(set) var outlivedItsOwner = false

    /// Takes the ensemble's lock; throws when another supervisor has it.
    init(
        home: SupervisorHome, policy: ServerLifecycle.Policy, probe: @escaping ReadinessProbe
    ) throws(FileLock.Failure) {
        self.home = home
        self.policy = policy
        self.probe = probe
        do throws(FileError) { try home.create() } catch { throw .file(error) }
        lock = try FileLock(home.lock, holder: "the supervisor")
        do throws(FileError) {
            store = RecordStore(home: home)
            try store.create()
            eventLog = EventLog(path: home.events)
            poller = try Poller()
            mailbox = try Mailbox()
            listener = try ControlSocket.listen(in: home.directory)
            try watch(mailbox.descriptor, as: .mailbox)
            try watch(listener, as: .listener)
        } catch {
            throw .file(error)
        }
        clinux_catch_signals(mailbox.descriptor)
    }

    deinit { close(listener) }

    /// From now on the servers are for the time of this process only; they and the supervisor end after it.
    func serve(only process: Int32) {
        owner = ProcessTable.identity(of: process).flatMap { ProcessHandle($0, isChild: false) }
        guard let owner, (try? watch(owner.descriptor, as: .owner)) != nil else { return endAfterOwner() }
    }

    private func endAfterOwner() {
        outlivedItsOwner = true
        beginShutdown(cause: "the command that it was started for ended", stoppingServers: true)
    }

    /// Returns when the supervisor has been shut down.
    func run() {
        record(.supervisorStarted, cause: "pid \(getpid())")
        restore()
        clinux_notify("READY=1")
        var housekeeping = Instant.now() + Self.housekeepingInterval
        while true {
            takeSignals()
            let now = Instant.now()
            for id in servers.keys.sorted() {
                if let due = servers[id]?.lifecycle.nextDeadline, due <= now { step(id) { $0.tick(now: now) } }
            }
            if housekeeping <= now {
                maintainFiles()
                clinux_notify("WATCHDOG=1")
                housekeeping = Instant.now() + Self.housekeepingInterval
            }
            continueShutdown()
            answerWaiters()
            if isFinished { break }
            let next = servers.values.compactMap(\.lifecycle.nextDeadline).min() ?? housekeeping
            for ready in poller.wait(timeout: min(next, housekeeping) - Instant.now()) { handle(ready) }
        }
        record(.supervisorStopped, cause: shutdown?.cause ?? "")
        unlink(home.socket)
        for peer in peers.values { peer.flush() }
    }

    func watch(_ descriptor: Int32, as source: Source) throws(FileError) {
        try poller.add(descriptor)
        sources[descriptor] = source
    }

    func forget(_ descriptor: Int32) {
        poller.remove(descriptor)
        sources[descriptor] = nil
    }

    private func handle(_ ready: Poller.Ready) {
        // An earlier one of the same batch may have closed it.
        guard let source = sources[ready.descriptor] else { return }
        switch source {
        case .listener: accept()
        case .peer: serve(ready)
        case .process(let id): reap(id)
        case .owner:
            forget(ready.descriptor)
            endAfterOwner()
        case .mailbox:
            for message in mailbox.take() {
                let now = Instant.now()
                step(message.id) { $0.probed(message.probe, of: message.process, now: now) }
            }
        }
    }

    private func takeSignals() {
        for (signal, name) in [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGHUP, "SIGHUP")]
        where clinux_take_signals(signal) > 0 {
            beginShutdown(cause: name, stoppingServers: true)
        }
    }

    // MARK: - Lifecycles

    /// Gives one input to a server's lifecycle and does what it says; the server may be unknown by now.
    func step(_ id: ServerID, _ input: (inout ServerLifecycle) -> [ServerLifecycle.Effect]) { step([id], input) }

    /// The same for several servers, whose records are written together.
    func step(_ ids: [ServerID], _ input: (inout ServerLifecycle) -> [ServerLifecycle.Effect]) {
        var round = ids.compactMap { id in advance(id, input) }
        while !round.isEmpty {
            // Recorded before it is carried out: if this supervisor is killed in between, the next one continues.
            write(round.map(\.id))
            let now = round
            round = []
            for (id, effects) in now {
                for effect in effects {
                    switch effect {
                    case .spawn: if let spawned = spawn(id) { round.append(spawned) }
                    case .signal(let number): servers[id]?.handle?.send(number)
                    case .probe: startProbe(id)
                    case .record(let what, let cause):
                        record(what, server: id, cause: cause, pid: servers[id]?.lifecycle.process?.pid)
                    }
                }
                forgetIfRemoved(id)
            }
        }
    }

    private typealias Advance = (id: ServerID, effects: [ServerLifecycle.Effect])

    private func advance(
        _ id: ServerID, _ input: (inout ServerLifecycle) -> [ServerLifecycle.Effect]
    ) -> Advance? {
        guard servers[id] != nil else { return nil }
        return (id, input(&servers[id]!.lifecycle))
    }

    private func forgetIfRemoved(_ id: ServerID) {
        guard let server = servers[id], server.removed, server.lifecycle.isAtRest else { return }
        servers[id] = nil
        store.remove(id)
        record(.removed, server: id, cause: "not in the topology any more")
    }

    /// What its lifecycle says to that, still to be carried out.
    private func spawn(_ id: ServerID) -> Advance? {
        guard let spec = servers[id]?.spec else { return nil }
        do throws(FileError) {
            let pid = try launch(spec)
            guard let stat = ProcessTable.stat(pid) else { throw FileError("look at", "/proc/\(pid)/stat") }
            let identity = ProcessIdentity(pid: pid, startTicks: stat.startTicks, bootID: ProcessTable.bootID)
            try take(identity, isChild: true, for: id)
            servers[id]?.launched = Launched(spec)
            servers[id]?.generation += 1
            return advance(id) { $0.spawned(identity, now: Instant.now()) }
        } catch {
            return advance(id) { $0.spawnFailed(error.description, now: Instant.now()) }
        }
    }

    private func launch(_ spec: ServerSpec) throws(FileError) -> pid_t {
        for path in [spec.directory] + spec.requiredPaths where !Files.exists(path) {
            throw FileError("start without", path, code: ENOENT)
        }
        for file in spec.launch.files where !Files.exists(file.path) {
            try DurableFile.write(file.content.utf8, to: file.path)
        }
        let logs = Directory.parent(of: spec.logFile)
        try PrivateFiles.makeDirectory(logs)
        servers[spec.id]?.logStart = LastWords.size(of: spec.logFile)
        var environment = spec.launch.environment
        environment[Self.marker] = markerValue(spec.id)
        return try Spawn.detached(
            executable: spec.launch.executable, arguments: spec.launch.arguments,
            environment: environment.map { "\($0.key)=\($0.value)" }.sorted(),
            workingDirectory: spec.launch.workingDirectory, log: spec.logFile, closingOthers: false)
    }

    /// Holds the process from now on, so that its end wakes us.
    private func take(_ process: ProcessIdentity, isChild: Bool, for id: ServerID) throws(FileError) {
        let handle = ProcessHandle(process, isChild: isChild)
        do throws(FileError) {
            guard let handle else { throw FileError("watch", "process \(process.pid)") }
            try watch(handle.descriptor, as: .process(id))
            servers[id]?.handle = handle
        } catch {
            // Out of descriptors, say. A server that nobody watches is worse than none.
            if isChild {
                Glibc.kill(process.pid, SIGKILL)
                waitpid(process.pid, nil, 0)
            }
            throw error
        }
    }

    private func reap(_ id: ServerID) {
        // The descriptor may have become this process's after the batch of events was fetched.
        guard let handle = servers[id]?.handle, handle.hasEnded else { return }
        let status = handle.exitStatus()
        let server = servers[id]!
        let lastLine = status.isByCode ? LastWords.of(server.spec.logFile, from: server.logStart) : nil
        forget(handle.descriptor)
        servers[id]?.handle = nil
        servers[id]?.launched = nil
        step(id) { $0.exited(status, lastLine: lastLine, now: Instant.now()) }
    }

    private func startProbe(_ id: ServerID) {
        guard let server = servers[id], let process = server.lifecycle.process else { return }
        // Where it was started to listen, which a later specification may have changed.
        let spec = server.launched.map { ServerSpec(launched: $0, of: server.spec) } ?? server.spec
        let (probe, mailbox) = (probe, mailbox)
        Task { mailbox.post((id, process, await probe(spec))) }
    }

    // MARK: - Taking over from the supervisor before

    private func restore() {
        let (records, damaged) = store.load()
        for path in damaged {
            // The next `reload` brings its specification again, and the process is found by its environment.
            rename(path, path + ".damaged")
            record(.changed, cause: "\(path) was damaged and is now \(path).damaged")
        }
        for record in records {
            servers[record.spec.id] = Server(
                spec: record.spec,
                lifecycle: ServerLifecycle(
                    policy: policy, grace: record.spec.grace.duration, desired: record.desired,
                    failed: record.failed, restarts: record.restarts, lastExit: record.lastExit,
                    lastError: record.lastError), launched: record.launched, removed: record.removed, written: record)
        }
        adopt(records.map(\.spec.id))
        let now = Instant.now()
        // Those that are not found are started again, or forgotten when they were taken out.
        for record in records { step(record.spec.id) { $0.foundDead(now: now) } }
    }

    /// Takes over the processes of these servers that are alive: as recorded, or as their environment tells.
    func adopt(_ ids: [ServerID]) {
        let prefix = markerValue(nil)
        let running = ProcessTable.sessionLeaders(withVariable: Self.marker, valuePrefix: prefix)
        for id in ids {
            guard let server = servers[id], server.lifecycle.process == nil else { continue }
            let recorded = server.written?.process
            // Somebody may call another program with a server's environment.
            let programs = [server.spec.launch.executable, server.written?.launched?.launch.executable].compactMap(
                \.self)
            var candidates = running.filter { candidate in
                candidate.value == markerValue(id)
                    && programs.contains { ProcessTable.runs(candidate.process.pid, $0) }
            }.map(\.process)
            if let recorded, ProcessTable.isAlive(recorded) {
                candidates.removeAll { $0 == recorded }
                candidates.insert(recorded, at: 0)
            }
            guard let process = candidates.first, (try? take(process, isChild: false, for: id)) != nil else {
                servers[id]?.launched = nil
                continue
            }
            if process != recorded { servers[id]?.launched = nil }
            for double in candidates.dropFirst() {
                ProcessHandle(double, isChild: false)?.send(SIGKILL)
                record(.killed, server: id, cause: "a second process of this server", pid: double.pid)
            }
            let paused = server.written?.paused ?? false
            let cause = process == recorded ? "it ran on without a supervisor" : "found by its environment"
            // What was wanted of it is lost with its record; it runs, so that is what is wanted.
            let desired = server.written?.desired ?? .running
            step(id) {
                $0.adopted(process, desired: desired, paused: paused, cause: cause, now: Instant.now())
            }
        }
    }

    private func markerValue(_ id: ServerID?) -> String {
        "\(home.ensembleDirectory)#" + (id?.description ?? "")
    }

    // MARK: - Records and events

    private func write(_ ids: [ServerID]) {
        let records = ids.compactMap { id -> ServerRecord? in
            guard let server = servers[id] else { return nil }
            let record = ServerRecord(
                spec: server.spec, desired: server.lifecycle.desired, removed: server.removed,
                process: server.lifecycle.process, launched: server.launched, paused: server.lifecycle.isPaused,
                failed: server.lifecycle.isFailed, restarts: server.lifecycle.restarts,
                lastExit: server.lifecycle.lastExit, lastError: server.lifecycle.lastError)
            return record == server.written ? nil : record
        }
        guard !records.isEmpty else { return }
        do throws(FileError) {
            try store.write(records)
            for record in records { servers[record.spec.id]?.written = record }
        } catch {
            // A full disk must not keep a server from being restarted; its environment tells who it is.
            log("\(error)")
        }
    }

    func record(_ what: SupervisorEvent.What, server: ServerID? = nil, cause: String, pid: Int32? = nil) {
        let event = eventLog.record(what, server: server, cause: cause, pid: pid, time: .now())
        let subject = server.map { "server \($0)" } ?? "supervisor"
        log("\(subject) \(what.rawValue)\(pid.map { " (pid \($0))" } ?? ""): \(cause)", time: event.time)
        for peer in peers.values where peer.wantsEvents { reply(.event(event), to: peer) }
    }

    /// To standard error: the supervisor's log in the background, the terminal or the journal in the foreground.
    private func log(_ text: String, time: Timestamp = .now()) {
        let line = Array("\(time) \(text)\n".utf8)
        _ = Glibc.write(STDERR_FILENO, line, line.count)
    }

    // MARK: - Our files

    /// Rotates logs, and brings back the files that others need to reach us.
    private func maintainFiles() {
        for id in servers.keys.sorted() {
            guard let spec = servers[id]?.spec else { continue }
            rotate(spec.logFile, limits: spec.log, server: id)
        }
        rotate(home.log, limits: Self.ownLogLimits, server: nil)
        if !lock.isInPlace || !Files.exists(home.socket) { restoreFiles() }
    }

    private func rotate(_ path: String, limits: ServerSpec.LogLimits, server: ServerID?) {
        do throws(FileError) {
            let count = try LogRotation.rotate(path, limits: limits)
            if count > 0 { record(.logRotated, server: server, cause: "\(path) was above \(limits.bytes) bytes") }
        } catch {
            log("cannot rotate: \(error)")
        }
    }

    /// Our directory or its socket was removed. They are made again as long as the ensemble's directory is there. Without that the servers'
    /// data is gone and nobody could reach or stop them any more: they are ended.
    private func restoreFiles() {
        guard Files.exists(home.ensembleDirectory) else {
            beginShutdown(cause: "\(home.ensembleDirectory) was removed", stoppingServers: true)
            return
        }
        do {
            try home.create()
            if !lock.isInPlace { lock = try FileLock(home.lock, holder: "the supervisor") }
            try store.create()
            for id in servers.keys { servers[id]?.written = nil }
            write(servers.keys.sorted())
            forget(listener)
            close(listener)
            listener = try ControlSocket.listen(in: home.directory)
            try watch(listener, as: .listener)
            record(.changed, cause: "\(home.directory) was removed and is made anew")
        } catch let error as FileLock.Failure {
            // Another supervisor has the lock by now; it adopts the servers.
            beginShutdown(cause: "\(error)", stoppingServers: false)
        } catch {
            log("\(error)")
        }
    }
}
