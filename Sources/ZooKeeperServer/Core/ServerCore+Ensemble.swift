import DataTree
import Membership
import Storage
import ZooKeeperProtocol

/// The server's data and clients through the changes of its role in an ensemble.
extension ServerCore {
    // MARK: Roles

    func startServing(_ newService: Service, epochStart zxid: ZXID) {
        service = newService
        epochStart = zxid
        if service == .leading { trackSessions() }
        takeSnapshotIfDue()
    }

    /// There is no leader: clients must look for another server, and what is under way is forgotten; if it was committed, the
    /// next leader knows.
    func stopServing() {
        // What is answered by now is sent: else the last writes that a stopping leader commits are never acknowledged.
        flush()
        service = .none
        epochStart = .zero
        abandonSnapshot()
        proposals.removeAll()
        syncs.removeAll()
        renewals.removeAll()
        doomedContainers.removeAll()
        preparer.reset(tree: tree)
        sessions = SessionTracker(tickTime: Int32(clamping: settings.tickTime), now: now)
        localSessions = sessions
        for connection in orderedConnections where connection.session != .none || connection.isOpen {
            connection.close()
        }
    }

    func removeOrphanedEphemerals() {
        let orphans = tree.removeOrphanedEphemerals()
        guard !orphans.isEmpty else { return }
        logger.warning(
            "removed ephemerals of sessions that do not exist: \(orphans.map(\.description).joined(separator: ", "))")
    }

    /// The configuration says where this server's clients connect.
    func listen(_ address: ServerSettings.Listen) {
        clientPort?.move(to: address) { [logger] result in
            switch result {
            case .success: logger.info("serving clients on \(address.host ?? "0.0.0.0"):\(address.port) from now on")
            case .failure(let error):
                logger.error(
                    "cannot listen on \(address.host ?? "0.0.0.0"):\(address.port), the new client port: \(error). Clients are served where they were"
                )
            }
        }
    }

    // MARK: Leader

    /// Makes a txn of what a learner forwards.
    func decide(_ operation: ForwardedRequest, authInfo: [AuthID], owner: UInt64) {
        operation.body.withUnsafeBytes { body in
            let request = WriteRequest(
                session: operation.session, owner: SessionOwner(rawValue: Int64(owner)), cxid: operation.cxid,
                op: operation.op, body: body, identities: authInfo, isLocal: isLocalElsewhere(operation.session))
            if operation.op == .createSession, body.count >= 4 {
                let timeout = Int32(bigEndian: body.loadUnaligned(as: Int32.self))
                sessions.track(operation.session, timeout: timeout, now: now)
            }
            propose(request, from: .none)
        }
    }

    /// A session goes on at the server that `owner` stands for. False when there is no such session any more.
    func claim(_ session: SessionID, timeout: Int32, owner: UInt64) -> Bool {
        guard sessions.touch(session, timeout: timeout, now: now) else { return false }
        sessions.setOwner(SessionOwner(rawValue: Int64(owner)), of: session)
        // Its client may have left this server for the other one.
        connectionsOfSession[session]?.close()
        return true
    }

    func touched(_ session: SessionID, timeout: Int32) { sessions.touch(session, timeout: timeout, now: now) }

    // MARK: The tree

    func replaceTree(by newTree: DataTree, configuration: EnsembleConfiguration) {
        preparer.reset(tree: tree)
        tree = newTree
        tree.replyLimit = settings.replyLimit
        tree.setConfiguration(Array(configuration.text.utf8), version: configuration.version, now: Clock.wall)
    }

    /// Loads the tree anew from the disk, behind everything that is being written.
    func reload(configuration: EnsembleConfiguration) {
        let (directory, options) = (directory, settings.recoveryOptions)
        let outcome = log.drain { () -> Reloaded in
            do throws(StorageError) { return Reloaded(.success(try directory.recover(options))) } catch {
                return Reloaded(.failure(error))
            }
        }
        switch outcome.result {
        case .success(let recovered):
            for note in recovered.notes { logger.warning("\(note)") }
            replaceTree(by: recovered.tree, configuration: configuration)
        case .failure(let error): logFailed(error)
        }
    }

    /// From the log thread to the loop, once.
    private struct Reloaded: @unchecked Sendable {
        let result: Result<Recovered, StorageError>
        init(_ result: Result<Recovered, StorageError>) { self.result = result }
    }
}

extension EnsembleMember {
    /// Learner: hands a write or sync of a client to the leader.
    func forward(_ request: WriteRequest, isSync: Bool = false) {
        let operation = ForwardedRequest(
            session: request.session, cxid: request.cxid, op: request.op,
            body: request.op == .closeSession ? [] : [UInt8](request.body))
        // createSession is the server's own and carries nobody, as Apache's.
        forward(operation, authInfo: request.op == .createSession ? nil : request.identities)
    }
}
