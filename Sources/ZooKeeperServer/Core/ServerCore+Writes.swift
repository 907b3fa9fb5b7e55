import DataTree
import Jute
import NIOCore
import Storage
import ZooKeeperProtocol

extension ServerCore {
    // MARK: Prepare

    /// Takes in a client's write: decides it, or hands it to the leader who does.
    func propose(_ request: WriteRequest, from origin: Proposals.Item.Origin) {
        switch service {
        case .standalone, .leading:
            var request = request
            if request.op == .reconfig, settings.reconfigEnabled {
                request.reconfiguration = member?.reconfiguration(request.body)
                if case .success(let text)? = request.reconfiguration {
                    request.objection = member?.objection(to: text)
                }
            }
            let error = decide(request.op, from: origin, requestLength: request.length) { zxid, entry in
                preparer.prepare(
                    request, zxid: zxid, time: Clock.wall, tree: tree, sessions: &sessions, into: &entry)
            }
            if error == .sessionMoved, case .request(let connection, _, _) = origin { connection.close() }
        case .learning:
            took(
                Proposals.Item(
                    turn: .forwarded(request.session, cxid: request.cxid), op: request.op, origin: origin,
                    bytes: request.body.count, requestLength: request.length))
            member?.forward(request)
        case .readOnly, .none:
            switch origin {
            case .request(let connection, _, _), .session(let connection): connection.close()
            case .none: break
            }
        }
    }

    /// closeSession of a session whose time is over.
    func proposeClose(_ session: SessionID) {
        decide(.closeSession, from: .none) { zxid, entry in
            preparer.prepareCloseSession(
                session, zxid: zxid, time: Clock.wall, tree: tree, sessions: &sessions, into: &entry)
        }
    }

    func proposeDeleteContainer(_ path: String) {
        decide(.deleteContainer, from: .none) { zxid, entry in
            preparer.prepareDeleteContainer(
                path, zxid: zxid, time: Clock.wall, tree: tree, sessions: &sessions, into: &entry)
        }
    }

    /// Gives the next zxid to what `prepare` writes, and sends it on its way: to the log, and in a quorum to the followers.
    @discardableResult
    private func decide(
        _ op: OpCode, from origin: Proposals.Item.Origin, requestLength: Int = 0,
        _ prepare: (ZXID, inout JuteWriter) -> ErrorCode
    ) -> ErrorCode {
        var error = ErrorCode.ok
        guard let member else {
            let zxid = nextZXID
            nextZXID = zxid.next
            var length = 0
            log.append(zxid) { entry in
                let start = entry.count
                error = prepare(zxid, &entry)
                length = entry.count - start
            }
            took(Proposals.Item(turn: .txn(zxid), op: op, origin: origin, bytes: length, requestLength: requestLength))
            return error
        }
        // None when the leader is stopping or its epoch has no more zxids: the client asks again, elsewhere.
        guard let zxid = member.nextZXID else { return .ok }
        scratch.removeAll()
        error = prepare(zxid, &scratch)
        took(
            Proposals.Item(
                turn: .txn(zxid), op: op, origin: origin, bytes: scratch.count, requestLength: requestLength))
        member.propose(zxid, scratch.bytes)
        return error
    }

    private func took(_ item: Proposals.Item) {
        var item = item
        // Another server looks after how much its clients send.
        if case .none = item.origin { item.requestLength = 0 }
        if item.bytes >= Self.largeBuffer { burst += item.bytes }
        proposals.append(item)
    }

    // MARK: Log

    func logged(_ step: LogQueue.Step) {
        refreshClock()
        switch step {
        case .batch(let batch, _):
            noteSync(batch)
            schedule.logged(txns: batch.records.count, bytes: batch.records.byteCount)
            if let member {
                member.stored(batch.ticket)
            } else {
                batch.records.forEachEntry { apply($0) }
            }
            takeSnapshotIfDue()
            resumeThrottled()
        case .work(let work):
            member?.stored(work.ticket)
        }
        flush()
        if proposals.isEmpty, let idle = onIdle { idle() }
    }

    func logFailed(_ error: StorageError) {
        failure = error
        logger.critical("the data cannot be written; nothing more will be acknowledged: \(error)")
        onFailure(error)
    }

    private func noteSync(_ batch: LogWriter.Batch) {
        metrics.syncBatchSize.add(Int64(batch.records.count))
        let milliseconds = batch.syncNanoseconds / 1_000_000
        metrics.fsync.add(milliseconds)
        if milliseconds >= settings.fsyncWarning {
            metrics.slowSyncs += 1
            logger.warning(
                "syncing the txn log took \(milliseconds) ms (fsync.warningthresholdms is \(settings.fsyncWarning)): is the disk of \(directory.logs) shared?"
            )
        }
    }

    // MARK: Apply

    /// Applies a txn that is durable here (standalone) or committed by a quorum, and answers who asked for it.
    func apply(_ entry: UnsafeRawBufferPointer) {
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
        if tree.digestMismatches != mismatches { noteMismatch(at: zxid, isFirst: mismatches == 0) }
        metrics.propagation.add(max(0, Clock.wall - applied.header.time))
        if zxid.rawValue & 127 == 0 { digests.add(zxid, tree.digest) }
        sendEvents()
        if let item = proposals.take(applied.header) {
            switch item.origin {
            case .request(let connection, let xid, let received):
                answer(connection, RequestHeader(xid: xid, op: item.op), applied, received: received)
            case .session(let connection):
                opened(connection, applied)
            case .none: break
            }
        }
        if applied.header.type == .closeSession { closed(applied.header.session) }
        answerSyncs()
    }

    /// The tree is not what the server that made this txn had. Said once, and kept for the next start.
    private func noteMismatch(at zxid: ZXID, isFirst: Bool) {
        guard isFirst else { return }
        logger.error("after txn \(zxid) the data differs from the txn's digest. \(mismatchAdvice)")
        // In its place between the writes: a leader's tree that comes later takes the mark away.
        log.perform(
            LogWriter.Work(ticket: 0) { (durable) throws(StorageError) in
                try durable.directory.noteThatItDiffers(at: zxid)
            })
        member?.dataDiffers()
    }

    /// What a tree that differs from its digests means, and how it is mended.
    var mismatchAdvice: String {
        guard member != nil else {
            return "Restore the data from a backup; or, if it is known to be right, remove \(directory.mismatchMark)"
        }
        return """
            This server does not stand for election while another can. If only this one has zk_digest_mismatches_count > 0 (mntr): stop it, move \
            its version-2 directory away (keep myid) and start it, it then fetches the data from the leader (`paddock reset` does so). If all the followers have, the \
            leader's data is the one that differs
            """
    }

    /// What a client has asked before this write, and has not been told because it does not read, is answered now: it must
    /// not see the write.
    private func letReadsGoFirst(_ entry: UnsafeRawBufferPointer) {
        guard case .request(let connection, _, _)? = proposals.first?.origin, connection.hasReadFirst else { return }
        var reader = JuteReader(entry)
        guard let header = try? TxnHeader(from: &reader), proposals.isNext(header) else { return }
        drainWaiting(connection, force: true)
    }

    private func answer(
        _ connection: ClientConnection, _ header: RequestHeader, _ applied: AppliedTxn, received: Int64
    ) {
        guard connection.isOpen else { return }
        // The session has gone to another server meanwhile.
        if applied.error == .sessionMoved { return connection.close() }
        connection.writeIsDone()
        if header.xid > 0 { connection.statistics.outstanding -= 1 }
        reply(
            to: connection, header, zxid: applied.header.zxid, error: applied.error, received: received, isWrite: true
        ) { output in
            replyBody.withUnsafeBytes { output.write(raw: $0) }
        }
        if header.op == .closeSession, applied.error == .ok {
            connection.closeAfterFlush()
        } else {
            drainWaiting(connection)
        }
    }

    /// Answers the syncs that are next in line.
    private func answerSyncs() {
        while let item = proposals.first, item.turn == .sync {
            answerSync(proposals.removeFirst())
        }
    }

    func answerSync(_ item: Proposals.Item) {
        guard case .request(let connection, let xid, let received) = item.origin, connection.isOpen else { return }
        drainWaiting(connection, force: true)
        guard connection.isOpen else { return }
        connection.writeIsDone()
        if xid > 0 { connection.statistics.outstanding -= 1 }
        reply(to: connection, RequestHeader(xid: xid, op: .sync), zxid: lastZXID, error: .ok, received: received) {
            $0.write(item.path)
        }
        drainWaiting(connection)
    }
}
