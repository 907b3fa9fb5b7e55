import CLinux
import DurableFiles
import FoundationEssentials
import Glibc
import Planning
import ZooKeeperProtocol

extension Supervisor {
    /// A request that is answered when its servers are where it wants them.
    struct Waiter {
        var peer: Int32
        var goals: [ServerID: Goal]
        var failures: [ControlResponse.Failure] = []

        enum Goal {
            case gone
            /// A spawn after this generation.
            case spawned(after: Int)
        }
    }

    struct Shutdown {
        var cause: String
        var stoppingServers: Bool
        var peers: [Int32] = []
    }

    // MARK: - Connections

    func accept() {
        while true {
            let descriptor = clinux_accept(listener)
            guard descriptor >= 0 else { return }
            let peer = ControlPeer(descriptor: descriptor)
            guard peers.count < 256, (try? watch(descriptor, as: .peer)) != nil else { continue }
            peers[descriptor] = peer
        }
    }

    func serve(_ ready: Poller.Ready) {
        guard let peer = peers[ready.descriptor] else { return }
        if ready.canRead {
            switch peer.receive() {
            case .nothing: break
            case .closed:
                drop(peer)
                return
            case .line(let line):
                if let request = try? JSONDecoder().decode(ControlRequest.self, from: Data(line)) {
                    carryOut(request, for: peer)
                } else {
                    answer(.refused("the request is not understood; is this paddock of another version?"), to: peer)
                }
            }
        }
        if ready.canWrite { flush(peer) }
    }

    /// Sends this and closes the connection.
    func answer(_ response: ControlResponse, to peer: ControlPeer) {
        peer.isDone = true
        reply(response, to: peer)
    }

    func reply(_ response: ControlResponse, to peer: ControlPeer) {
        peer.queue(response)
        flush(peer)
    }

    private func flush(_ peer: ControlPeer) {
        guard peer.flush() else {
            drop(peer)
            return
        }
        poller.watch(peer.descriptor, writing: peer.hasOutput)
    }

    private func drop(_ peer: ControlPeer) {
        guard peers.removeValue(forKey: peer.descriptor) != nil else { return }
        forget(peer.descriptor)
        // What was asked is still done; nobody waits for the answer.
        waiters.removeAll { $0.peer == peer.descriptor }
        shutdown?.peers.removeAll { $0 == peer.descriptor }
    }

    // MARK: - Requests

    private func carryOut(_ request: ControlRequest, for peer: ControlPeer) {
        let (now, cause) = (Instant.now(), request.by)
        if shutdown != nil {
            switch request.action {
            case .status, .events, .shutdown: break
            case .start, .stop, .restart, .kill, .pause, .resume, .reload:
                answer(.refused("the supervisor is shutting down"), to: peer)
                return
            }
        }
        switch request.action {
        case .status: answer(.status(status()), to: peer)
        case .events(let since):
            for event in eventLog.events(since: since) { peer.queue(.event(event)) }
            peer.wantsEvents = true
            flush(peer)
        case .reload(let specs): reload(specs, for: peer, cause: cause)
        case .shutdown(let stoppingServers):
            beginShutdown(cause: cause, stoppingServers: stoppingServers)
            shutdown?.peers.append(peer.descriptor)
        case .start(let ids):
            guard allKnown(ids, peer) else { return }
            wait(
                peer,
                Dictionary(uniqueKeysWithValues: Set(ids).filter(isWithoutProcess).map { ($0, nextSpawn(of: $0)) }))
            step(ids) { $0.start(by: cause, now: now) }
        case .stop(let ids):
            guard allKnown(ids, peer) else { return }
            wait(peer, Dictionary(uniqueKeysWithValues: Set(ids).map { ($0, .gone) }))
            step(ids) { $0.stop(by: cause, now: now) }
        case .restart(let ids):
            guard allKnown(ids, peer) else { return }
            wait(peer, Dictionary(uniqueKeysWithValues: Set(ids).map { ($0, nextSpawn(of: $0)) }))
            step(ids) { $0.restart(by: cause, now: now) }
        case .kill(let ids): apply(ids, peer) { $0.kill(by: cause) }
        case .pause(let ids): apply(ids, peer) { $0.pause(by: cause) }
        case .resume(let ids): apply(ids, peer) { $0.resume(by: cause, now: now) }
        }
    }

    private func allKnown(_ ids: [ServerID], _ peer: ControlPeer) -> Bool {
        let known = servers.filter { !$0.value.removed }.keys.sorted()
        let unknown = Set(ids).subtracting(known).sorted()
        guard !unknown.isEmpty else { return true }
        let list = known.isEmpty ? "it has none" : "it has \(known.map(\.description).joined(separator: ", "))"
        answer(
            .refused("no server \(unknown.map(\.description).joined(separator: ", ")) in this ensemble; \(list)"),
            to: peer)
        return false
    }

    /// Gives each of these servers an input that only a process can take; answers which of them have none.
    private func apply(
        _ ids: [ServerID], _ peer: ControlPeer, _ input: (inout ServerLifecycle) -> [ServerLifecycle.Effect]?
    ) {
        guard allKnown(ids, peer) else { return }
        var failures: [ControlResponse.Failure] = []
        for id in ids {
            step(id) { lifecycle in
                guard let effects = input(&lifecycle) else {
                    let state = lifecycle.isEnding ? "being stopped" : lifecycle.shownState.rawValue
                    failures.append(.init(id: id, message: "it is \(state)"))
                    return []
                }
                return effects
            }
        }
        answer(failures.isEmpty ? .done : .failed(failures), to: peer)
    }

    private func isWithoutProcess(_ id: ServerID) -> Bool {
        guard let lifecycle = servers[id]?.lifecycle else { return true }
        return lifecycle.process == nil || lifecycle.isEnding
    }

    private func nextSpawn(of id: ServerID) -> Waiter.Goal { .spawned(after: servers[id]?.generation ?? 0) }

    private func reload(_ specs: [ServerSpec], for peer: ControlPeer, cause: String) {
        let ids = specs.map(\.id)
        guard Set(ids).count == ids.count else {
            answer(.refused("two servers with one id"), to: peer)
            return
        }
        var added: [ServerID] = []
        for spec in specs {
            guard let server = servers[spec.id] else {
                servers[spec.id] = Server(
                    spec: spec, lifecycle: ServerLifecycle(policy: policy, grace: spec.grace.duration))
                added.append(spec.id)
                record(.added, server: spec.id, cause: cause)
                continue
            }
            guard server.spec != spec || server.removed else { continue }
            servers[spec.id]?.spec = spec
            servers[spec.id]?.removed = false
            servers[spec.id]?.lifecycle.grace = spec.grace.duration
            record(.changed, server: spec.id, cause: cause)
            step(spec.id) { _ in [] }
        }
        adopt(added)
        // Writes the records of the others.
        step(added) { _ in [] }
        let missing = servers.keys.filter { !ids.contains($0) }.sorted()
        for id in missing { servers[id]?.removed = true }
        wait(peer, Dictionary(uniqueKeysWithValues: missing.map { ($0, .gone) }))
        step(missing) { $0.stop(by: cause, now: Instant.now()) }
    }

    // MARK: - Waiting

    private func wait(_ peer: ControlPeer, _ goals: [ServerID: Waiter.Goal]) {
        waiters.append(Waiter(peer: peer.descriptor, goals: goals))
    }

    /// Once a turn: lifecycles have moved, some requests may have come to their end.
    func answerWaiters() {
        for index in waiters.indices.reversed() {
            for (id, goal) in waiters[index].goals.sorted(by: { $0.key < $1.key }) {
                guard let outcome = outcome(of: goal, id) else { continue }
                waiters[index].goals[id] = nil
                if case .failure(let message) = outcome {
                    waiters[index].failures.append(.init(id: id, message: message))
                }
            }
            guard waiters[index].goals.isEmpty else { continue }
            let waiter = waiters.remove(at: index)
            guard let peer = peers[waiter.peer] else { continue }
            answer(waiter.failures.isEmpty ? .done : .failed(waiter.failures), to: peer)
        }
    }

    private enum Outcome {
        case reached
        case failure(String)
    }

    /// Nil while it is undecided.
    private func outcome(of goal: Waiter.Goal, _ id: ServerID) -> Outcome? {
        guard let server = servers[id] else {
            if case .gone = goal { return .reached }
            return .failure("it was removed")
        }
        switch goal {
        case .gone: return server.lifecycle.process == nil ? .reached : nil
        case .spawned(let generation):
            if server.generation > generation { return .reached }
            switch server.lifecycle.shownState {
            case .starting, .running, .paused: return nil
            case .stopped: return .failure("it was stopped meanwhile")
            case .backingOff, .failed: return .failure(server.lifecycle.lastError ?? "it could not be started")
            }
        }
    }

    // MARK: - Shutdown

    func beginShutdown(cause: String, stoppingServers: Bool) {
        if shutdown == nil { shutdown = Shutdown(cause: cause, stoppingServers: stoppingServers) }
        if stoppingServers { shutdown?.stoppingServers = true }
    }

    /// Ends observers first, then followers, then the leader, so that the ensemble is not without a leader while it goes.
    func continueShutdown() {
        guard let shutdown else { return }
        let running = servers.filter { shutdown.stoppingServers && !$0.value.lifecycle.isAtRest }
        guard !running.isEmpty else {
            for descriptor in shutdown.peers { if let peer = peers[descriptor] { answer(.done, to: peer) } }
            isFinished = true
            return
        }
        func rank(_ server: Server) -> Int {
            switch server.lifecycle.mode {
            case .leader: 2
            case .follower: 1
            case .observer, .standalone, .readOnly, .other, nil: 0
            }
        }
        // Ranks are of the moment: a follower that becomes leader while the others go is simply the last one left.
        let first = running.values.map(rank).min()
        for (id, server) in running.sorted(by: { $0.key < $1.key }) where rank(server) == first {
            step(id) { $0.shutDown(by: shutdown.cause, now: Instant.now()) }
        }
    }

    // MARK: - Status

    func status() -> SupervisorStatus {
        SupervisorStatus(
            pid: getpid(), uptime: Seconds(Instant.now() - started), directory: home.ensembleDirectory,
            servers: servers.values.filter { !$0.removed }.sorted { $0.spec.id < $1.spec.id }.map(row))
    }

    private func row(_ server: Server) -> ServerProcess {
        let (spec, lifecycle) = (server.spec, server.lifecycle)
        let process = lifecycle.process
        let uptime = process.map(ProcessTable.uptime)
        let launched = process == nil ? nil : server.launched
        var state = lifecycle.shownState
        // Stopped by somebody else.
        if let process, ProcessTable.stat(process.pid)?.state == UInt8(ascii: "T") { state = .paused }
        return ServerProcess(
            id: spec.id, state: state, desired: lifecycle.desired, pid: process?.pid,
            uptime: uptime.map(Seconds.init), restarts: lifecycle.restarts,
            lastExit: lifecycle.lastExit, lastError: lifecycle.lastError,
            nextStart: lifecycle.nextStart.map { Seconds(max(.zero, $0 - Instant.now())) },
            mode: lifecycle.mode, engine: spec.engine, engineVersion: server.launched?.version ?? spec.engineVersion,
            outdated: process.map { home.isOutdated($0, server.launched, spec) } ?? false,
            isReplaced: process.map { ProcessTable.programWasReplaced($0.pid, executable: spec.launch.executable) },
            launchedAs: launched.map { ServerSpec(launched: $0, of: spec).fingerprint },
            clientHost: launched?.clientHost ?? spec.clientHost, clientPort: launched?.clientPort ?? spec.clientPort,
            directory: spec.directory, logFile: spec.logFile)
    }
}
