import DataTree
import ZooKeeperProtocol

/// The tree and the clients through the changes of this server's role.
extension RequestPipeline {
    /// From now on clients are served so.
    package mutating func serve(_ newService: Service, epochStart zxid: ZXID = .zero) {
        service = newService
        epochStart = zxid
        readOnlyAt = .max
        if service == .leading { trackSessions() }
    }

    /// Starts to watch over every session of the tree, each with its whole timeout from now on.
    private mutating func trackSessions() {
        sessions = SessionTracker()
        for session in tree.sessions { sessions.track(session.id, timeout: session.timeout, now: now) }
    }

    /// There is no leader: clients must look for another server, and what is under way is forgotten; if it was
    /// committed, the next leader knows.
    mutating func stopServing() {
        // What is answered by now is sent: else the last writes that a stopping leader commits are never acknowledged.
        effects.append(.flush)
        service = .none
        epochStart = .zero
        readOnlyAt = .max
        proposals.removeAll()
        syncs.removeAll()
        renewals.removeAll()
        touchesOfClosed.removeAll()
        doomedContainers.removeAll()
        nextContainer = .max
        preparer.reset(tree: tree)
        sessions = SessionTracker()
        localSessions = sessions
        // They all close, and none of them goes on.
        for client in throttled { clients[client.place].isThrottled = false }
        throttled.removeAll()
        for client in orderedClients where clients[client.place].session != .none { close(client) }
    }

    /// A leader is known: who was served reads without one must ask again.
    mutating func endReadOnly() {
        readOnlyAt = .max
        if service == .readOnly { stopServing() }
    }

    /// Without a leader for a while, clients that asked for it may read what there is (`readonlymode.enabled`;
    /// reference 9.1).
    mutating func awaitLeader() {
        if let delay = options.readOnlyDelay { readOnlyAt = now + delay }
    }

    mutating func serveReadOnly() {
        log(.info, "no leader yet: serving read-only clients")
        serve(.readOnly)
    }

    mutating func removeOrphanedEphemerals() {
        let orphans = tree.removeOrphanedEphemerals()
        guard !orphans.isEmpty else { return }
        log(
            .warning,
            "removed ephemerals of sessions that do not exist: \(orphans.map(\.description).joined(separator: ", "))")
    }

    // MARK: The tree

    /// Another tree takes the place of this one: the leader's, or what a shorter log leaves.
    package mutating func replaceTree(by newTree: DataTree) {
        preparer.reset(tree: tree)
        tree = newTree
        tree.replyLimit = options.replyLimit
        showConfiguration()
    }

    /// The ensemble's configuration is this from now on, in this tree and in those that take its place.
    package mutating func configure(_ text: String, version: Int64) {
        configuration = (Array(text.utf8), version)
        // A txn may have brought it there.
        if tree.configurationVersion != version { showConfiguration() }
    }

    package mutating func showConfiguration() {
        guard let configuration else { return }
        tree.setConfiguration(configuration.text, version: configuration.version, now: wall)
    }
}
