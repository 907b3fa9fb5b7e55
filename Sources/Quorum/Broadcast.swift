import DequeModule
import Diagnostics
import Membership
import ZooKeeperProtocol

/// What a leader has once it serves: whether it takes requests, the proposals that are not committed, whether followers
/// hear of them at once, and its heartbeat. Docs/quorum.md draws the states.
struct Broadcast: Sendable {
    /// A proposal that is not committed; its txn is at the same place of `Server.uncommitted`.
    private struct Outstanding: Sendable {
        var zxid: ZXID
        var acks: ServerSet = []
        /// Syncs to be answered behind its commit.
        var syncs: [Quorum.Origin] = []
    }

    /// Whether proposals go to the followers when they are made. What is proposed behind a reconfig waits until that is
    /// in force. Else a server that the reconfig makes a voter, and that may not lead before, could alone have the
    /// newest txn: every server that may lead would need its ACK and be behind it.
    enum Sending: Sendable {
        case atOnce
        /// A reconfig has been sent and is not committed. The last `unsent` proposals, those behind it, wait.
        case awaitsCommit(unsent: Int)
        /// The configuration in force is on this server's disk when the ticket is. The last `unsent` proposals wait,
        /// among them the next reconfig if there is one.
        case awaitsDisk(WriteTicket, unsent: Int)

        var unsent: Int {
            switch self {
            case .atOnce: 0
            case .awaitsCommit(let unsent), .awaitsDisk(_, let unsent): unsent
            }
        }

        /// Whether NEWLEADER may offer the proposed configuration: not while its txn waits.
        var mayOfferProposed: Bool {
            switch self {
            case .atOnce, .awaitsCommit: true
            case .awaitsDisk: false
            }
        }
    }

    /// Whether requests are taken.
    enum Intake: Sendable {
        case open
        case draining(Drain)
        case handingOver(Handover)
    }

    /// Nothing new is taken; the role ends when all is committed or at `until`.
    struct Drain: Sendable {
        var until: Milliseconds
        /// True: the server stops. False: the epoch has no more zxids.
        var isShutDown: Bool
    }

    /// A reconfig that was committed names another leader. Nothing more is committed. The learners leave when they have
    /// heard of it; if their connections were closed at once, the news could be lost.
    struct Handover: Sendable {
        /// Nil: an election is held.
        var successor: ServerID?
        var until: Milliseconds
        /// Whether it was draining when the reconfig was committed; that may end the role earlier.
        var drain: Drain?
    }

    let epoch: Epoch
    private(set) var sending = Sending.atOnce
    private(set) var intake = Intake.open
    private var outstanding: Deque<Outstanding> = []
    /// A leader pings twice a tick, and looks at its quorum at every second ping (reference 8.10).
    private var heartbeat: (next: Milliseconds, isSecond: Bool)

    init(_ epoch: Epoch, _ server: Server) {
        self.epoch = epoch
        heartbeat = (server.now + server.options.tickTime / 2, false)
    }

    /// The zxid of the next txn; nil when none is taken, or the epoch has no more (reference 8.15).
    func nextZXID(_ server: Server) -> ZXID? {
        guard case .open = intake else { return nil }
        let last = lastProposed(server)
        return last.counter < UInt32.max - 1 ? last.next : nil
    }

    private func lastProposed(_ server: Server) -> ZXID { max(server.lastLogged, ZXID(epoch: epoch, counter: 0)) }

    var deadline: Milliseconds {
        switch intake {
        case .open: heartbeat.next
        case .draining(let drain): min(drain.until, heartbeat.next)
        case .handingOver(let handover): handover.until
        }
    }

    // MARK: Requests and proposals

    mutating func request(
        _ request: Quorum.Request, from origin: Quorum.Origin, _ learners: LearnerPeers, _ server: inout Server
    ) {
        guard case .open = intake else { return }
        if request.operation.op != .sync {
            server.effects.append(.prepare(request, from: origin))
        } else if outstanding.isEmpty || !server.rules.syncAwaitsProposals {
            learners.sendSync(to: origin, &server)
        } else {
            outstanding[outstanding.endIndex - 1].syncs.append(origin)
        }
    }

    mutating func propose(_ transaction: Transaction, _ learners: inout LearnerPeers, _ server: inout Server) {
        server.log(transaction)
        outstanding.append(Outstanding(zxid: transaction.zxid))
        switch sending {
        case .atOnce:
            learners.sendProposal(transaction, &server)
            if server.membership.proposed != nil { sending = .awaitsCommit(unsent: 0) }
        case .awaitsCommit(let unsent):
            sending = .awaitsCommit(unsent: unsent + 1)
        case .awaitsDisk(let ticket, let unsent):
            sending = .awaitsDisk(ticket, unsent: unsent + 1)
        }
        if nextZXID(server) == nil { beginDrain(isShutDown: false, server) }
    }

    /// Sends what waited for the configuration in force to be on disk, up to and with the next reconfig. What is behind
    /// that one waits for it.
    mutating func sendHeldBack(_ learners: inout LearnerPeers, _ server: inout Server) {
        guard case .awaitsDisk(let ticket, let unsent) = sending, server.isDurable(ticket) else { return }
        var due = server.uncommitted.suffix(unsent)
        sending = .atOnce
        if let proposed = server.membership.proposed,
            let place = due.firstIndex(where: { $0.configuration?.version == proposed.version })
        {
            due = due[...place]
            sending = .awaitsCommit(unsent: unsent - due.count)
        }
        for transaction in due { learners.sendProposal(transaction, &server) }
        commitAcknowledged(&learners, &server)
    }

    // MARK: ACKs and commits

    /// What a learner ACKed over an earlier connection no longer stands: TRUNC or SNAP takes it off its disk until it
    /// has logged the proposals that follow once more. Counting it meanwhile could lose a committed txn.
    mutating func voidAcks(of learner: ServerID) {
        for place in outstanding.indices { outstanding[place].acks.remove(learner) }
    }

    mutating func countAck(
        of zxid: ZXID, from sender: ServerID, _ learners: inout LearnerPeers, _ server: inout Server
    ) {
        // Late ACKs of what is committed, and the second ACK of NEWLEADER, are usual.
        guard let first = outstanding.first, zxid >= first.zxid else { return }
        let place = Int(zxid.rawValue - first.zxid.rawValue)
        guard place < outstanding.count else { return }
        outstanding[place].acks.insert(sender)
        commitAcknowledged(&learners, &server)
    }

    private mutating func commitAcknowledged(_ learners: inout LearnerPeers, _ server: inout Server) {
        while outstanding.count > sending.unsent, server.isQuorum(outstanding[0].acks) {
            if case .handingOver = intake { return }
            commit(&learners, &server)
        }
    }

    private mutating func commit(_ learners: inout LearnerPeers, _ server: inout Server) {
        let done = outstanding.removeFirst()
        guard let transaction = server.uncommitted.first else { return }
        invariant(
            transaction.zxid == done.zxid, "server \(server.id): commits \(done.zxid), logged \(transaction.zxid)")
        if server.options.reconfigEnabled, let configuration = transaction.configuration {
            commit(configuration, of: transaction, ackedBy: done.acks, &learners, &server)
        } else {
            learners.sendCommit(.commit(done.zxid), inform: .inform(transaction), &server)
            server.commitNext()
        }
        for origin in done.syncs { learners.sendSync(to: origin, &server) }
        if let drain, outstanding.isEmpty { leave(drain, &server) }
    }

    // MARK: Reconfiguration

    /// Commits a reconfig and puts it in force; hands over if it names another leader (reference 8.17).
    private mutating func commit(
        _ configuration: EnsembleConfiguration, of transaction: Transaction, ackedBy acks: ServerSet,
        _ learners: inout LearnerPeers, _ server: inout Server
    ) {
        let designated = leader(of: configuration, ackedBy: acks, server)
        learners.sendCommit(
            .commitAndActivate(transaction.zxid, leader: designated),
            inform: .informAndActivate(transaction, leader: designated), &server)
        server.commitNext()
        putInForce(configuration, &server)
        learners.sendUpToDate(&server)
        if designated != server.id { handOver(to: designated, server) }
    }

    /// Puts a reconfig in force that a former leader proposed. `entered`, a quorum of both configurations, have it.
    mutating func complete(_ configuration: EnsembleConfiguration, by entered: ServerSet, _ server: inout Server) {
        let designated = leader(of: configuration, ackedBy: entered, server)
        putInForce(configuration, &server)
        // At UPTODATE the learners see that their leader may not lead any more, and hold an election.
        if designated != server.id { handOver(to: nil, server) }
    }

    private mutating func putInForce(_ configuration: EnsembleConfiguration, _ server: inout Server) {
        server.activate(configuration)
        sending = .awaitsDisk(server.lastTicket, unsent: sending.unsent)
    }

    /// The leader that a reconfig names: this server if it is a voter at the same address, else the voter that ACKed
    /// most of what is outstanding behind the reconfig (Apache's `getDesignatedLeader`).
    private func leader(
        of configuration: EnsembleConfiguration, ackedBy acks: ServerSet, _ server: Server
    ) -> ServerID {
        let (before, after) = (server.membership.committed.server(server.id), configuration.server(server.id))
        if let after, after.isVoter, before?.quorumAddress == after.quorumAddress { return server.id }
        var candidates = configuration.voters.filter { $0 != server.id && acks.contains($0) }
        for later in outstanding {
            let better = candidates.filter { later.acks.contains($0) }
            if better.isEmpty { break }
            candidates = better
        }
        return candidates.first ?? server.id
    }

    // MARK: The end

    private var drain: Drain? {
        switch intake {
        case .open: nil
        case .draining(let drain): drain
        case .handingOver(let handover): handover.drain
        }
    }

    private mutating func beginDrain(isShutDown: Bool, _ server: Server) {
        intake = .draining(Drain(until: server.now + server.options.tickTime, isShutDown: isShutDown))
    }

    private func leave(_ drain: Drain, _ server: inout Server) {
        server.leave(drain.isShutDown ? .shutDown : .zxidsExhausted(epoch))
    }

    private mutating func handOver(to successor: ServerID?, _ server: Server) {
        intake = .handingOver(
            Handover(successor: successor, until: server.now + server.options.tickTime, drain: drain))
    }

    /// False when nothing can still be committed, so that the role may end at once.
    mutating func shutDown(_ server: Server) -> Bool {
        if case .handingOver = intake { return false }
        if outstanding.isEmpty { return false }
        beginDrain(isShutDown: true, server)
        return true
    }

    func endDrain(_ server: inout Server) {
        if let drain, server.now >= drain.until { leave(drain, &server) }
    }

    func endHandover(_ learners: LearnerPeers, _ server: inout Server) {
        guard case .handingOver(let handover) = intake else { return }
        if server.now >= handover.until || learners.areGone {
            server.leave(.configurationChanged, successor: handover.successor)
        }
    }

    // MARK: Heartbeat

    /// PINGs the learners if it is time; true when it is also time to look at the quorum.
    mutating func ping(_ learners: LearnerPeers, _ server: inout Server) -> Bool {
        guard server.now >= heartbeat.next else { return false }
        sendPings(learners, &server)
        defer { heartbeat.isSecond.toggle() }
        heartbeat.next = server.now + server.options.tickTime / 2
        return heartbeat.isSecond
    }

    func sendPings(_ learners: LearnerPeers, _ server: inout Server) {
        for learner in learners where learner.subscription != nil {
            server.effects.append(.send(.ping(lastProposed(server)), to: learner.connection))
        }
    }
}
