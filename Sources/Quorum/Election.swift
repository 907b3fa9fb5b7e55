import Membership
import ZooKeeperProtocol

/// One search for a leader: fast leader election (reference 7.5, Apache's `FastLeaderElection.lookForLeader`).
///
/// Everyone proposes itself, adopts better votes it hears and tells all voters whenever its proposal changes. It ends
/// when a quorum of equal votes has stood for `electionWait`, or at once when every voter that can be
/// reached has voted the same; or when a quorum of servers has a leader already, and that leader says so itself.
///
/// A voter whose data differs (`Quorum.Input.dataDiffers`) is reluctant: it asks the others for their votes, in a round
/// that nobody counts, and adopts any vote whose history is not behind its own. It stands for election itself when
/// there is no such vote and all others have spoken or cannot be reached, or `reluctance` is over. When a candidate
/// comes after that, it gives way, once.
struct Election: Sendable {
    private enum Candidacy: Hashable, Sendable {
        case ready
        /// Waits for another candidate until then.
        case reluctant(until: Milliseconds)
        /// There was none.
        case standing
        case gaveWay
    }

    private var proposal: Vote
    /// What this server would propose on its own; without a candidate if it is reluctant.
    private let initial: Vote
    /// This server as a candidate.
    private let ownVote: Vote
    private var candidacy = Candidacy.ready
    /// Other voters that have spoken in this election.
    private var heard: ServerSet = []
    /// Votes of this round.
    private var received: [ServerID: Ballot] = [:]
    /// What servers said that have a leader, in whatever round.
    private var settled: [ServerID: Ballot] = [:]
    private var interval: Milliseconds
    private var sendAgainAt: Milliseconds
    /// When a quorum of equal votes will be final; nil while there is none.
    private var finalAt: Milliseconds?

    /// Starts a new round and sends the first proposal.
    init(_ server: inout Server) {
        ownVote =
            server.isVoter ? Vote(leader: server.id, zxid: server.lastLogged, peerEpoch: server.currentEpoch) : .none
        if server.dataDiffers, server.isVoter, server.membership.voters.count > 1 {
            candidacy = .reluctant(until: server.now + server.options.reluctance)
            initial = ownVote.withoutCandidate
        } else {
            initial = ownVote
        }
        proposal = initial
        interval = server.options.minNotificationInterval
        sendAgainAt = server.now + interval
        server.round += 1
        sendProposal(&server)
    }

    /// An ensemble of one need not ask anybody.
    var deadline: Milliseconds {
        let next = finalAt.map { min($0, sendAgainAt) } ?? sendAgainAt
        if case .reluctant(let until) = candidacy, !proposal.hasCandidate { return min(next, until) }
        return next
    }

    /// The vote that won, if the election is over.
    mutating func tick(_ server: inout Server) -> Vote? {
        standIfNobodyElseCan(&server)
        if let winner = conclude(&server) { return winner }
        if server.now >= sendAgainAt {
            interval = min(interval * 2, server.options.maxNotificationInterval)
            sendAgainAt = server.now + interval
            sendProposal(&server)
        }
        return nil
    }

    mutating func receive(_ notification: Notification, from sender: ServerID, _ server: inout Server) -> Vote? {
        let voters = server.membership.voters
        guard voters.contains(sender), voters.contains(notification.leader) else { return nil }
        let ballot = Ballot(notification)
        if sender != server.id { heard.insert(sender) }
        switch notification.state {
        case .looking:
            defer { standIfNobodyElseCan(&server) }
            return hear(ballot, from: sender, &server)
        case .observing:
            return nil
        case .following, .leading:
            return join(ballot, from: sender, &server)
        }
    }

    private mutating func hear(_ ballot: Ballot, from sender: ServerID, _ server: inout Server) -> Vote? {
        if ballot.round <= Self.roundOfAsking {
            if proposal.hasCandidate { server.reply(proposal, round: server.round, state: .looking, to: sender) }
            return nil
        }
        if case .standing = candidacy, ballot.vote.leader == sender, server.prefers(ballot.vote, to: initial) {
            // In a new round: in this one this server has asked for votes.
            candidacy = .gaveWay
            server.round = max(server.round, ballot.round) + 1
            received.removeAll(keepingCapacity: true)
            adopt(ballot.vote, &server)
            return nil
        }
        if ballot.round < server.round, !proposal.hasCandidate, initial != .none {
            // The sender comes to this server's round when it hears its vote repeated there.
            if server.prefers(ballot.vote, to: initial) { adopt(ballot.vote, &server) }
            return nil
        }
        if ballot.round < server.round {
            guard initial == .none else {
                server.reply(proposal, round: server.round, state: .looking, to: sender)
                return nil
            }
            // A server without a candidate of its own follows the voters, in whatever round they are. It does not
            // answer: it is answered itself, whatever it says, and the two would never stop. What the sender said in a
            // later round it said before it was started again.
            received[sender] = nil
            guard received.keys.allSatisfy({ $0 == server.id }) else { return nil }
            server.round = ballot.round
        }
        if ballot.round > server.round {
            server.round = ballot.round
            received.removeAll(keepingCapacity: true)
            finalAt = nil
            proposal = server.prefers(ballot.vote, to: initial) ? ballot.vote : initial
            sendProposal(&server)
        } else if server.prefers(ballot.vote, to: proposal) {
            adopt(ballot.vote, &server)
        } else if ballot.vote != proposal, proposal.hasCandidate || initial == .none {
            // The sender may have got this vote while it still followed, and would get it again only when the vote is
            // repeated.
            server.reply(proposal, round: server.round, state: .looking, to: sender)
        }
        received[sender] = ballot
        return conclude(&server)
    }

    private mutating func adopt(_ vote: Vote, _ server: inout Server) {
        proposal = vote
        finalAt = nil
        sendProposal(&server)
    }

    private mutating func standIfNobodyElseCan(_ server: inout Server) {
        guard case .reluctant(let until) = candidacy, !proposal.hasCandidate else { return }
        let isAlone = server.membership.voters.allSatisfy {
            $0 == server.id || heard.contains($0) || server.unreachable.contains($0)
        }
        guard isAlone || server.now >= until else { return }
        candidacy = .standing
        adopt(ownVote, &server)
    }

    /// The round of a notification that only asks for the votes of others: below all rounds, so that everybody answers
    /// it and nobody counts it.
    private static let roundOfAsking: Int64 = 0

    /// Whether a quorum agrees on the proposal for long enough.
    private mutating func conclude(_ server: inout Server) -> Vote? {
        if let winner = server.rules.winnerByLot(server, proposal: proposal) { return winner }
        let own = Ballot(vote: proposal, round: server.round, state: .looking)
        let agreeing = Self.supporters(of: own, in: received)
        guard server.isQuorum(agreeing) else {
            finalAt = nil
            return nil
        }
        let missing = server.membership.voters.contains { !agreeing.contains($0) && !server.unreachable.contains($0) }
        if !missing { return proposal }
        let final = finalAt ?? server.now + server.options.electionWait
        finalAt = final
        return server.now >= final ? proposal : nil
    }

    /// A server that has a leader spoke: join that leader if a quorum has.
    private mutating func join(_ ballot: Ballot, from sender: ServerID, _ server: inout Server) -> Vote? {
        if ballot.round == server.round {
            received[sender] = ballot
            if Self.hasLeader(ballot, in: received, server) { return ballot.vote }
            // Of two things that it had to say it may have sent the later one alone: what it settled on was its vote.
            if let winner = conclude(&server) { return winner }
        }
        settled[sender] = ballot
        guard Self.hasLeader(ballot, in: settled, server) else { return nil }
        server.round = ballot.round
        return ballot.vote
    }

    /// Whether a quorum of `ballots` agrees with `ballot` and its leader says itself that it leads: without that
    /// servers would keep choosing a leader that is gone.
    ///
    /// Proposed configurations do not matter here: to join a leader decides nothing, and the proposal that this server
    /// still waits for may be lost at all others (Apache asks for both quorums, and waits for ever).
    private static func hasLeader(_ ballot: Ballot, in ballots: [ServerID: Ballot], _ server: Server) -> Bool {
        guard server.membership.committed.verifier.isQuorum(supporters(of: ballot, in: ballots)) else { return false }
        if ballot.vote.leader == server.id { return ballot.round == server.round }
        return ballots[ballot.vote.leader]?.state == .leading
    }

    private static func supporters(of ballot: Ballot, in ballots: [ServerID: Ballot]) -> ServerSet {
        var set = ServerSet()
        for (server, other) in ballots where ballot.agrees(with: other) { set.insert(server) }
        return set
    }

    /// Tells every other voter, and votes.
    private mutating func sendProposal(_ server: inout Server) {
        server.vote = proposal
        server.voteRound = server.round
        let voters = server.membership.voters
        let asks = !proposal.hasCandidate && initial != .none
        for voter in voters where voter != server.id {
            if asks {
                server.notify(ownVote, round: Self.roundOfAsking, state: .looking, to: voter)
            } else {
                server.notify(proposal, round: server.round, state: .looking, to: voter)
            }
        }
        if voters.contains(server.id), !asks {
            received[server.id] = Ballot(vote: proposal, round: server.round, state: .looking)
        }
    }
}

extension Ballot {
    init(_ notification: Notification) {
        vote = Vote(notification)
        round = notification.electionEpoch
        state = notification.state
        version = notification.version
    }
}

extension Server {
    mutating func notify(_ vote: Vote, round: Int64, state: ServerState, to peer: ServerID) {
        effects.append(
            .notify(
                Notification(
                    state: state, leader: vote.leader, zxid: vote.zxid, electionEpoch: round, peerEpoch: vote.peerEpoch,
                    config: membership.committed.text),
                to: peer))
    }

    /// Answers a notification, but not the same thing again and again: two servers that see each other's vote as worse,
    /// or as none, and answer it would never stop.
    mutating func reply(_ vote: Vote, round: Int64, state: ServerState, to peer: ServerID) {
        let ballot = Ballot(vote: vote, round: round, state: state)
        let limit = options.minNotificationInterval / 2
        if let last = replies[peer], last.ballot == ballot, now < last.at + limit { return }
        if replies.count > 1000 { replies.removeAll() }
        replies[peer] = (ballot, now)
        notify(vote, round: round, state: state, to: peer)
    }

    /// Whether `vote` beats `other`. A candidate of weight 0 never does.
    func prefers(_ vote: Vote, to other: Vote) -> Bool {
        guard membership.committed.verifier.weight(of: vote.leader) > 0 else { return false }
        return rules.isBetter(vote, than: other)
    }

    func isQuorum(_ set: ServerSet) -> Bool { rules.isQuorum(set, of: membership) }
}
