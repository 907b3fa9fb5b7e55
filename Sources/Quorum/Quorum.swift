import DequeModule
import Membership
import ZooKeeperProtocol

/// One server of an ensemble as the others see it: it looks for a leader, then leads, follows or observes, and looks
/// again when that ends (Apache's `QuorumPeer`).
///
/// A value without sockets, files, clocks, threads or random numbers: the same inputs at the same times give the same
/// effects. The shell calls `step` with whatever happens, then carries out one `nextEffect()` after the other until
/// there is none, then waits for the next thing or for `nextDeadline`.
///
/// One input at a time, and all its effects before the next: the core sees to that itself. What is put in while effects
/// are still to be carried out waits for them. A leader that looked at a learner's `sync` before the write in front of
/// it has become a proposal would answer the sync first. Only inputs that answer an effect (`prepare` with `propose`)
/// are taken at once.
///
/// Docs/quorum.md draws the states of a server and of its roles.
package struct Quorum: Sendable {
    enum Role: Sendable {
        /// Before `start`.
        case idle
        case looking(Election)
        case leading(Leader)
        /// Follows or observes.
        case learning(Learner)
        /// After `shutDown`.
        case stopped
        /// While a method of the payload runs on the only copy of it; never seen by a method.
        case moved
    }

    private var server: Server
    private(set) var role = Role.idle
    /// Learners that connected before this server knew whether it leads, with the packet that they may have sent.
    private var early: [(connection: LinkID, packet: QuorumPacket?)] = []
    /// Observers that asked who leads during an election: they are told when it is over.
    private var askers: ServerSet = []
    /// The newest that each server said before this one was started.
    private var saidEarly: [ServerID: Notification] = [:]
    /// Inputs that came before all effects of an earlier one were carried out, and when they came.
    private var waiting: Deque<(input: Input, now: Milliseconds)> = []
    /// Whether every effect of every input taken so far has been carried out.
    private var isSettled = true

    /// - Parameters:
    ///   - configuration: the one in force when the server stopped: zoo.cfg's, with the version of its dynamic file.
    ///   - proposed: what `Write.proposedConfiguration` left (`<zoo.cfg>.dynamic.next`).
    package init(
        id: ServerID, configuration: EnsembleConfiguration, proposed: EnsembleConfiguration? = nil,
        options: QuorumOptions = QuorumOptions(), recovered: RecoveredState = RecoveredState()
    ) {
        server = Server(id: id, membership: JointConfiguration(configuration), options: options, recovered: recovered)
        if options.reconfigEnabled, let proposed { server.recover(proposed) }
    }

    // MARK: What the shell sees

    package var id: ServerID { server.id }
    package var options: QuorumOptions { server.options }
    package var membership: JointConfiguration { server.membership }
    package var acceptedEpoch: Epoch { server.acceptedEpoch }
    package var currentEpoch: Epoch { server.currentEpoch }
    package var lastLogged: ZXID { server.lastLogged }
    package var lastApplied: ZXID { server.lastApplied }
    /// The oldest txns that are logged and will be applied when they are committed, at most `count`.
    package func uncommitted(first count: Int) -> some Sequence<Transaction> { server.uncommitted.prefix(count) }

    /// The next thing to do; nil when all inputs are dealt with. To ask for it means that the effect before is carried
    /// out.
    package mutating func nextEffect() -> Effect? {
        while server.effects.isEmpty {
            guard let next = waiting.popFirst() else {
                isSettled = true
                return nil
            }
            handle(next.input, now: next.now)
        }
        isSettled = false
        return server.effects.removeFirst()
    }

    /// The zxid for the txn of the next `propose`; nil when this server does not lead.
    ///
    /// Stored, as `nextDeadline` is: both are read at every step, and a look into the role would copy it.
    package private(set) var nextZXID: ZXID?

    /// When `tick` must be put in at the latest.
    package private(set) var nextDeadline = Milliseconds.max

    /// What becomes of a client's reconfig, to be asked when `Effect.prepare` brings one (reference 2.18): propose a
    /// txn of type 16 with the text of what is accepted, at `nextZXID`; or one with the error. The checks of the switch
    /// (-123), of the session before and of the ACL behind it are the shell's.
    package func reconfiguration(_ request: ReconfigRequest) -> Reconfiguration {
        guard case .leading(let leader) = role, let zxid = nextZXID else { return .refused(.unimplemented) }
        return leader.reconfiguration(request, at: zxid, server)
    }

    package var status: Status {
        switch role {
        case .idle, .moved: .looking(.started)
        case .looking: .looking(lastDeparture)
        case .leading(let leader): leader.status
        case .learning(let learner): learner.status
        case .stopped: .stopped
        }
    }

    /// The learners of a server that leads, or prepares to.
    package var learners: [LearnerStatus] {
        if case .leading(let leader) = role { leader.learners.compactMap(\.status) } else { [] }
    }

    private var lastDeparture = Departure.started

    // MARK: Steps

    /// Takes in one thing that happened, now or when its turn comes. `now` must not go back.
    package mutating func step(_ input: Input, now: Milliseconds) {
        guard isSettled || input.answersEffect || !server.rules.inputsAwaitEffects else {
            waiting.append((input, now))
            return
        }
        handle(input, now: now)
        if !server.effects.isEmpty { isSettled = false }
    }

    private mutating func handle(_ input: Input, now: Milliseconds) {
        server.now = max(server.now, now)
        switch input {
        case .durable(let ticket):
            server.markDurable(ticket)
        case .notification(let notification, let sender):
            server.unreachable.remove(sender)
            if case .idle = role {
                if saidEarly.count < Self.mostEarly { saidEarly[sender] = notification }
                return
            }
            answer(notification, from: sender)
        case .dataDiffers:
            server.distrust()
        case .unreachable(let peer):
            server.unreachable.insert(peer)
            // The next process on that address has heard no answer yet.
            server.replies[peer] = nil
        case .start, .tick, .connected, .connectFailed, .accepted, .packet, .snapshotArrived, .disconnected, .logRead,
            .request, .propose, .revalidate, .revalidated, .touch, .askForTouches, .shutDown:
            break
        }
        take(input)
        while let departure = server.takeDeparture() {
            leave(departure.reason, successor: departure.successor)
            updateOutlook()
        }
        if case .start = input {
            for (sender, notification) in saidEarly.sorted(by: { $0.key < $1.key }) {
                waiting.append((.notification(notification, from: sender), now))
            }
            saidEarly = [:]
        }
    }

    /// More servers than an ensemble has, whoever calls.
    private static let mostEarly = 1000

    private mutating func take(_ input: Input) {
        var current = Role.moved
        swap(&current, &role)
        switch consume current {
        case .idle:
            role = .idle
            if case .start = input { beginLooking(because: .started) }
            // A peer that came before the start tries again.
            if case .accepted(let connection) = input { close(connection) }
            updateOutlook()
        case .stopped:
            role = .stopped
            if case .accepted(let connection) = input { close(connection) }
            if case .connected(let connection, _) = input { close(connection) }
        case .looking(let election):
            look(input, election)
            updateOutlook()
        case .leading(var leader):
            lead(input, &leader)
            updateOutlook(leader)
            role = .leading(consume leader)
        case .learning(var learner):
            learn(input, &learner)
            updateOutlook(learner)
            role = .learning(consume learner)
        case .moved:
            break
        }
    }

    /// Sets `nextZXID` and `nextDeadline`.
    private mutating func updateOutlook() {
        switch role {
        case .looking(let election): (nextZXID, nextDeadline) = (nil, election.deadline)
        case .leading(let leader): updateOutlook(leader)
        case .learning(let learner): updateOutlook(learner)
        case .idle, .stopped, .moved: (nextZXID, nextDeadline) = (nil, .max)
        }
    }

    private mutating func updateOutlook(_ leader: borrowing Leader) {
        (nextZXID, nextDeadline) = (leader.nextZXID(server), leader.deadline(server))
    }

    private mutating func updateOutlook(_ learner: borrowing Learner) {
        (nextZXID, nextDeadline) = (nil, learner.deadline(server))
    }

    private mutating func look(_ input: Input, _ old: Election) {
        var election = old
        var winner: Vote?
        switch input {
        case .tick, .unreachable:
            winner = election.tick(&server)
        case .notification(let notification, let sender):
            if server.adopt(notification.config, from: sender) {
                // The voters have changed: from the beginning.
                election = Election(&server)
            }
            winner = election.receive(notification, from: sender, &server)
        case .accepted(let connection):
            early.append((connection, nil))
        case .packet(let packet, let connection):
            if let index = early.firstIndex(where: { $0.connection == connection }) {
                if early[index].packet == nil {
                    early[index].packet = packet
                } else {
                    early.remove(at: index)
                    close(connection)
                }
            }
        case .disconnected(let connection):
            early.removeAll { $0.connection == connection }
        case .connected(let connection, _):
            close(connection)
        case .shutDown:
            role = .looking(election)
            server.leave(.shutDown)
            return
        case .start, .connectFailed, .snapshotArrived, .durable, .logRead, .request, .propose, .revalidate,
            .revalidated, .touch, .askForTouches, .dataDiffers:
            break
        }
        role = .looking(election)
        if let winner { settle(winner) }
    }

    private mutating func lead(_ input: Input, _ leader: inout Leader) {
        switch input {
        case .tick: leader.tick(&server)
        case .accepted(let connection): leader.accepted(connection, &server)
        case .packet(let packet, let connection): leader.receive(packet, from: connection, &server)
        case .disconnected(let connection): leader.disconnected(connection, &server)
        case .durable: leader.durable(&server)
        case .logRead(let transactions, let connection): leader.logRead(transactions, for: connection, &server)
        case .request(let request): leader.request(request, from: .ownClient, &server)
        case .propose(let transaction): leader.propose(transaction, &server)
        case .revalidated(let session, let isValid, let connection):
            leader.revalidated(session, isValid: isValid, for: connection, &server)
        case .connected(let connection, _): close(connection)
        case .notification(let notification, let sender): leader.notification(notification, from: sender, &server)
        case .shutDown: leader.shutDown(&server)
        case .askForTouches: leader.askForTouches(&server)
        case .start, .unreachable, .connectFailed, .snapshotArrived, .revalidate, .touch, .dataDiffers: break
        }
    }

    private mutating func learn(_ input: Input, _ learner: inout Learner) {
        switch input {
        case .tick: learner.tick(&server)
        case .connected(let connection, let peer): learner.connected(connection, to: peer, &server)
        case .connectFailed(let peer): learner.connectFailed(to: peer, &server)
        case .packet(let packet, let connection): learner.receive(packet, from: connection, &server)
        case .snapshotArrived(let connection): learner.snapshotArrived(on: connection, &server)
        case .disconnected(let connection): learner.disconnected(connection, &server)
        case .durable: learner.durable(&server)
        case .request(let request): learner.request(request, &server)
        case .revalidate(let session, let timeout): learner.revalidate(session, timeout: timeout, &server)
        case .touch(let session, let timeout): learner.touch(session, timeout: timeout)
        case .accepted(let connection): close(connection)
        case .notification(let notification, let sender): learner.notification(notification, from: sender, &server)
        case .unreachable(let peer): learner.unreachable(peer, &server)
        case .shutDown: server.leave(.shutDown)
        case .start, .logRead, .propose, .revalidated, .askForTouches, .dataDiffers: break
        }
    }

    private mutating func close(_ connection: LinkID) {
        server.effects.append(.close(connection, because: .notLeading))
    }

    // MARK: Changes of role

    private mutating func beginLooking(because reason: Departure, successor: ServerID? = nil) {
        lastDeparture = reason
        server.effects.append(.become(.looking(reason)))
        if server.rules.votesForWholeLog || server.uncommitted.isEmpty {
            server.commitAll()
        } else {
            server.truncate(to: server.lastApplied)
        }
        if let successor {
            settle(Vote(leader: successor, zxid: server.lastLogged, peerEpoch: server.currentEpoch))
            return
        }
        var election = Election(&server)
        let winner = election.tick(&server)
        role = .looking(election)
        if let winner { settle(winner) }
    }

    private mutating func settle(_ winner: Vote) {
        server.vote = winner
        server.voteRound = server.round
        let waiting = early
        early = []
        if winner.leader == server.id {
            var leader = Leader(&server)
            server.effects.append(.become(leader.status))
            for learner in waiting {
                leader.accepted(learner.connection, &server)
                if let packet = learner.packet { leader.receive(packet, from: learner.connection, &server) }
            }
            role = .leading(consume leader)
        } else {
            for learner in waiting { close(learner.connection) }
            let learner = Learner(leader: winner.leader, kind: server.learnerKind, &server)
            server.effects.append(.become(learner.status))
            role = .learning(consume learner)
        }
        for asker in askers { tell(asker, round: server.round) }
        askers = []
    }

    private mutating func leave(_ departure: Departure, successor: ServerID?) {
        switch role {
        case .leading(let leader): leader.end(&server)
        case .learning(let learner): learner.end(&server)
        case .looking:
            for learner in early { close(learner.connection) }
            early = []
        case .idle, .stopped, .moved: break
        }
        if departure == .shutDown {
            role = .stopped
            server.effects.append(.become(.stopped))
        } else {
            beginLooking(because: departure, successor: successor)
        }
    }

    // MARK: Notifications

    /// Answers servers that look for a leader (reference 7.4). What the notification means for this server's vote is
    /// `Election`'s.
    private mutating func answer(_ notification: Notification, from sender: ServerID) {
        if case .stopped = role { return }
        guard server.membership.voters.contains(sender) else {
            // A server that has found its leader needs no answer: two that answer each other would never stop.
            guard notification.state == .looking else { return }
            tell(sender, round: server.round)
            if case .looking = role { askers.insert(sender) }
            return
        }
        if case .looking = role { return }
        if notification.state == .looking { tell(sender, round: server.voteRound) }
    }

    private mutating func tell(_ peer: ServerID, round: Int64) {
        server.reply(server.vote, round: round, state: peerState, to: peer)
    }

    private var peerState: ServerState {
        switch role {
        case .leading: .leading
        case .learning(let learner): learner.kind == .follower ? .following : .observing
        case .idle, .looking, .stopped, .moved: .looking
        }
    }
}
