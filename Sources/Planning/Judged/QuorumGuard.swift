import Membership
import ZooKeeperProtocol

/// What taking servers away would do to the quorum. Commands that stop servers ask it first.
package struct QuorumGuard: Hashable, Sendable {
    package var electorate: QuorumVerifier
    /// The servers that can vote now: they run, are not paused and answer.
    package var able: Set<ServerID>

    package init(electorate: QuorumVerifier, able: Set<ServerID>) {
        self.electorate = electorate
        self.able = able
    }

    package func votesLeft(without taken: [ServerID]) -> Votes { electorate.votes(of: able.subtracting(taken)) }

    /// True when there is a quorum now and there would be none. Where none is, none can be taken away.
    package func wouldLoseQuorum(without taken: [ServerID]) -> Bool {
        electorate.isQuorum(able) && !electorate.isQuorum(able.subtracting(taken))
    }

    package func isSafe(without taken: [ServerID]) -> Bool { !wouldLoseQuorum(without: taken) }

    /// `one vote of three would be left, two are needed`
    package func consequence(ofTaking taken: [ServerID]) -> String {
        let votes = votesLeft(without: taken)
        return "\(Wording.count(votes.have, electorate.unit)) of \(Wording.number(votes.of)) would be left, "
            + "\(Wording.number(votes.need)) \(votes.need == 1 ? "is" : "are") needed"
    }

    /// Refuses what would take the quorum away, unless forced. `verb` as in "stop", "kill".
    package func check(_ verb: String, _ taken: [ServerID], force: Bool) throws(OperationError) {
        guard !force, wouldLoseQuorum(without: taken) else { return }
        throw OperationError(
            .failed, "to \(verb) \(Wording.servers(taken)) would take the quorum away: \(consequence(ofTaking: taken))",
            mend: "leave enough servers running, or give --force to do it anyway")
    }
}
