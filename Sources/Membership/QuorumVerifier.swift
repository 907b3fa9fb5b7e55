/// Decides whether a set of servers is a quorum (Apache's `QuorumVerifier`).
///
/// Only voters count: observers and strangers in the set change nothing.
package enum QuorumVerifier: Hashable, Sendable {
    /// More than half of the voters (Apache's `QuorumMaj`).
    case majority(voters: ServerSet)
    /// More than half of the groups that have weight, each with more than half of its weight (Apache's
    /// `QuorumHierarchical`). A group without weight, and a voter in no group, never count.
    case hierarchical(voters: ServerSet, groups: [Group])

    /// One `group.N=…` line with the `weight.N=…` of its members (1 when there is none).
    package struct Group: Hashable, Sendable {
        package let members: [Member]
        /// Of all its members. One that has no vote makes the group's majority harder to reach, as in Apache's.
        let weight: Int64

        package init(_ members: [Member]) {
            self.members = members
            weight = members.reduce(0) { sum, member in
                let (sum, isTooMuch) = sum.addingReportingOverflow(member.weight)
                return isTooMuch ? .max : sum
            }
        }
    }

    package struct Member: Hashable, Sendable {
        package let server: ServerID
        package let weight: Int64

        package init(server: ServerID, weight: Int64) {
            self.server = server
            self.weight = weight
        }
    }

    package var voters: ServerSet {
        switch self {
        case .majority(let voters), .hierarchical(let voters, _): voters
        }
    }

    /// Whether groups are counted, not servers.
    package var isHierarchical: Bool {
        switch self {
        case .majority: false
        case .hierarchical: true
        }
    }

    package func isQuorum(_ set: ServerSet) -> Bool {
        let votes = votes(of: set)
        return votes.have >= votes.need
    }

    /// Counts voters, or the groups that have weight.
    package func votes(of set: ServerSet) -> Votes {
        switch self {
        case .majority(let voters):
            return Votes(have: set.overlap(voters), of: voters.count)
        case .hierarchical(let voters, let groups):
            var weighty = 0
            var won = 0
            for group in groups where group.weight > 0 {
                weighty += 1
                var weight: Int64 = 0
                for member in group.members where set.contains(member.server) && voters.contains(member.server) {
                    weight &+= member.weight
                }
                // More than the integer half: 2 of a weight of 3, 3 of 4.
                if weight > group.weight / 2 { won += 1 }
            }
            return Votes(have: won, of: weighty)
        }
    }

    /// A server of weight 0 votes and logs but never leads: a vote for it never beats another.
    package func weight(of server: ServerID) -> Int64 {
        switch self {
        case .majority(let voters):
            return voters.contains(server) ? 1 : 0
        case .hierarchical(_, let groups):
            for group in groups {
                for member in group.members where member.server == server { return member.weight }
            }
            return 0
        }
    }
}

/// How many votes (or groups, in an ensemble with groups) are there, needed, and possible.
package struct Votes: Codable, Hashable, Sendable {
    package var have: Int
    package var need: Int
    package var of: Int

    package init(have: Int, of: Int) {
        self.have = have
        need = of / 2 + 1
        self.of = of
    }
}
