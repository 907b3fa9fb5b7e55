import Membership
import ZooKeeperProtocol

/// A server that won an election: agrees with a quorum on a new epoch, gives every learner its history, then proposes
/// and commits (reference 8.4 to 8.13; Apache's `Leader` and `LearnerHandler`).
///
/// The handler of a packet has the packet's name, and returns false when that packet must not come now. Docs/quorum.md
/// draws the states.
struct Leader: Sendable {
    /// Each phase has what exists only in it.
    enum Phase: Sendable {
        /// Collects acceptedEpochs until it knows those of a quorum. A learner need not stay connected to count.
        case discovering(known: ServerSet, highestAccepted: Epoch)
        /// The new epoch is decided; learners are told once it is on disk. `before`: the acceptedEpoch until then.
        case storing(Epoch, before: Epoch)
        /// LEADERINFO is out; collects promises.
        case agreeing(Epoch, promised: ServerSet)
        /// A quorum has promised. Left at once, but while a reconfig is proposed only when currentEpoch is on disk: a
        /// learner that entered the epoch earlier, and may not lead before the commit, could be ahead of all servers
        /// that may.
        case entering(Epoch)
        /// Learners get this server's history; collects ACKs of NEWLEADER.
        case gathering(Epoch, entered: ServerSet)
        case serving(Broadcast)
    }

    /// What waits for the disk.
    enum Held: Sendable {
        case leaderInfo(Epoch)
        case synchronisation(Epoch)
        case ownAckOfNewLeader
        case ownAck(ZXID)
    }

    var phase: Phase
    var learners = LearnerPeers()
    var held = HeldBack<Held>()
    /// When a leader that does not serve by then gives up.
    private let giveUpAt: Milliseconds

    init(_ server: inout Server) {
        phase = .discovering(
            known: [server.id], highestAccepted: max(server.acceptedEpoch, server.highestRefused))
        giveUpAt = server.now + server.options.initTimeout
        decideEpoch(&server)
    }

    var status: Quorum.Status {
        if case .serving(let broadcast) = phase { .leading(broadcast.epoch) } else { .preparingToLead }
    }

    /// The zxid of the next txn; nil when none is taken.
    func nextZXID(_ server: Server) -> ZXID? {
        if case .serving(let broadcast) = phase { broadcast.nextZXID(server) } else { nil }
    }

    func deadline(_ server: Server) -> Milliseconds {
        if case .serving(let broadcast) = phase { broadcast.deadline } else { giveUpAt }
    }

    /// Changes what a leader that serves has; nil, and no change, before.
    @discardableResult
    mutating func whileServing<Result>(_ change: (inout Broadcast, inout LearnerPeers) -> Result) -> Result? {
        guard case .serving(var broadcast) = phase else { return nil }
        // There must be one copy of it, else a change copies its queue.
        phase = .entering(broadcast.epoch)
        defer { phase = .serving(broadcast) }
        return change(&broadcast, &learners)
    }

    // MARK: Connections

    mutating func accepted(_ connection: LinkID, _ server: inout Server) {
        learners.append(LearnerPeer(connection, now: server.now))
    }

    mutating func disconnected(_ connection: LinkID, _ server: inout Server) {
        guard learners.remove(connection) else { return }
        whileServing { $0.endHandover($1, &server) }
    }

    mutating func close(_ connection: LinkID, because reason: Quorum.CloseReason, _ server: inout Server) {
        guard learners.remove(connection) else { return }
        server.effects.append(.close(connection, because: reason))
    }

    // MARK: Packets

    mutating func receive(_ packet: QuorumPacket, from connection: LinkID, _ server: inout Server) {
        guard learners.noteHeard(connection, at: server.now) else { return }
        let isExpected =
            switch packet.type {
            case .followerInfo, .observerInfo: followerInfo(packet, from: connection, &server)
            case .ackEpoch: ackEpoch(packet, from: connection, &server)
            case .ack: ack(packet.zxid, from: connection, &server)
            case .ping: ping(packet, &server)
            case .request: request(packet, from: connection, &server)
            case .revalidate: revalidate(packet, from: connection, &server)
            case .proposal, .commit, .sync, .inform, .commitAndActivate, .newLeader, .upToDate, .diff, .trunc, .snap,
                .leaderInfo, .informAndActivate:
                false
            // From a newer version: ignored, as Apache does.
            default: true
            }
        if !isExpected { close(connection, because: .notExpected(packet.type), &server) }
    }

    // MARK: The disk

    mutating func durable(_ server: inout Server) {
        while let action = held.next(server) { release(action, &server) }
        whileServing { $0.sendHeldBack(&$1, &server) }
    }

    private mutating func release(_ action: Held, _ server: inout Server) {
        switch action {
        case .leaderInfo(let epoch): sendLeaderInfo(epoch, &server)
        case .synchronisation(let epoch): synchroniseAll(epoch, &server)
        case .ownAckOfNewLeader: countAckOfNewLeader(from: server.id, &server)
        case .ownAck(let zxid): whileServing { $0.countAck(of: zxid, from: server.id, &$1, &server) }
        }
    }

    /// Counts this server itself, once its disk has what it ACKs.
    mutating func acknowledge(_ own: Held, _ server: inout Server) {
        if server.rules.ownAckAwaitsDisk { held.hold(own, for: server) } else { release(own, &server) }
    }

    // MARK: Time and the end

    mutating func tick(_ server: inout Server) {
        for (connection, reason) in learners.overdue(server) { close(connection, because: reason, &server) }
        guard case .serving(let broadcast) = phase else {
            if server.now >= giveUpAt { server.leave(.noQuorumInTime(progress)) }
            return
        }
        broadcast.endDrain(&server)
        broadcast.endHandover(learners, &server)
        heartbeat(&server)
    }

    private var progress: Quorum.LeaderProgress {
        switch phase {
        case .discovering: .awaitingLearners
        case .storing(let epoch, _), .agreeing(let epoch, _): .awaitingPromises(epoch)
        case .entering(let epoch), .gathering(let epoch, _): .awaitingNewLeaderAcks(epoch)
        case .serving(let broadcast): .awaitingNewLeaderAcks(broadcast.epoch)
        }
    }

    /// Takes nothing new and commits what is outstanding, then ends.
    mutating func shutDown(_ server: inout Server) {
        let drains = whileServing { broadcast, _ in broadcast.shutDown(server) }
        if drains != true { server.leave(.shutDown) }
    }

    func end(_ server: inout Server) {
        // No learner was told of this epoch. If it stayed, a server whose disk is too slow to lead would go up by one
        // at each try, and refuse every leader of an epoch below.
        if case .storing(_, let before) = phase { server.takeBackAcceptedEpoch(to: before) }
        for learner in learners { server.effects.append(.close(learner.connection, because: .roleEnded)) }
    }
}

extension Leader.Phase {
    /// The new epoch, once it is decided.
    var epoch: Epoch? {
        switch self {
        case .discovering: nil
        case .storing(let epoch, _), .agreeing(let epoch, _), .entering(let epoch), .gathering(let epoch, _): epoch
        case .serving(let broadcast): broadcast.epoch
        }
    }
}
