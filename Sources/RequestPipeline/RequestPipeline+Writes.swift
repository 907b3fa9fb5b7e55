import DataTree
import Jute
import ZooKeeperProtocol

extension RequestPipeline {
    // MARK: Prepare

    /// Takes in a client's write: decides it, or hands it to the leader who does.
    mutating func propose(_ request: WriteRequest, from origin: Proposals.Item.Origin) {
        switch service {
        case .leading:
            var request = request
            if request.op == .reconfig, options.preparer.allowsReconfig {
                request.reconfiguration = replication.judge(reconfig: request.body)
            }
            let error = decide(request, from: origin)
            if error == .badArguments, let objection = request.reconfiguration?.objection {
                log(.warning, "a reconfig is refused: \(objection)")
            }
            if error == .sessionMoved, case .request(let client, _, _) = origin { close(client.id) }
        case .learning:
            took(
                Proposals.Item(
                    turn: .forwarded(request.session, cxid: request.cxid), op: request.op, origin: origin,
                    bytes: request.body.count, requestLength: request.length))
            forward(request)
        case .readOnly, .none:
            switch origin {
            case .request(let client, _, _), .session(let client): close(client.id)
            case .none: break
            }
        }
    }

    /// Learner: hands a write or sync of a client to the leader.
    func forward(_ request: WriteRequest) {
        let operation = ForwardedRequest(
            session: request.session, cxid: request.cxid, op: request.op,
            body: request.op == .closeSession ? [] : [UInt8](request.body))
        // createSession is the server's own and carries nobody, as Apache's.
        replication.forward(operation, authInfo: request.op == .createSession ? nil : request.identities)
    }

    /// Leader: makes a txn of what a learner forwards.
    mutating func decide(_ operation: ForwardedRequest, authInfo: [AuthID], owner: SessionOwner) {
        operation.body.withUnsafeBytes { body in
            let request = WriteRequest(
                session: operation.session, owner: owner, cxid: operation.cxid,
                op: operation.op, body: body, identities: authInfo, isLocal: isLocalElsewhere(operation.session))
            var reader = JuteReader(body)
            if operation.op == .createSession, let timeout = try? reader.readInt32() {
                sessions.track(operation.session, timeout: timeout, now: now)
            }
            propose(request, from: .none)
        }
    }

    /// Whether a session that this leader does not know may be one that another server keeps to itself. Its id tells
    /// which.
    private func isLocalElsewhere(_ session: SessionID) -> Bool {
        guard options.localSessions, sessions.timeout(of: session) == nil else { return false }
        return UInt8(truncatingIfNeeded: session.rawValue >> 56) != options.serverID
    }

    /// Makes a txn of a request, and sends it on its way.
    @discardableResult
    mutating func decide(_ request: WriteRequest, from origin: Proposals.Item.Origin) -> ErrorCode {
        // None when the leader is stopping or its epoch has no more zxids: the client asks again, elsewhere.
        guard let zxid = replication.nextZXID else { return .ok }
        scratch.removeAll()
        let error = preparer.prepare(
            request, zxid: zxid, time: wall, tree: tree, sessions: &sessions, into: &scratch)
        took(
            Proposals.Item(
                turn: .txn(zxid), op: request.op, origin: origin, bytes: scratch.count, requestLength: request.length))
        replication.propose(zxid, scratch)
        return error
    }

    private mutating func took(_ item: Proposals.Item) {
        var item = item
        // Another server looks after how much its clients send.
        if case .none = item.origin { item.requestLength = 0 }
        if item.bytes >= Self.largeBuffer { addToBurst(item.bytes) }
        proposals.append(item)
    }

    // MARK: Apply

    /// Applies a txn that is durable where it must be, and answers who asked for it.
    mutating func commit(_ entry: UnsafeRawBufferPointer) {
        answerSyncs()
        letReadsGoFirst(entry)
        replyBody.removeAll()
        let applied: AppliedTxn
        let mismatches = tree.digestMismatches
        do throws(JuteError) {
            applied = try tree.apply(entry, reply: &replyBody)
        } catch {
            fatalError("a txn that was logged cannot be read: \(error)")
        }
        let zxid = applied.header.zxid
        if service != .learning { preparer.applied(zxid, tree: tree) }
        if tree.digestMismatches != mismatches, mismatches == 0 {
            effects.append(.keepMismatch(zxid))
            replication.dataDiffers()
        }
        statistics.propagation.add(max(0, wall - applied.header.time))
        if zxid.rawValue & 127 == 0 { digests.add(zxid, tree.digest) }
        sendEvents()
        if let item = proposals.take(applied.header) {
            switch item.origin {
            case .request(let client, let xid, let received):
                answer(client, RequestHeader(xid: xid, op: item.op), applied, received: received)
            case .session(let client):
                if state(of: client) == .connecting { welcome(client.id) }
            case .none: break
            }
        }
        if applied.header.type == .closeSession { sessionClosed(applied.header.session) }
        answerSyncs()
    }

    /// What a client has asked before this write, and has not been told because it does not read, is answered now: it
    /// must not see the write.
    private mutating func letReadsGoFirst(_ entry: UnsafeRawBufferPointer) {
        guard case .request(let client, _, _)? = proposals.first?.origin, state(of: client) == .open,
            clients[client.id.place].waiting.isReadFirst
        else { return }
        var reader = JuteReader(entry)
        guard let header = try? TxnHeader(from: &reader), proposals.isNext(header) else { return }
        drainWaiting(client.id, force: true)
    }

    private mutating func answer(
        _ client: ClientReference, _ header: RequestHeader, _ applied: AppliedTxn, received: Int64
    ) {
        guard state(of: client) == .open else { return }
        let id = client.id
        // The session has gone to another server meanwhile.
        if applied.error == .sessionMoved { return close(id) }
        forgetFirst(id)
        let body = replyBody
        reply(
            to: id, header, zxid: applied.header.zxid, error: applied.error, received: received, isWrite: true
        ) { output in
            body.withUnsafeBytes { output.write(raw: $0) }
        }
        if header.op == .closeSession, applied.error == .ok {
            closeAfterFlush(id)
        } else {
            drainWaiting(id)
        }
    }

    /// A closeSession txn has been applied: nobody may use the session any more.
    private mutating func sessionClosed(_ session: SessionID) {
        sessions.remove(session)
        guard let id = clientsOfSession.removeValue(forKey: session), isOpen(id) else { return }
        close(id)
    }

    // MARK: Syncs

    /// Answers the syncs that are next in line.
    private mutating func answerSyncs() {
        while proposals.isSyncFirst { answerSync(proposals.removeFirst()) }
    }

    /// Learner: the leader has answered the oldest sync.
    mutating func synced() {
        if let item = syncs.popFirst() { answerSync(item) }
    }

    private mutating func answerSync(_ item: Proposals.Item) {
        guard case .request(let client, let xid, let received) = item.origin, state(of: client) == .open else { return }
        let id = client.id
        drainWaiting(id, force: true)
        guard isOpen(id) else { return }
        forgetFirst(id)
        reply(to: id, RequestHeader(xid: xid, op: .sync), zxid: lastZXID, error: .ok, received: received) {
            $0.write(item.path)
        }
        drainWaiting(id)
    }
}
