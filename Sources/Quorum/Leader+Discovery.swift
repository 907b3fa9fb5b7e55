import Membership
import ZooKeeperProtocol

/// Discovery: a quorum of voters agrees on an epoch that is above all they have accepted (reference 8.4, 8.5).
extension Leader {
    /// FOLLOWERINFO or OBSERVERINFO.
    mutating func followerInfo(_ packet: QuorumPacket, from connection: LinkID, _ server: inout Server) -> Bool {
        guard case .greeting = learners[connection]?.phase, let info = packet.learnerInfo else { return false }
        if server.options.membersOnly, !server.membership.contains(info.server) {
            close(connection, because: .noMember(info.server), &server)
            return true
        }
        if info.configVersion > server.membership.committed.version {
            close(connection, because: .newerConfiguration, &server)
            if server.options.reconfigEnabled, server.membership.voters.contains(info.server) {
                switch phase {
                // Before it serves, a leader learns the newer configuration only by looking again.
                case .discovering, .storing, .agreeing, .entering: server.leave(.configurationChanged)
                case .gathering, .serving: break
                }
            }
            return true
        }
        let identity = LearnerPeer.Identity(server: info.server, isObserver: packet.type == .observerInfo)
        if let older = learners.first(where: { $0.identity?.server == info.server }) {
            close(older.connection, because: .replacedByNewerConnection, &server)
        }
        learners.update(connection) { learner in
            learner.identity = identity
            learner.phase = .awaitingEpoch
        }
        let accepted = packet.zxid.epoch
        if let epoch = phase.epoch, accepted > epoch, identity.belongs(to: server) {
            // It can join in a later epoch only. For a server that is in no configuration the leader does not give up
            // its own.
            server.highestRefused = max(server.highestRefused, accepted)
            server.leave(.higherEpochPromised(accepted, by: info.server))
            return true
        }
        switch phase {
        case .discovering(var known, var highestAccepted):
            if identity.belongs(to: server) { highestAccepted = max(highestAccepted, accepted) }
            if identity.hasVote(in: server) { known.insert(info.server) }
            phase = .discovering(known: known, highestAccepted: highestAccepted)
            decideEpoch(&server)
        case .storing:
            // It is told once the epoch is on disk.
            break
        case .agreeing, .entering, .gathering, .serving:
            sendLeaderInfo(to: connection, &server)
        }
        return true
    }

    /// Before a quorum has joined, a better vote ends the role: the election did not wait for servers that could not be
    /// reached, and one of them has just come. Else this server and the one it votes for would both wait for a quorum
    /// until initLimit.
    mutating func notification(_ notification: Notification, from sender: ServerID, _ server: inout Server) {
        guard case .discovering = phase, notification.state == .looking,
            notification.electionEpoch >= server.voteRound, server.membership.voters.contains(sender),
            server.membership.voters.contains(notification.leader)
        else { return }
        let vote = Vote(notification)
        if server.prefers(vote, to: server.vote) { server.leave(.betterVote(vote.leader, from: sender)) }
    }

    mutating func decideEpoch(_ server: inout Server) {
        guard case .discovering(let known, let highestAccepted) = phase, server.isQuorum(known) else { return }
        let epoch = server.rules.newEpoch(above: highestAccepted)
        phase = .storing(epoch, before: server.acceptedEpoch)
        server.storeAcceptedEpoch(epoch)
        held.hold(.leaderInfo(epoch), for: server)
    }

    /// LEADERINFO to all learners that wait for it.
    mutating func sendLeaderInfo(_ epoch: Epoch, _ server: inout Server) {
        phase = .agreeing(epoch, promised: [server.id])
        for learner in learners {
            if case .awaitingEpoch = learner.phase { sendLeaderInfo(to: learner.connection, &server) }
        }
        enterEpoch(&server)
    }

    private mutating func sendLeaderInfo(to connection: LinkID, _ server: inout Server) {
        guard let epoch = phase.epoch else { return }
        learners.update(connection) { $0.phase = .promising }
        server.effects.append(.send(.leaderInfo(epoch), to: connection))
    }

    mutating func ackEpoch(_ packet: QuorumPacket, from connection: LinkID, _ server: inout Server) -> Bool {
        guard let learner = learners[connection], case .promising = learner.phase, let identity = learner.identity,
            let promise = packet.promise
        else { return false }
        learners.update(connection) { $0.phase = .promised(packet.zxid) }
        switch phase {
        case .discovering, .storing:
            return false
        case .agreeing(let epoch, var promised):
            guard let currentEpoch = promise.currentEpoch else {
                if identity.hasVote(in: server) { server.leave(.epochPromisedBefore(epoch, by: identity.server)) }
                return true
            }
            let isAhead = (currentEpoch, packet.zxid) > (server.currentEpoch, server.lastApplied)
            if isAhead, server.rules.refusesLearnersAhead {
                close(connection, because: .aheadOfLeader(epoch: currentEpoch, zxid: packet.zxid), &server)
                return true
            }
            if identity.hasVote(in: server) { promised.insert(identity.server) }
            phase = .agreeing(epoch, promised: promised)
            enterEpoch(&server)
        case .entering:
            break
        case .gathering, .serving:
            synchronise(connection, &server)
        }
        return true
    }

    /// Enters the new epoch once a quorum has promised it.
    private mutating func enterEpoch(_ server: inout Server) {
        guard case .agreeing(let epoch, let promised) = phase, server.isQuorum(promised) else { return }
        phase = .entering(epoch)
        if server.options.reconfigEnabled, server.membership.lastSeen.version == 0 {
            // The first configuration gets a version, so that it beats what others were set up with (ZOOKEEPER-1783).
            server.propose(server.membership.committed.withVersion(ZXID(epoch: epoch, counter: 0).rawValue))
        }
        server.storeCurrentEpoch(epoch)
        if server.membership.proposed == nil {
            synchroniseAll(epoch, &server)
        } else {
            held.hold(.synchronisation(epoch), for: server)
        }
    }
}
