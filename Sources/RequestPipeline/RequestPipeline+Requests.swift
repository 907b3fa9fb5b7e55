import DataTree
import Jute
import ZooKeeperProtocol

extension RequestPipeline {
    // MARK: Requests

    /// Handles one request of an open connection.
    mutating func receive(_ frame: UnsafeRawBufferPointer, from id: ClientID) {
        var reader = JuteReader(frame, maxFieldLength: options.maxFrame)
        guard let header = try? RequestHeader(from: &reader) else {
            log(.warning, "closing a connection: a frame of \(frame.count) bytes is no request", client: id)
            return close(id)
        }
        requestsNow += 1
        statistics.packetsReceived += 1
        clients[id.place].statistics.received += 1
        touch(id)
        let op = header.op
        if op == .auth { return authenticate(&reader, header, from: id) }
        if op == .sasl { return authenticateWithSASL(&reader, header, from: id) }
        guard hasProved(id) else {
            log(
                .warning,
                "closing a connection: it has proved none of \(options.enforcedSchemes.joined(separator: ", ")) (enforce.auth.schemes)",
                client: id)
            reply(to: id, header, zxid: .zero, error: .sessionClosedRequireSASLAuth) { _ in }
            return closeAfterFlush(id)
        }
        if op == .ping || DataTree.isRead(op) || isAnsweredHere(op, reader, from: id) {
            let body = reader.readRest()
            guard clients[id.place].waiting.isEmpty else {
                return wait(for: frame, xid: header.xid, answer: tree.answerLength(op, body), id)
            }
            answerRead(header, body, from: id, received: now)
        } else if op == .sync {
            synchronise(&reader, header, from: id)
        } else if TxnPreparer.isWrite(op), op != .createSession {
            let request = WriteRequest(
                session: clients[id.place].session, cxid: header.xid, op: op, body: reader.readRest(),
                identities: clients[id.place].identities, isLocal: clients[id.place].isLocal)
            if request.isLocal, TxnPreparer.createsEphemeral(op, request.body) { makeGlobal(id) }
            clients[id.place].waiting.append(xid: header.xid)
            propose(request, from: .request(reference(id), xid: header.xid, received: now))
        } else {
            log(.warning, "closing a connection: unknown opcode \(op.rawValue)", client: id)
            reply(to: id, header, zxid: ZXID(rawValue: -1), error: .unimplemented) { _ in }
            closeAfterFlush(id)
        }
    }

    /// Whether the client is somebody, when `enforce.auth.enabled` asks for it.
    private func hasProved(_ id: ClientID) -> Bool {
        options.enforcedSchemes.isEmpty
            || clients[id.place].identities.contains { options.enforcedSchemes.contains($0.scheme) }
    }

    // MARK: Requests that go no further

    /// Whether this server answers a write or a sync itself, in its turn among the reads.
    private func isAnsweredHere(_ op: OpCode, _ rest: JuteReader, from id: ClientID) -> Bool {
        if op == .sync, !canBeRead(rest) { return true }
        let isLocal = clients[id.place].isLocal
        if isLocal, op == .closeSession { return true }
        if service == .readOnly { return op == .sync || TxnPreparer.isWrite(op) }
        guard isLocal, !options.localSessionsUpgrading else { return false }
        var rest = rest
        return TxnPreparer.createsEphemeral(op, rest.readRest())
    }

    /// Whether the body of this sync can be read as one.
    private func canBeRead(_ rest: JuteReader) -> Bool {
        var rest = rest
        do throws(JuteError) { _ = try rest.readSlice() } catch { return false }
        return true
    }

    private mutating func answerHere(_ header: RequestHeader, from id: ClientID, received: Int64) {
        if header.op == .closeSession {
            localSessions.remove(clients[id.place].session)
            reply(to: id, header, zxid: lastZXID, error: .ok, received: received) { _ in }
            return closeAfterFlush(id)
        }
        let error: ErrorCode =
            service == .readOnly ? .notReadOnly : header.op == .sync ? .marshallingError : .ephemeralOnLocalSession
        reply(to: id, header, zxid: lastZXID, error: error, received: received) { _ in }
    }

    // MARK: Reads

    mutating func answerRead(
        _ header: RequestHeader, _ body: UnsafeRawBufferPointer, from id: ClientID, received: Int64
    ) {
        if header.op == .ping {
            reply(
                to: id, RequestHeader(xid: SpecialXID.ping, op: .ping), zxid: lastZXID, error: .ok, received: received
            ) { _ in }
            return
        }
        guard DataTree.isRead(header.op) else { return answerHere(header, from: id, received: received) }
        let reader = Reader(connection: id, session: clients[id.place].session)
        let (zxid, tree) = (lastZXID, tree)
        if header.op == .setWatches || header.op == .setWatches2 {
            // What the client missed comes before the reply.
            replyBody.removeAll()
            let error = tree.read(header.op, body, for: reader, into: &replyBody)
            sendEvents()
            return reply(to: id, header, zxid: zxid, error: error, received: received) { _ in }
        }
        reply(to: id, header, zxid: zxid, received: received, isWrite: false) { output in
            let start = output.count
            let error = tree.read(header.op, body, for: reader, into: &output)
            // The children of one node can be more than a frame can say the length of.
            guard output.count - start + ReplyHeader.size > Int32.max else { return error }
            output.truncate(to: start)
            return .marshallingError
        }
    }

    /// Appends a reply: its header, then what `body` writes unless there is an error.
    mutating func reply(
        to id: ClientID, _ header: RequestHeader, zxid: ZXID, error: ErrorCode, received: Int64? = nil,
        isWrite: Bool = false, hasBody: Bool? = nil, _ body: (inout JuteWriter) -> Void
    ) {
        reply(to: id, header, zxid: zxid, received: received ?? now, isWrite: isWrite) { output in
            if hasBody ?? (error == .ok) { body(&output) }
            return error
        }
    }

    /// Into its callers: each read is answered by it.
    ///
    /// - Parameter body: writes nothing when it returns an error.
    @inline(__always)
    private mutating func reply(
        to id: ClientID, _ header: RequestHeader, zxid: ZXID, received: Int64, isWrite: Bool,
        _ body: (inout JuteWriter) -> ErrorCode
    ) {
        let size = write(to: id) { output in
            let start = output.beginFrame()
            ReplyHeader(xid: header.xid, zxid: zxid).write(to: &output)
            let error = body(&output)
            if error != .ok { output.overwrite(error.rawValue, at: start + ReplyHeader.size) }
            output.endFrame(start)
        }
        let latency = max(0, now - received)
        statistics.answered(bytes: max(0, size - 4))
        statistics.latency.add(latency)
        if isWrite {
            statistics.updateLatency.add(latency)
        } else if header.op != .ping {
            statistics.readLatency.add(latency)
        }
        clients[id.place].statistics.answered(header, zxid: zxid, now: now, latency: latency)
    }

    /// Sends what the last `apply` or `read` has to tell watchers, before any reply that shows the change.
    mutating func sendEvents() {
        let tree = tree
        if tree.events.isEmpty { return }
        for event in tree.events.events {
            statistics.packetsSent += 1
            clients[event.connection.place].statistics.sent += 1
            let size = write(to: event.connection) { tree.events.writeFrame(event, to: &$0) }
            statistics.watchBytes += Int64(size)
        }
    }

    // MARK: Sync and authentication

    /// sync is answered when everything before it has been applied.
    private mutating func synchronise(_ reader: inout JuteReader, _ header: RequestHeader, from id: ClientID) {
        // One that cannot be read is answered in its turn (`isAnsweredHere`).
        let path = (try? reader.readSlice()) ?? nil
        if service != .learning, proposals.isEmpty {
            return reply(to: id, header, zxid: lastZXID, error: .ok) { $0.write(slice: path) }
        }
        clients[id.place].waiting.append(xid: header.xid)
        let length = path?.count ?? 0
        let item = Proposals.Item(
            turn: .sync, op: .sync, origin: .request(reference(id), xid: header.xid, received: now),
            path: path.map { [UInt8]($0) }, bytes: length, requestLength: length + 12)
        guard service == .learning else { return proposals.append(item) }
        syncs.append(item)
        forward(
            WriteRequest(
                session: clients[id.place].session, cxid: header.xid, op: .sync,
                body: path ?? UnsafeRawBufferPointer(start: nil, count: 0), identities: clients[id.place].identities))
    }

    /// Handled at once, so its reply may overtake others. A failure closes the connection; the session stays.
    private mutating func authenticate(_ reader: inout JuteReader, _ header: RequestHeader, from id: ClientID) {
        guard let packet = try? AuthPacket(from: &reader),
            let added = tree.access.authenticate(scheme: packet.scheme, credentials: packet.auth ?? [])
        else { return refuseAuthentication("authentication failed", header, from: id) }
        let identities = (clients[id.place].identities + added).inApacheOrder
        guard identities.reduce(0, { $0 + $1.encodedLength }) <= AccessControl.identityLimit else {
            return refuseAuthentication(
                "its identities take more than \(AccessControl.identityLimit) bytes", header, from: id)
        }
        clients[id.place].identities = identities
        tree.watches.setIdentities(identities, of: id)
        reply(to: id, header, zxid: .zero, error: .ok) { _ in }
    }

    mutating func refuseAuthentication(_ why: String, _ header: RequestHeader, from id: ClientID) {
        statistics.authFailures += 1
        log(.warning, "closing a connection: \(why)", client: id)
        reply(to: id, header, zxid: .zero, error: .authFailed) { _ in }
        closeAfterFlush(id)
    }
}
