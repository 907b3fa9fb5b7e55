import Membership
import ZooKeeperProtocol

/// What the protocol demands at each place where implementations have gone wrong, as plain facts. The simulator plants
/// deviations (`Faults`) to prove that it would find them; with none planted, this is elections and Zab.
struct Rules: Sendable {
    private let planted: Faults

    init(planted: Faults) { self.planted = planted }

    private func hasNone(of faults: Faults) -> Bool { planted.isDisjoint(with: faults) }

    // MARK: Votes

    /// Whether `set` is a quorum: of the committed configuration and of the proposed one.
    func isQuorum(_ set: ServerSet, of membership: JointConfiguration) -> Bool {
        if planted.isEmpty { return membership.isQuorum(set) }
        if planted.contains(.countObservers) { return set.count > membership.voters.count / 2 }
        if planted.contains(.halfIsQuorum) {
            return set.overlap(membership.voters) * 2 >= membership.voters.count
        }
        if planted.contains(.reconfigByOldQuorum) { return membership.committed.verifier.isQuorum(set) }
        return membership.isQuorum(set)
    }

    var onlyVotersCount: Bool { hasNone(of: .countObservers) }

    /// Whether one vote beats another when the weights of both candidates are above 0.
    func isBetter(_ vote: Vote, than other: Vote) -> Bool {
        hasNone(of: .electBlindly) ? vote > other : vote.leader > other.leader
    }

    /// Who wins without an election: nobody, but with `Faults.electAnybody`.
    func winnerByLot(_ server: Server, proposal: Vote) -> Vote? {
        guard planted.contains(.electAnybody) else { return nil }
        let voters = Array(server.membership.voters)
        let draw = (server.id.rawValue &* 0x9E37 &+ server.round) &* 0x85EB_CA6B >> 7
        let leader = voters[draw & 1 == 0 ? 0 : voters.count - 1]
        return Vote(leader: leader, zxid: proposal.zxid, peerEpoch: proposal.peerEpoch)
    }

    /// Whether a server that looks for a leader stands for its whole log, committed or not.
    var votesForWholeLog: Bool { hasNone(of: .voteWithoutUncommitted) }

    // MARK: Epochs

    /// The epoch of a new leader whose quorum has accepted no epoch above `accepted`.
    func newEpoch(above accepted: Epoch) -> Epoch {
        hasNone(of: .reuseEpoch) ? accepted.next : max(accepted, Epoch(rawValue: 1))
    }

    /// What goes to the disk as acceptedEpoch or currentEpoch.
    func stored(_ epoch: Epoch) -> Epoch { hasNone(of: .epochsNotStored) ? epoch : .zero }

    // MARK: A leader

    /// Whether it refuses voters whose history is ahead of its own.
    var refusesLearnersAhead: Bool { hasNone(of: .electBlindly) }
    /// Whether its own ACKs count once its disk has what they stand for.
    var ownAckAwaitsDisk: Bool { hasNone(of: .leaderAcksBeforeDurable) }
    /// Whether it serves only when a quorum has ACKed NEWLEADER.
    var servingNeedsQuorum: Bool { hasNone(of: .serveBeforeQuorum) }
    /// Whether it goes on only while a quorum is connected.
    var leadingNeedsQuorum: Bool { hasNone(of: .leadAlone) }
    /// Whether a learner hears all that follows its DIFF, TRUNC or SNAP.
    var syncSubscribes: Bool { hasNone(of: .subscribeLate) }
    /// Whether a DIFF, TRUNC or SNAP voids what the learner ACKed before.
    var syncVoidsAcks: Bool { hasNone(of: .keepAcksOverSync) }
    /// Whether SYNC is answered behind what has been proposed before it.
    var syncAwaitsProposals: Bool { hasNone(of: .syncOvertakes) }

    // MARK: A learner

    /// Whether it ACKs NEWLEADER once history and currentEpoch are on disk.
    var newLeaderAckAwaitsDisk: Bool { hasNone(of: .ackNewLeaderBeforeDurable) }
    /// Whether it ACKs a proposal once that is on disk.
    var proposalAckAwaitsDisk: Bool { hasNone(of: .ackProposalBeforeDurable) }
    var appliesOnlyCommitted: Bool { hasNone(of: .applyProposals) }
    var truncCutsLog: Bool { hasNone(of: .ignoreTruncate) }
    /// Whether it leaves a leader whose proposals or commits leave something out. Not with faults that make leaders do
    /// so.
    var gapsAreRefused: Bool { hasNone(of: [.subscribeLate, .ignoreTruncate]) }

    // MARK: All

    /// Whether an input waits for the effects of the one before it.
    var inputsAwaitEffects: Bool { hasNone(of: .effectsBehindNextInput) }
}
