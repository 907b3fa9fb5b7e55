import Membership
import ZooKeeperProtocol

/// Whom a server wants as leader, and why: the candidate with the last txn it logged and the epoch it is in.
package struct Vote: Hashable, Sendable {
    package var leader: ServerID
    package var zxid: ZXID
    /// The candidate's currentEpoch.
    package var peerEpoch: Epoch

    /// What a server without a vote proposes while it looks for the leader: it never wins (reference 7.5).
    package static let none = Vote(
        leader: ServerID(.min), zxid: ZXID(rawValue: .min), peerEpoch: Epoch(rawValue: .min))

    /// A vote without a candidate: any candidate whose history is not behind is better.
    var withoutCandidate: Vote { Vote(leader: ServerID(.min), zxid: zxid, peerEpoch: peerEpoch) }
    var hasCandidate: Bool { leader != ServerID(.min) }
}

extension Vote {
    package init(_ notification: Notification) {
        self.init(leader: notification.leader, zxid: notification.zxid, peerEpoch: notification.peerEpoch)
    }
}

extension Vote: Comparable {
    /// The total order of votes: epoch, then zxid, then server id (Apache's `totalOrderPredicate`).
    ///
    /// The epoch comes first because a longer log of an older epoch may hold txns that a later epoch has dropped.
    package static func < (left: Vote, right: Vote) -> Bool {
        if left.peerEpoch != right.peerEpoch { return left.peerEpoch < right.peerEpoch }
        if left.zxid != right.zxid { return left.zxid < right.zxid }
        return left.leader < right.leader
    }
}

extension Vote: CustomStringConvertible {
    package var description: String { "\(leader) (epoch \(peerEpoch), \(zxid))" }
}

/// What one server last told us in this election.
struct Ballot: Hashable, Sendable {
    var vote: Vote
    var round: Int64
    var state: ServerState
    /// Message version; 0 marks peers so old that only their leader can be compared.
    var version: Int32 = 2

    /// Whether both say the same (Apache's `Vote.equals`).
    ///
    /// Settled servers are compared by leader and epoch only: they may have joined later than the election and
    /// report other rounds and zxids.
    func agrees(with other: Ballot) -> Bool {
        if state == .looking || other.state == .looking {
            return vote == other.vote && round == other.round
        }
        if (version == 0) != (other.version == 0) { return vote.leader == other.vote.leader }
        return vote.leader == other.vote.leader && vote.peerEpoch == other.vote.peerEpoch
    }
}
