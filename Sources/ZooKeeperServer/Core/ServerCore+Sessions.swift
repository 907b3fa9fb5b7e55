import DataTree
import Jute
import NIOCore
import ZooKeeperProtocol

extension ServerCore {
    // MARK: Connections

    func connectionOpened(_ connection: ClientConnection) {
        refreshClock()
        sessionless += 1
        let host = connection.remoteHost
        let count = connectionsOfHost[host, default: 0]
        if settings.maxClientConnections > 0, count >= settings.maxClientConnections {
            metrics.connectionsRejected += 1
            warnings.warn("maxClientCnxns", "refusing a connection: \(host) has \(count) already (maxClientCnxns)")
            return connection.reset()
        }
        if settings.maxConnections > 0, connections.count >= settings.maxConnections {
            metrics.connectionsRejected += 1
            warnings.warn(
                "maxCnxns", "refusing a connection of \(host): there are \(connections.count) already (maxCnxns)")
            return connection.reset()
        }
        guard makeRoom(for: connection) else {
            metrics.connectionsRejected += 1
            warnings.warn(
                "descriptors",
                "refusing a connection of \(host): there are \(connections.count) already, and the process may have no more than so many descriptors: raise its limit (ulimit -n, LimitNOFILE=)"
            )
            return connection.reset()
        }
        connectionsOfHost[host] = count + 1
        connections[ObjectIdentifier(connection)] = connection
        connection.statistics.established = Clock.wall
        connection.statistics.lastHeard = now
        // Of those that have come and gone only so many are remembered.
        if handshakes.count > 2 * sessionless + 1024 { handshakes.removeAll { $0.connection.state != .fresh } }
        handshakes.append((now + Int64(settings.sessionlessTimeout), connection))
    }

    /// Whether there is a descriptor for one more connection. When there is none, and when too many have no session, the one that has
    /// been without for the longest goes.
    private func makeRoom(for connection: ClientConnection) -> Bool {
        guard connections.count >= descriptors.clients || sessionless > descriptors.sessionless else { return true }
        while let oldest = handshakes.popFirst()?.connection {
            guard oldest.state == .fresh else { continue }
            metrics.sessionlessExpired += 1
            warnings.warn(
                "sessionless",
                "closing the connection that has been without a session for the longest: \(sessionless) are, of \(connections.count) in all, and this process has descriptors for \(descriptors.clients) (ulimit -n)",
                metadata: ["client": "\(oldest.remote)"])
            oldest.close()
            return true
        }
        return connections.count < descriptors.clients
    }

    func connectionClosed(_ connection: ClientConnection) {
        forgetPaused(connection)
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        let host = connection.remoteHost
        let count = connectionsOfHost[host, default: 1] - 1
        connectionsOfHost[host] = count == 0 ? nil : count
        if connectionsOfSession[connection.session] === connection { connectionsOfSession[connection.session] = nil }
        if let treeID = connection.treeID {
            connectionsInTree[treeID] = nil
            tree.watches.disconnect(treeID)
            connection.treeID = nil
            metrics.connectionDrops += 1
        }
    }

    // MARK: Handshake

    /// The first frame of a connection: asks for a session, new or renewed. In the order of Apache's
    /// `ZooKeeperServer.processConnectRequest`.
    func connect(_ frame: UnsafeRawBufferPointer, on connection: ClientConnection) {
        refreshClock()
        statistics.packetsReceived += 1
        connection.statistics.received += 1
        var reader = JuteReader(frame, maxFieldLength: settings.maxFrame)
        guard let request = try? ConnectRequest(from: &reader) else {
            warnings.warn(
                "no ConnectRequest", "closing a connection: its first frame is no ConnectRequest",
                metadata: ["client": "\(connection.remote)"])
            return connection.close()
        }
        guard !isShuttingDown, failure == nil, service != .none else { return connection.close() }
        let isRenewal = request.session != .none
        let isAdmitted = connectionThrottle.admits(
            { isRenewal ? $0.renewWeight : settings.localSessions ? $0.localWeight : $0.globalWeight }, now: now)
        guard isAdmitted else {
            metrics.connectionsRejected += 1
            return connection.close()
        }
        metrics.connectionRequests += 1
        guard request.lastZXIDSeen <= lastZXID else {
            logger.warning(
                "refusing session \(request.session): its client has seen zxid \(request.lastZXIDSeen), this server is at \(lastZXID); the client must try another server",
                metadata: ["client": "\(connection.remote)"])
            return connection.close()
        }
        if service == .readOnly, request.readOnly != true {
            logger.info("refusing a client: there is no quorum, and it did not ask for a read-only server")
            return connection.close()
        }
        if service == .leading, settings.ensemble?.leaderServes == false { return connection.close() }
        connection.saidReadOnly = request.readOnly
        connection.timeout = min(
            max(request.timeout, Int32(clamping: settings.minSessionTimeout)),
            Int32(clamping: settings.maxSessionTimeout))
        if isRenewal { renew(request, on: connection) } else { open(connection) }
    }

    private func open(_ connection: ClientConnection) {
        let id = nextSession
        nextSession = id.next
        connection.session = id
        if opensLocalSessions { return openLocal(connection) }
        if service == .readOnly { return refuseSession(connection) }
        connection.state = .connecting
        if service != .learning { sessions.track(id, timeout: connection.timeout, now: now) }
        var body = connection.timeout.bigEndian
        withUnsafeBytes(of: &body) { bytes in
            propose(
                WriteRequest(session: id, cxid: 0, op: .createSession, body: bytes, identities: connection.identities),
                from: .session(connection))
        }
    }

    /// The createSession txn has been applied.
    func opened(_ connection: ClientConnection, _ applied: AppliedTxn) {
        guard case .connecting = connection.state else { return }
        welcome(connection)
    }

    private func renew(_ request: ConnectRequest, on connection: ClientConnection) {
        let id = request.session
        connection.session = id
        // First of all: Apache closes the session's connection before it looks at the password, so that anybody can.
        guard passwords.accepts(request.password ?? [], for: id) else { return refuseRenewal(connection) }
        if let old = connectionsOfSession[id] {
            logger.info("session \(id) moves to a new connection", metadata: ["client": "\(connection.remote)"])
            old.close()
        }
        if localSessions.touch(id, timeout: connection.timeout, now: now) {
            connection.isLocal = true
            return renewed(connection, isValid: true)
        }
        if service == .readOnly { return connection.close() }
        if service == .learning {
            connection.state = .connecting
            renewals[id, default: []].append(connection)
            member?.revalidate(id, timeout: connection.timeout)
        } else {
            renewed(connection, isValid: sessions.touch(id, timeout: connection.timeout, now: now))
        }
    }

    /// The leader has said whether the session may go on here.
    func revalidated(_ id: SessionID, isValid: Bool) {
        guard let connection = renewals[id]?.popFirst() else { return }
        if renewals[id]?.isEmpty == true { renewals[id] = nil }
        guard case .connecting = connection.state else { return }
        renewed(connection, isValid: isValid)
    }

    private func renewed(_ connection: ClientConnection, isValid: Bool) {
        guard isValid else { return refuseRenewal(connection) }
        metrics.connectionRevalidations += 1
        welcome(connection)
    }

    private func refuseRenewal(_ connection: ClientConnection) {
        logger.info(
            "refusing to renew session \(connection.session): it is expired, closed or unknown, or the password is wrong",
            metadata: ["client": "\(connection.remote)"])
        connection.session = .none
        connection.write { output in
            output.frame {
                ConnectResponse.invalidSession(readOnly: connection.saidReadOnly.map { _ in false }).write(to: &$0)
            }
        }
        statistics.packetsSent += 1
        connection.closeAfterFlush()
    }

    /// Tells the client its session and begins to take its requests.
    func welcome(_ connection: ClientConnection) {
        let id = connection.session
        sessions.setOwner(.local, of: id)
        let treeID = tree.watches.connect(connection.identities)
        connection.treeID = treeID
        connectionsInTree[treeID] = connection
        connectionsOfSession[id] = connection
        connection.state = .open
        let response = ConnectResponse(
            timeout: connection.timeout, session: id, password: passwords.password(of: id),
            readOnly: connection.saidReadOnly.map { _ in service == .readOnly })
        connection.write { output in output.frame { response.write(to: &$0) } }
        statistics.packetsSent += 1
        connection.statistics.sent += 1
        connection.statistics.lastOperation = .createSession
        logger.debug(
            "session \(id) established",
            metadata: ["client": "\(connection.remote)", "timeout": "\(connection.timeout)"])
        connection.processInput()
    }

    /// A closeSession txn has been applied: nobody may use the session any more.
    func closed(_ session: SessionID) {
        sessions.remove(session)
        guard let connection = connectionsOfSession.removeValue(forKey: session), connection.isOpen else { return }
        connection.close()
    }

    // MARK: Time

    /// A sign of life of a connection's session. Most calls find that the session's bucket has not changed.
    func touch(_ connection: ClientConnection) {
        if service == .learning, !connection.isLocal { return touchForLeader(connection) }
        guard now >= connection.touchedUntil else { return }
        if connection.isLocal {
            localSessions.touch(connection.session, now: now)
        } else {
            sessions.touch(connection.session, now: now)
        }
        let tick = Int64(settings.tickTime)
        // When (now + timeout) reaches the next tick the bucket changes.
        connection.touchedUntil = ((now + Int64(connection.timeout)) / tick + 1) * tick - Int64(connection.timeout)
    }

    /// Learner: the leader hears of the session with the answer to its next PING, once.
    private func touchForLeader(_ connection: ClientConnection) {
        guard let member, connection.touchedInRound != member.touchRound else { return }
        connection.touchedInRound = member.touchRound
        member.touch(connection.session, timeout: connection.timeout)
    }

    /// Closes the sessions whose time is over, and connections that never asked for one.
    func expire() {
        refreshClock()
        for id in sessions.expire(now: now) {
            metrics.sessionsExpired += 1
            logger.info("session \(id) expired")
            connectionsOfSession[id]?.close()
            proposeClose(id)
        }
        expireLocal()
        returnMemory()
        while let first = handshakes.first {
            if case .fresh = first.connection.state {
                guard first.deadline <= now else { break }
                metrics.sessionlessExpired += 1
                first.connection.close()
            }
            handshakes.removeFirst()
        }
        member?.closeSilent()
        flush()
    }
}
