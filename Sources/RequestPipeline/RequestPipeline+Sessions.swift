import DataTree
import ZooKeeperProtocol

/// Signs of life, and what is done by the clock.
extension RequestPipeline {
    /// A sign of life of a client's session. Most calls find that the session's bucket has not changed.
    mutating func touch(_ id: ClientID) {
        let isLocal = clients[id.place].isLocal
        if service == .learning, !isLocal { return touchForLeader(id) }
        guard now >= clients[id.place].touchedUntil else { return }
        let (session, timeout) = (clients[id.place].session, Int64(clients[id.place].timeout))
        if isLocal { localSessions.touch(session, now: now) } else { sessions.touch(session, now: now) }
        let tick = Int64(options.tickTime)
        // When (now + timeout) reaches the next tick the bucket changes.
        clients[id.place].touchedUntil = ((now + timeout) / tick + 1) * tick - timeout
    }

    /// Learner: the leader hears of the session with the answer to its next PING, once.
    private mutating func touchForLeader(_ id: ClientID) {
        let round = replication.touchRound
        guard clients[id.place].touchedInRound != round else { return }
        clients[id.place].touchedInRound = round
        replication.touch(clients[id.place].session, timeout: clients[id.place].timeout)
    }

    /// Leader: a session goes on at the server that `owner` stands for. False when there is no such session any more.
    mutating func claim(_ session: SessionID, timeout: Int32, owner: SessionOwner) -> Bool {
        guard sessions.touch(session, timeout: timeout, now: now) else { return false }
        sessions.setOwner(owner, of: session)
        // Its client may have left this server for the other one.
        if let old = clientsOfSession[session] { close(old) }
        return true
    }

    /// Leader: a learner has heard of this session.
    mutating func touched(_ session: SessionID, timeout: Int32) {
        sessions.touch(session, timeout: timeout, now: now)
    }

    // MARK: The clock

    /// Does what is due at this time.
    package mutating func tick() {
        if nextExpiry <= now {
            nextExpiry = now + options.expiryInterval
            if !isShuttingDown { expire() }
        }
        if nextContainerCheck <= now {
            nextContainerCheck = now + options.containerInterval
            checkContainers()
        }
        if nextContainer <= now { deleteNextContainer() }
        if readOnlyAt <= now { serveReadOnly() }
        replication.tick()
    }

    /// Closes the sessions whose time is over, and connections that never asked for one.
    private mutating func expire() {
        for session in sessions.expire(now: now) {
            statistics.sessionsExpired += 1
            log(.info, "session \(session) expired")
            if let id = clientsOfSession[session] { close(id) }
            decide(.closing(session), from: .none)
        }
        for session in localSessions.expire(now: now) {
            log(.info, "local session \(session) expired")
            localSessions.remove(session)
            if let id = clientsOfSession[session] { close(id) }
        }
        returnMemory()
        while let first = handshakes.first {
            if state(of: first.client) == .fresh {
                guard first.deadline <= now else { break }
                statistics.sessionlessExpired += 1
                close(first.client.id)
            }
            handshakes.removeFirst()
        }
    }

    // MARK: Containers

    /// Whether this server is the one that decides writes.
    private var decides: Bool { service == .leading && !isShuttingDown && !hasFailed }

    /// Looks for containers and TTL nodes whose time has come, and deletes them one by one, at most
    /// `znode.container.maxPerMinute`.
    private mutating func checkContainers() {
        guard doomedContainers.isEmpty, decides else { return }
        doomedContainers.append(
            contentsOf: tree.expiredContainers(now: wall, maxNeverUsed: Int64(options.containerMaxNeverUsed)))
        deleteNextContainer()
    }

    private mutating func deleteNextContainer() {
        nextContainer = .max
        guard decides else { return doomedContainers.removeAll() }
        guard var path = doomedContainers.popFirst() else { return }
        if options.logsDebug {
            log(.debug, "deleting \(path): an empty container, or its time to live is over")
        }
        path.withUTF8 { _ = decide(.deletingContainer(UnsafeRawBufferPointer($0)), from: .none) }
        nextContainer = now + Int64(60000 / options.containerMaxPerMinute)
    }
}
