import DataTree
import Jute
import NIOCore
import Storage
import ZooKeeperProtocol

extension ServerCore {
    // MARK: Prepare

    /// Decides a write and puts its txn into the batch that is being gathered.
    func propose(_ request: WriteRequest, from origin: Proposals.Item.Origin) {
        let zxid = nextZXID
        nextZXID = zxid.next
        var error = ErrorCode.ok
        let time = Clock.wall
        gathering.records.append(zxid) { entry in
            error = preparer.prepare(request, zxid: zxid, time: time, tree: tree, sessions: &sessions, into: &entry)
        }
        proposals.append(Proposals.Item(zxid: zxid, op: request.op, origin: origin, path: nil))
        if error == .sessionMoved, case .request(let connection, _, _) = origin { connection.close() }
        scheduleHandOver()
    }

    /// closeSession of a session whose time is over.
    func proposeClose(_ session: SessionID) {
        let zxid = nextZXID
        nextZXID = zxid.next
        gathering.records.append(zxid) { entry in
            _ = preparer.prepareCloseSession(
                session, zxid: zxid, time: Clock.wall, tree: tree, sessions: &sessions, into: &entry)
        }
        proposals.append(Proposals.Item(zxid: zxid, op: .closeSession, origin: .server, path: nil))
        scheduleHandOver()
    }

    func proposeDeleteContainer(_ path: String) {
        let zxid = nextZXID
        nextZXID = zxid.next
        gathering.records.append(zxid) { entry in
            _ = preparer.prepareDeleteContainer(
                path, zxid: zxid, time: Clock.wall, tree: tree, sessions: &sessions, into: &entry)
        }
        proposals.append(Proposals.Item(zxid: zxid, op: .deleteContainer, origin: .server, path: nil))
        scheduleHandOver()
    }

    // MARK: Log

    /// Hands the batch to the log thread at the end of this turn, so that all connections read in it share one sync.
    private func scheduleHandOver() {
        guard !isLogBusy, !isHandOverScheduled else { return }
        isHandOverScheduled = true
        let bound = bound
        loop.execute {
            let server = bound.value
            server.isHandOverScheduled = false
            if !server.isLogBusy { server.handOver() }
        }
    }

    private func handOver() {
        guard !gathering.records.isEmpty, failure == nil else { return }
        let batch = gathering
        gathering = spareBatches.popLast() ?? LogWriter.Batch()
        isLogBusy = true
        metrics.syncBatchSize.add(Int64(batch.records.count))
        let bound = bound
        writer.write(batch, rolls: schedule.takeRoll()) { result in bound.value.logged(result) }
    }

    /// A batch is on the disk: the next one goes there, and this one is applied and answered.
    private func logged(_ result: Result<LogWriter.Batch, StorageError>) {
        refreshClock()
        isLogBusy = false
        switch result {
        case .failure(let error):
            failure = error
            logger.critical("the txn log cannot be written; nothing more will be acknowledged: \(error)")
            onFailure(error)
        case .success(let batch):
            noteSync(nanoseconds: batch.syncNanoseconds)
            handOver()
            schedule.logged(txns: batch.records.count, bytes: batch.records.byteCount)
            batch.records.forEachEntry { apply($0) }
            batch.records.removeAll()
            spareBatches.append(batch)
            takeSnapshotIfDue()
            resumeThrottled()
            flush()
            if proposals.isEmpty, let idle = onIdle { idle() }
        }
    }

    private func noteSync(nanoseconds: Int64) {
        let milliseconds = nanoseconds / 1_000_000
        metrics.fsync.add(milliseconds)
        if milliseconds >= settings.fsyncWarning {
            metrics.slowSyncs += 1
            logger.warning(
                "syncing the txn log took \(milliseconds) ms (fsync.warningthresholdms is \(settings.fsyncWarning)): is the disk of \(directory.logs) shared?"
            )
        }
    }

    // MARK: Apply

    private func apply(_ entry: UnsafeRawBufferPointer) {
        answerSyncs()
        replyBody.removeAll()
        let applied: AppliedTxn
        do throws(JuteError) {
            applied = try tree.apply(entry, reply: &replyBody)
        } catch {
            fatalError("a txn that this server made cannot be read: \(error)")
        }
        let zxid = applied.header.zxid
        preparer.applied(zxid, tree: tree)
        if zxid.rawValue & 127 == 0 { digests.add(zxid, tree.digest) }
        sendEvents()
        let item = proposals.removeFirst()
        switch item.origin {
        case .request(let connection, let xid, let received):
            answer(connection, RequestHeader(xid: xid, op: item.op), applied, received: received)
        case .session(let connection):
            opened(connection, applied)
        case .server: break
        }
        if applied.header.type == .closeSession { closed(applied.header.session) }
        answerSyncs()
    }

    private func answer(
        _ connection: ClientConnection, _ header: RequestHeader, _ applied: AppliedTxn, received: Int64
    ) {
        guard connection.isOpen else { return }
        connection.waiting.removeFirst()
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
        while let item = proposals.first, item.zxid == nil {
            _ = proposals.removeFirst()
            guard case .request(let connection, let xid, let received) = item.origin, connection.isOpen else {
                continue
            }
            connection.waiting.removeFirst()
            if xid > 0 { connection.statistics.outstanding -= 1 }
            reply(to: connection, RequestHeader(xid: xid, op: .sync), zxid: lastZXID, error: .ok, received: received) {
                $0.write(item.path)
            }
            drainWaiting(connection)
        }
    }
}
