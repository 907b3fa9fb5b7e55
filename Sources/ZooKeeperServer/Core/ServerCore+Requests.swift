import DataTree
import Jute
import ZooKeeperProtocol

extension ServerCore {
    // MARK: Frames

    /// Handles one request of an open connection.
    func receive(_ frame: UnsafeRawBufferPointer, on connection: ClientConnection) {
        var reader = JuteReader(frame, maxFieldLength: settings.maxFrame)
        guard let header = try? RequestHeader(from: &reader) else {
            logger.warning(
                "closing a connection: a frame of \(frame.count) bytes is no request",
                metadata: ["client": "\(connection.remote)"])
            return connection.close()
        }
        requestsNow += 1
        statistics.packetsReceived += 1
        connection.statistics.received += 1
        touch(connection)
        let op = header.op
        if op == .auth { return authenticate(&reader, header, on: connection) }
        // Apache without SASL configured answers with a null token, to which kazoo sends its next, and so on for ever.
        if op == .sasl {
            return refuseAuthentication("it wants SASL, which this server does not have", header, on: connection)
        }
        guard hasProved(connection) else {
            logger.warning(
                "closing a connection: it has proved none of \(settings.enforcedSchemes.joined(separator: ", ")) (enforce.auth.schemes)",
                metadata: ["client": "\(connection.remote)"])
            reply(to: connection, header, zxid: .zero, error: .sessionClosedRequireSASLAuth) { _ in }
            return connection.closeAfterFlush()
        }
        if op == .ping || DataTree.isRead(op) || isAnsweredHere(op, reader, on: connection) {
            let body = reader.readRest()
            guard !connection.hasWaiting else {
                connection.wait(for: frame, received: now, answer: tree.answerLength(op, body))
                if header.xid > 0 { connection.statistics.outstanding += 1 }
                return
            }
            answerRead(header, body, on: connection, received: now)
        } else if op == .sync {
            synchronise(&reader, header, on: connection)
        } else if TxnPreparer.isWrite(op), op != .createSession {
            let request = WriteRequest(
                session: connection.session, cxid: header.xid, op: op, body: reader.readRest(),
                identities: connection.identities, isLocal: connection.isLocal)
            if connection.isLocal, TxnPreparer.createsEphemeral(op, request.body) { makeGlobal(connection) }
            connection.waitForWrite()
            if header.xid > 0 { connection.statistics.outstanding += 1 }
            propose(request, from: .request(connection, xid: header.xid, received: now))
        } else {
            logger.warning(
                "closing a connection: unknown opcode \(op.rawValue)", metadata: ["client": "\(connection.remote)"])
            reply(to: connection, header, zxid: ZXID(rawValue: -1), error: .unimplemented) { _ in }
            connection.closeAfterFlush()
        }
    }

    /// Whether the client is somebody, when `enforce.auth.enabled` asks for it.
    private func hasProved(_ connection: ClientConnection) -> Bool {
        settings.enforcedSchemes.isEmpty
            || connection.identities.contains { settings.enforcedSchemes.contains($0.scheme) }
    }

    /// Answers what had to wait behind a write, up to the next write, as far as the client takes the answers.
    ///
    /// - Parameter force: all of it: the next write has been applied, and nobody may see it before.
    func drainWaiting(_ connection: ClientConnection, force: Bool = false) {
        while connection.isOpen, let (frame, received) = connection.takeRead(force: force) {
            frame.withUnsafeBytes { bytes in
                var reader = JuteReader(bytes, maxFieldLength: settings.maxFrame)
                guard let header = try? RequestHeader(from: &reader) else { return }
                if header.xid > 0 { connection.statistics.outstanding -= 1 }
                answerRead(header, reader.readRest(), on: connection, received: received)
            }
        }
    }

    // MARK: Reads

    private func answerRead(
        _ header: RequestHeader, _ body: UnsafeRawBufferPointer, on connection: ClientConnection, received: Int64
    ) {
        if header.op == .ping {
            reply(
                to: connection, RequestHeader(xid: SpecialXID.ping, op: .ping), zxid: lastZXID, error: .ok,
                received: received
            ) { _ in }
            return
        }
        guard DataTree.isRead(header.op) else { return answerHere(header, on: connection, received: received) }
        guard let treeID = connection.treeID else { return }
        let reader = Reader(connection: treeID, session: connection.session)
        if header.op == .setWatches || header.op == .setWatches2 {
            // What the client missed comes before the reply.
            replyBody.removeAll()
            let error = tree.read(header.op, body, for: reader, into: &replyBody)
            sendEvents()
            return reply(to: connection, header, zxid: lastZXID, error: error, received: received) { _ in }
        }
        var size = 0
        connection.write { output in
            let start = output.beginFrame()
            ReplyHeader(xid: header.xid, zxid: lastZXID).write(to: &output)
            let bodyStart = output.count
            var error = tree.read(header.op, body, for: reader, into: &output)
            if output.count - start - 4 > Int32.max {
                // The children of one node can be more than a frame can say the length of.
                output.truncate(to: bodyStart)
                error = .marshallingError
            }
            if error != .ok { output.overwrite(error.rawValue, at: start + 16) }
            output.endFrame(start)
            size = output.count - start - 4
        }
        finish(header, on: connection, zxid: lastZXID, received: received, size: size, isWrite: false)
    }

    /// Appends a reply: its header, then what `body` writes unless there is an error.
    func reply(
        to connection: ClientConnection, _ header: RequestHeader, zxid: ZXID, error: ErrorCode, received: Int64? = nil,
        isWrite: Bool = false, _ body: (inout JuteWriter) -> Void
    ) {
        var size = 0
        connection.write { output in
            let start = output.beginFrame()
            ReplyHeader(xid: header.xid, zxid: zxid, error: error).write(to: &output)
            if error == .ok { body(&output) }
            output.endFrame(start)
            size = output.count - start - 4
        }
        finish(header, on: connection, zxid: zxid, received: received ?? now, size: size, isWrite: isWrite)
    }

    private func finish(
        _ header: RequestHeader, on connection: ClientConnection, zxid: ZXID, received: Int64, size: Int, isWrite: Bool
    ) {
        let latency = max(0, now - received)
        statistics.answered(bytes: size)
        statistics.latency.add(latency)
        if isWrite {
            statistics.updateLatency.add(latency)
        } else if header.op != .ping {
            statistics.readLatency.add(latency)
        }
        connection.statistics.answered(header, zxid: zxid, now: now, latency: latency)
    }

    /// Sends what the last `apply` or `read` has to tell watchers, before any reply that shows the change.
    func sendEvents() {
        if tree.events.isEmpty { return }
        for event in tree.events.events {
            guard let connection = connectionsInTree[event.connection] else { continue }
            connection.write { output in
                let start = output.count
                tree.events.writeFrame(event, to: &output)
                statistics.watchBytes += Int64(output.count - start)
            }
            statistics.packetsSent += 1
            connection.statistics.sent += 1
        }
    }

    // MARK: Sync and authentication

    /// sync is answered when everything before it has been applied.
    private func synchronise(_ reader: inout JuteReader, _ header: RequestHeader, on connection: ClientConnection) {
        // One that cannot be read is answered in its turn (`isAnsweredHere`).
        let path = (try? reader.readSlice()) ?? nil
        if service != .learning, proposals.isEmpty {
            return reply(to: connection, header, zxid: lastZXID, error: .ok) { $0.write(slice: path) }
        }
        connection.waitForWrite()
        if header.xid > 0 { connection.statistics.outstanding += 1 }
        let length = path?.count ?? 0
        let item = Proposals.Item(
            turn: .sync, op: .sync, origin: .request(connection, xid: header.xid, received: now),
            path: path.map { [UInt8]($0) }, bytes: length, requestLength: length + 12)
        guard service == .learning else { return proposals.append(item) }
        syncs.append(item)
        member?.forward(
            WriteRequest(
                session: connection.session, cxid: header.xid, op: .sync,
                body: path ?? UnsafeRawBufferPointer(start: nil, count: 0), identities: connection.identities),
            isSync: true)
    }

    /// Handled at once, so its reply may overtake others. A failure closes the connection; the session stays.
    private func authenticate(_ reader: inout JuteReader, _ header: RequestHeader, on connection: ClientConnection) {
        guard let packet = try? AuthPacket(from: &reader),
            let added = tree.access.authenticate(scheme: packet.scheme, credentials: packet.auth ?? [])
        else { return refuseAuthentication("authentication failed", header, on: connection) }
        let identities = (connection.identities + added).inApacheOrder
        guard identities.reduce(0, { $0 + $1.encodedLength }) <= AccessControl.identityLimit else {
            return refuseAuthentication(
                "its identities take more than \(AccessControl.identityLimit) bytes", header, on: connection)
        }
        connection.identities = identities
        if let treeID = connection.treeID { tree.watches.setIdentities(connection.identities, of: treeID) }
        reply(to: connection, header, zxid: .zero, error: .ok) { _ in }
    }

    private func refuseAuthentication(_ why: String, _ header: RequestHeader, on connection: ClientConnection) {
        statistics.authFailures += 1
        logger.warning("closing a connection: \(why)", metadata: ["client": "\(connection.remote)"])
        reply(to: connection, header, zxid: .zero, error: .authFailed) { _ in }
        connection.closeAfterFlush()
    }
}

extension ConnectionStatistics {
    mutating func answered(_ header: RequestHeader, zxid: ZXID, now: Int64, latency newest: Int64) {
        sent += 1
        lastOperation = header.op
        lastXID = header.xid
        lastZXID = zxid
        lastResponseTime = now
        lastLatency = newest
        latency.add(newest)
    }
}
