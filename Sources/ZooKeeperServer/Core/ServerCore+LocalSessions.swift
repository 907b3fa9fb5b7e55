import DataTree
import Jute
import ZooKeeperProtocol

/// Sessions that one server keeps to itself (reference 3.6), and what a read-only server refuses (reference 9.1).
extension ServerCore {
    /// Whether new sessions stay here until they need an ephemeral (`localSessionsEnabled`; a lone server has no use for it).
    var opensLocalSessions: Bool { settings.localSessions && member != nil }

    func openLocal(_ connection: ClientConnection) {
        localSessions.track(connection.session, timeout: connection.timeout, now: now)
        connection.isLocal = true
        welcome(connection)
    }

    /// A read-only server cannot make a session that all know: Apache answers with a bare reply header.
    func refuseSession(_ connection: ClientConnection) {
        connection.write { output in
            output.frame { ReplyHeader(xid: 0, zxid: lastZXID, error: .notReadOnly).write(to: &$0) }
        }
        statistics.packetsSent += 1
        connection.closeAfterFlush()
    }

    /// An ephemeral needs a session that all servers know: createSession goes ahead of it, on its own.
    func makeGlobal(_ connection: ClientConnection) {
        connection.isLocal = false
        localSessions.remove(connection.session)
        if service != .learning { sessions.track(connection.session, timeout: connection.timeout, now: now) }
        logger.debug("session \(connection.session) becomes global: it creates an ephemeral")
        var timeout = connection.timeout.bigEndian
        withUnsafeBytes(of: &timeout) { body in
            propose(
                WriteRequest(session: connection.session, cxid: 0, op: .createSession, body: body, identities: []),
                from: .none)
        }
    }

    /// Whether a session that this leader does not know may be one that another server keeps to itself. Its id tells which.
    func isLocalElsewhere(_ session: SessionID) -> Bool {
        guard settings.localSessions, sessions.timeout(of: session) == nil else { return false }
        return UInt8(truncatingIfNeeded: session.rawValue >> 56) != UInt8(truncatingIfNeeded: settings.sessionServerID)
    }

    func expireLocal() {
        for id in localSessions.expire(now: now) {
            logger.info("local session \(id) expired")
            localSessions.remove(id)
            connectionsOfSession[id]?.close()
        }
    }

    // MARK: Requests that go no further

    /// Whether this server answers a write or a sync itself, in its turn among the reads.
    func isAnsweredHere(_ op: OpCode, _ rest: JuteReader, on connection: ClientConnection) -> Bool {
        if op == .sync, !canBeRead(rest) { return true }
        if connection.isLocal, op == .closeSession { return true }
        if service == .readOnly { return op == .sync || TxnPreparer.isWrite(op) }
        guard connection.isLocal, !settings.localSessionsUpgrading else { return false }
        var rest = rest
        return TxnPreparer.createsEphemeral(op, rest.readRest())
    }

    /// Whether the body of this sync is one.
    private func canBeRead(_ rest: JuteReader) -> Bool {
        var rest = rest
        do throws(JuteError) { _ = try rest.readSlice() } catch { return false }
        return true
    }

    func answerHere(_ header: RequestHeader, on connection: ClientConnection, received: Int64) {
        if header.op == .closeSession {
            localSessions.remove(connection.session)
            reply(to: connection, header, zxid: lastZXID, error: .ok, received: received) { _ in }
            return connection.closeAfterFlush()
        }
        let error: ErrorCode =
            service == .readOnly ? .notReadOnly : header.op == .sync ? .marshallingError : .ephemeralOnLocalSession
        reply(to: connection, header, zxid: lastZXID, error: error, received: received) { _ in }
    }
}
