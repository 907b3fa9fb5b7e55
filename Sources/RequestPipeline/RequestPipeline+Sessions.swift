import DataTree
import ZooKeeperProtocol

/// Signs of life, and what is done by the clock.
extension RequestPipeline {
    /// A sign of life of a client's session: looked at when the session's end has come.
    mutating func touch(_ id: ClientID) {
        clients[id.place].lastTouch = now
        if service == .learning, !clients[id.place].isLocal { touchForLeader(id) }
    }

    /// The connection is gone; when it was last heard counts all the same.
    mutating func keepLastTouch(of id: ClientID) {
        let client = clients[id.place]
        guard clientsOfSession[client.session] == id else { return }
        if client.isLocal {
            localSessions.heard(client.session, at: client.lastTouch)
        } else if service != .learning {
            sessions.heard(client.session, at: client.lastTouch)
        } else if client.touchedInRound == replication.touchRound {
            touchesOfClosed[client.session] = client.lastTouch
        }
    }

    /// Learner: the leader hears of the session with the answer to its next PING, once.
    private mutating func touchForLeader(_ id: ClientID) {
        let round = replication.touchRound
        guard clients[id.place].touchedInRound != round else { return }
        clients[id.place].touchedInRound = round
        replication.touch(clients[id.place].session, timeout: clients[id.place].timeout)
    }

    /// Learner: what the leader is told of the sessions heard in this round, which ends. Each one's timeout has run since it
    /// was last heard: the leader, also Apache's, counts what is left from the answer on.
    mutating func endTouchRound(_ touches: [SessionTimeout]) -> [SessionTimeout] {
        defer { touchesOfClosed.removeAll(keepingCapacity: true) }
        return touches.map { touch in
            let lastTouch = clientsOfSession[touch.session].map { clients[$0.place].lastTouch }
            guard let lastTouch = lastTouch ?? touchesOfClosed[touch.session] else { return touch }
            // Two PINGs come in a tick. What is older has waited because this server or its leader stood still, and so may
            // have what the client has said since.
            let age = min(now - lastTouch, Int64(options.tickTime))
            return SessionTimeout(session: touch.session, timeout: touch.timeout - Int32(clamping: age))
        }
    }

    /// Leader: a session goes on at the server that `owner` stands for. False when there is no such session any more.
    mutating func claim(_ session: SessionID, timeout: Int32, owner: SessionOwner) -> Bool {
        guard sessions.touch(session, timeout: timeout, now: now) else { return false }
        sessions.setOwner(owner, of: session)
        // Its client may have left this server for the other one.
        if let old = clientsOfSession[session] { close(old) }
        return true
    }

    /// Leader: a learner has heard of this session, which has so much time left.
    mutating func touched(_ session: SessionID, timeLeft: Int32) {
        sessions.putOff(session, until: now + Int64(timeLeft))
    }

    // MARK: The clock

    /// Does what is due at this time.
    package mutating func tick() {
        if nextExpiry <= now { expire() }
        if nextChore <= now { doChores() }
        if nextContainerCheck <= now {
            nextContainerCheck = now + options.containerInterval
            checkContainers()
        }
        if nextContainer <= now { deleteNextContainer() }
        if readOnlyAt <= now { serveReadOnly() }
        replication.tick()
    }

    /// When sessions are looked at next.
    var nextExpiry: Int64 { isShuttingDown ? .max : min(sessions.nextLook, localSessions.nextLook) }

    /// Closes the sessions whose time is over.
    private mutating func expire() {
        for session in sessionsOver() {
            statistics.sessionsExpired += 1
            log(.info, "session \(session) expired")
            if let id = clientsOfSession[session] { close(id) }
            decide(.closing(session), from: .none)
        }
        for session in localSessionsOver() {
            log(.info, "local session \(session) expired")
            localSessions.remove(session)
            if let id = clientsOfSession[session] { close(id) }
        }
    }

    private mutating func sessionsOver() -> [SessionID] {
        let (clients, places) = (clients, clientsOfSession)
        let due = sessions.expire(now: now, askingLearners: true) { places[$0].map { clients[$0.place].lastTouch } }
        if due.learnersMustBeAsked { replication.askForTouches() }
        return due.over
    }

    private mutating func localSessionsOver() -> [SessionID] {
        let (clients, places) = (clients, clientsOfSession)
        return localSessions.expire(now: now) { places[$0].map { clients[$0.place].lastTouch } }.over
    }

    /// When each session expires if nothing more is heard of it (`dump`).
    package var expiries: [(time: Int64, sessions: [SessionID])] { expiries(sessions) }
    package var localExpiries: [(time: Int64, sessions: [SessionID])] { expiries(localSessions) }

    private func expiries(_ sessions: SessionTracker) -> [(time: Int64, sessions: [SessionID])] {
        let (clients, places) = (clients, clientsOfSession)
        return sessions.expiries { places[$0].map { clients[$0.place].lastTouch } }
    }

    // MARK: Chores

    /// Sees to it that chores are done, from when there are some.
    mutating func planChores() {
        if nextChore == .max { nextChore = now + options.choreInterval }
    }

    /// Closes connections that never asked for a session, and gives memory back.
    private mutating func doChores() {
        returnMemory()
        while let first = handshakes.first {
            if state(of: first.client) == .fresh {
                guard first.deadline <= now else { break }
                statistics.sessionlessExpired += 1
                close(first.client.id)
            }
            handshakes.removeFirst()
        }
        nextChore = handshakes.isEmpty && burst < Self.heldLimit ? .max : now + options.choreInterval
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
