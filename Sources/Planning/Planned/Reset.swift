import Membership
import ZooKeeperProtocol

/// Whether a server may throw away what it holds and fetch it from the others, and in which order that goes. Pure: it
/// judges a sweep.
///
/// A txn is acknowledged when a quorum has it, and the server may be one of that quorum. So the others must be a
/// quorum by themselves, and once the server is stopped, a quorum of them must have caught up to where their leader
/// was: then whatever was acknowledged is with them.
package struct Reset: Hashable, Sendable {
    package var server: ServerID
    package var electorate: QuorumVerifier

    package init(server: ServerID, electorate: QuorumVerifier) {
        self.server = server
        self.electorate = electorate
    }

    /// Why not, before anything is touched; nil when it may begin.
    package func refusal(_ sweep: Sweep) -> String? {
        guard let target = sweep.server(server), target.isMember else {
            return "server \(server) is not in the ensemble's configuration, so that nobody would give it its data back"
        }
        let electorate = sweep.electorate(planned: electorate)
        guard electorate.voters.contains(where: { $0 != server }) else {
            return "server \(server) has the only copy of the data"
        }
        let others = sweep.voting.subtracting([server])
        guard electorate.isQuorum(others) else {
            let votes = electorate.votes(of: others)
            return
                "without server \(server) there is no quorum to fetch from: \(Wording.count(votes.have, electorate.unit)) of "
                + "\(Wording.number(votes.of)) would be left, \(Wording.number(votes.need)) \(votes.need == 1 ? "is" : "are") needed"
        }
        // What a server fetches is the leader's.
        if let suspect = sweep.suspects.first, case .isLeader = suspect.reason, suspect.id != server {
            return suspect.sentence
        }
        return nil
    }

    /// Whether the others have all that was acknowledged until `mark`, where their leader was after the server had
    /// stopped.
    package func othersHave(_ mark: ZXID, _ sweep: Sweep) -> Bool {
        let holding = sweep.servers.filter { other in
            other.id != server && other.votes
                && (other.serving.map { Readiness.hasCaughtUp($0.zxid, to: mark) } ?? false)
        }
        return sweep.electorate(planned: electorate).isQuorum(Set(holding.map(\.id)))
    }
}
