import DataTree
import Jute
import ZooKeeperProtocol

/// The first frame of a connection: asks for a session, new or renewed. In the order of Apache's
/// `ZooKeeperServer.processConnectRequest`.
extension RequestPipeline {
    mutating func connect(_ frame: UnsafeRawBufferPointer, from id: ClientID) {
        statistics.packetsReceived += 1
        clients[id.place].statistics.received += 1
        var reader = JuteReader(frame, maxFieldLength: options.maxFrame)
        guard let request = try? ConnectRequest(from: &reader) else {
            log(
                .warning, kind: "no ConnectRequest", "closing a connection: its first frame is no ConnectRequest",
                client: id)
            return close(id)
        }
        guard !isShuttingDown, !hasFailed, service != .none else { return close(id) }
        let isRenewal = request.session != .none
        let isLocal = options.localSessions
        let isAdmitted = connectionThrottle.admits(
            { isRenewal ? $0.renewWeight : isLocal ? $0.localWeight : $0.globalWeight }, now: now)
        guard isAdmitted else {
            statistics.connectionsRejected += 1
            return close(id)
        }
        statistics.connectionRequests += 1
        guard request.lastZXIDSeen <= lastZXID else {
            log(
                .warning,
                "refusing session \(request.session): its client has seen zxid \(request.lastZXIDSeen), this server is at \(lastZXID); the client must try another server",
                client: id)
            return close(id)
        }
        if service == .readOnly, request.readOnly != true {
            log(.info, "refusing a client: there is no quorum, and it did not ask for a read-only server")
            return close(id)
        }
        if service == .leading, !options.leaderServes { return close(id) }
        clients[id.place].saidReadOnly = request.readOnly
        clients[id.place].timeout = min(
            max(request.timeout, Int32(clamping: options.minSessionTimeout)),
            Int32(clamping: options.maxSessionTimeout))
        clients[id.place].lastTouch = now
        if isRenewal { renew(request, from: id) } else { openSession(of: id) }
    }

    // MARK: New sessions

    private mutating func openSession(of id: ClientID) {
        let session = nextSession
        nextSession = session.next
        clients[id.place].session = session
        let timeout = clients[id.place].timeout
        if options.opensLocalSessions {
            localSessions.track(session, timeout: timeout, now: now)
            clients[id.place].isLocal = true
            return welcome(id)
        }
        if service == .readOnly { return refuseSession(of: id) }
        setState(.connecting, of: id)
        if service != .learning { sessions.track(session, timeout: timeout, now: now) }
        proposeCreateSession(session, timeout: timeout, clients[id.place].identities, from: .session(reference(id)))
    }

    mutating func proposeCreateSession(
        _ session: SessionID, timeout: Int32, _ identities: [AuthID], from origin: Proposals.Item.Origin
    ) {
        var body = timeout.bigEndian
        withUnsafeBytes(of: &body) { bytes in
            propose(
                WriteRequest(session: session, cxid: 0, op: .createSession, body: bytes, identities: identities),
                from: origin)
        }
    }

    /// A read-only server cannot make a session that all know: Apache answers with a bare reply header.
    private mutating func refuseSession(of id: ClientID) {
        let zxid = lastZXID
        sendFrame(to: id) { ReplyHeader(xid: 0, zxid: zxid, error: .notReadOnly).write(to: &$0) }
        closeAfterFlush(id)
    }

    /// An ephemeral needs a session that all servers know: createSession goes ahead of it, on its own.
    mutating func makeGlobal(_ id: ClientID) {
        let (session, timeout) = (clients[id.place].session, clients[id.place].timeout)
        clients[id.place].isLocal = false
        localSessions.remove(session)
        if service != .learning { sessions.track(session, timeout: timeout, now: now) }
        if options.logsDebug {
            log(.debug, "session \(session) becomes global: it creates an ephemeral")
        }
        proposeCreateSession(session, timeout: timeout, [], from: .none)
    }

    /// Tells the client its session and begins to take its requests.
    mutating func welcome(_ id: ClientID) {
        let (session, timeout) = (clients[id.place].session, clients[id.place].timeout)
        sessions.setOwner(.local, of: session)
        tree.watches.connect(id, clients[id.place].identities)
        clientsOfSession[session] = id
        setState(.open, of: id)
        let response = ConnectResponse(
            timeout: timeout, session: session, password: options.passwords.password(of: session),
            readOnly: clients[id.place].saidReadOnly.map { _ in service == .readOnly })
        sendFrame(to: id) { response.write(to: &$0) }
        clients[id.place].statistics.sent += 1
        clients[id.place].statistics.lastOperation = .createSession
        if options.logsDebug {
            log(.debug, "session \(session) established", client: id, ["timeout": "\(timeout)"])
        }
        effects.append(.resume(id))
    }

    // MARK: Renewals

    private mutating func renew(_ request: ConnectRequest, from id: ClientID) {
        let session = request.session
        clients[id.place].session = session
        // First of all: Apache closes the session's connection before it looks at the password, so that anybody can.
        guard options.passwords.accepts(request.password ?? [], for: session) else { return refuseRenewal(of: id) }
        if let old = clientsOfSession[session] {
            log(.info, "session \(session) moves to a new connection", client: id)
            close(old)
        }
        let timeout = clients[id.place].timeout
        if localSessions.touch(session, timeout: timeout, now: now) {
            clients[id.place].isLocal = true
            return renewed(id, isValid: true)
        }
        if service == .readOnly { return close(id) }
        if service == .learning {
            setState(.connecting, of: id)
            renewals[session, default: []].append(reference(id))
            replication.revalidate(session, timeout: timeout)
        } else {
            renewed(id, isValid: sessions.touch(session, timeout: timeout, now: now))
        }
    }

    /// The leader has said whether the session may go on here.
    mutating func revalidated(_ session: SessionID, isValid: Bool) {
        guard let client = renewals[session]?.popFirst() else { return }
        if renewals[session]?.isEmpty == true { renewals[session] = nil }
        guard state(of: client) == .connecting else { return }
        renewed(client.id, isValid: isValid)
    }

    private mutating func renewed(_ id: ClientID, isValid: Bool) {
        guard isValid else { return refuseRenewal(of: id) }
        statistics.connectionRevalidations += 1
        welcome(id)
    }

    private mutating func refuseRenewal(of id: ClientID) {
        log(
            .info,
            "refusing to renew session \(clients[id.place].session): it is expired, closed or unknown, or the password is wrong",
            client: id)
        clients[id.place].session = .none
        let response = ConnectResponse.invalidSession(readOnly: clients[id.place].saidReadOnly.map { _ in false })
        sendFrame(to: id) { response.write(to: &$0) }
        closeAfterFlush(id)
    }
}
