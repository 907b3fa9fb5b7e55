import ZooKeeperProtocol

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
        package var members: [Member]

        package init(_ members: [Member]) { self.members = members }

        package init(_ members: KeyValuePairs<ServerID, Int64>) {
            self.members = members.map { Member(server: $0.key, weight: $0.value) }
        }

        var weight: Int64 { members.reduce(0) { $0 + $1.weight } }

        func weight(in set: ServerSet) -> Int64 {
            members.reduce(0) { set.contains($1.server) ? $0 + $1.weight : $0 }
        }
    }

    package struct Member: Hashable, Sendable {
        package var server: ServerID
        package var weight: Int64

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

    package func isQuorum(_ set: ServerSet) -> Bool {
        switch self {
        case .majority(let voters):
            return set.overlap(voters) > voters.count / 2
        case .hierarchical(_, let groups):
            var weighty = 0
            var won = 0
            for group in groups {
                let total = group.weight
                guard total > 0 else { continue }
                weighty += 1
                if group.weight(in: set) > total / 2 { won += 1 }
            }
            return won > weighty / 2
        }
    }

    /// A server of weight 0 votes and logs but never leads: its vote never beats another.
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
