import Membership
import ZooKeeperProtocol

/// Synchronisation: every learner gets the leader's history; when a quorum has it, the leader serves (reference 8.6 to
/// 8.8).
extension Leader {
    mutating func synchroniseAll(_ epoch: Epoch, _ server: inout Server) {
        phase = .gathering(epoch, entered: [])
        acknowledge(.ownAckOfNewLeader, &server)
        for learner in learners { synchronise(learner.connection, &server) }
    }

    mutating func logRead(_ transactions: [Transaction]?, for connection: LinkID, _ server: inout Server) {
        guard case .readingLog = learners[connection]?.phase else { return }
        synchronise(connection, logged: transactions ?? [], &server)
    }

    /// Sends a learner that has promised the epoch this server's history and then NEWLEADER. From then on it hears all
    /// that follows: no commit can fall between, since all of this is one step.
    mutating func synchronise(_ connection: LinkID, logged: [Transaction]? = nil, _ server: inout Server) {
        guard let epoch = phase.epoch, let learner = learners[connection],
            let identity = learner.identity
        else {
            return
        }
        let zxid: ZXID
        switch learner.phase {
        case .promised(let last), .readingLog(let last): zxid = last
        case .greeting, .awaitingEpoch, .promising, .subscribed: return
        }
        let plan = SyncPlan(learner: zxid, history: server.history, options: server.options, logged: logged)
        var missed: [Transaction] = []
        switch plan {
        case .readLog(let from):
            learners.update(connection) { $0.phase = .readingLog(zxid) }
            server.effects.append(.readLog(from: from, for: connection))
            return
        case .diff(let last, let transactions):
            server.effects.append(.send(.diff(last), to: connection))
            missed = transactions
        case .truncate(let last, let transactions):
            server.effects.append(.send(.truncate(last), to: connection))
            missed = transactions
        case .snapshot:
            server.effects.append(.sendSnapshot(server.lastApplied, to: connection))
        }
        for transaction in missed {
            server.effects.append(.send(.proposal(transaction), to: connection))
            server.effects.append(.send(.commit(transaction.zxid), to: connection))
        }
        var sending = Broadcast.Sending.atOnce
        if case .serving(let broadcast) = phase { sending = broadcast.sending }
        if !identity.isObserver {
            for transaction in server.uncommitted.dropLast(sending.unsent) {
                server.effects.append(.send(.proposal(transaction), to: connection))
            }
        }
        let offered = sending.mayOfferProposed ? server.membership.lastSeen : server.membership.committed
        server.effects.append(.send(.newLeader(epoch, offered.text), to: connection))
        if server.rules.syncVoidsAcks { whileServing { broadcast, _ in broadcast.voidAcks(of: identity.server) } }
        let subscription = LearnerPeer.Subscription(
            stage: .synchronising(hears: server.rules.syncSubscribes), offered: offered.version)
        learners.update(connection) { $0.phase = .subscribed(subscription) }
    }

    /// ACK of NEWLEADER or of a proposal.
    mutating func ack(_ zxid: ZXID, from connection: LinkID, _ server: inout Server) -> Bool {
        guard let learner = learners[connection], let identity = learner.identity,
            let subscription = learner.subscription, let epoch = phase.epoch
        else { return false }
        switch subscription.stage {
        case .synchronising:
            guard zxid == ZXID(epoch: epoch, counter: 0) else {
                // 3.8.0 followers may ACK a txn before they ACK NEWLEADER. They have not entered the epoch yet and
                // could still lose the next election to a shorter log, so it counts only from then on (ZOOKEEPER-4685).
                // Each once, and only of what there is: so they cannot grow without end.
                if zxid > subscription.earlyAcks.last ?? .zero, zxid <= server.lastLogged {
                    learners.update(connection) { $0.updateSubscription { $0.earlyAcks.append(zxid) } }
                }
                return true
            }
            learners.update(connection) { learner in
                learner.updateSubscription { ($0.stage, $0.earlyAcks) = (.ready, []) }
            }
            if case .serving = phase {
                learners.sendUpToDate(to: connection, &server)
            } else if identity.hasVote(in: server) {
                countAckOfNewLeader(from: identity.server, &server)
            } else {
                serve(&server)
            }
            for zxid in subscription.earlyAcks where learners[connection] != nil {
                countAck(of: zxid, from: identity, &server)
            }
        case .ready, .serving:
            learners.noteAck(of: zxid, from: connection)
            countAck(of: zxid, from: identity, &server)
        }
        return true
    }

    mutating func countAckOfNewLeader(from sender: ServerID, _ server: inout Server) {
        guard case .gathering(let epoch, var entered) = phase else { return }
        entered.insert(sender)
        phase = .gathering(epoch, entered: entered)
        serve(&server)
    }

    /// Serves once a quorum has this server's history.
    private mutating func serve(_ server: inout Server) {
        guard case .gathering(let epoch, let entered) = phase else { return }
        guard server.isQuorum(entered) || !server.rules.servingNeedsQuorum else { return }
        phase = .serving(Broadcast(epoch, server))
        server.vote.peerEpoch = epoch
        server.effects.append(.become(.leading(epoch)))
        // A quorum of both configurations has it now: what a former leader began is complete.
        if let proposed = server.membership.proposed {
            whileServing { broadcast, _ in broadcast.complete(proposed, by: entered, &server) }
        }
        learners.sendUpToDate(&server)
    }
}

extension LearnerPeers {
    /// UPTODATE to all learners that have ACKed NEWLEADER.
    mutating func sendUpToDate(_ server: inout Server) {
        for learner in self where learner.subscription?.stage == .ready {
            sendUpToDate(to: learner.connection, &server)
        }
    }

    /// At UPTODATE a learner takes the configuration that NEWLEADER offered for committed, so UPTODATE waits for its
    /// commit. Apache does not wait, and its learner uses a configuration that may come to nothing.
    mutating func sendUpToDate(to connection: LinkID, _ server: inout Server) {
        guard let subscription = self[connection]?.subscription,
            subscription.offered <= server.membership.committed.version
        else { return }
        update(connection) { learner in
            learner.updateSubscription { ($0.stage, $0.heldCommits) = (.serving, []) }
        }
        server.effects.append(.send(.upToDate, to: connection))
        for commit in subscription.heldCommits { server.effects.append(.send(commit, to: connection)) }
    }
}
