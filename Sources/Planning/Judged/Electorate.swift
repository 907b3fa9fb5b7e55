import ServerConfig
import ZooKeeperProtocol

/// The servers that vote, and what a quorum of them is.
///
/// Without groups a quorum is more than half of the participants (Apache's `QuorumMaj`). With groups it is more than
/// half of the groups that have weight, each with more than half of its weight present (`QuorumHierarchical`).
package struct Electorate: Hashable, Sendable {
    package struct Voter: Hashable, Sendable {
        package var id: ServerID
        /// Nil in an ensemble without groups.
        package var group: Int?
        package var weight: Int

        package init(id: ServerID, group: Int? = nil, weight: Int = 1) {
            self.id = id
            self.group = group
            self.weight = weight
        }
    }

    package var voters: [Voter]

    package init(_ voters: [Voter]) { self.voters = voters }

    package var ids: [ServerID] { voters.map(\.id) }

    /// Groups decide as soon as one voter is in one; ZooKeeper wants all of them in one then.
    package var isHierarchical: Bool { voters.contains { $0.group != nil } }

    package func isQuorum(_ present: Set<ServerID>) -> Bool {
        let votes = votes(of: present)
        return votes.have >= votes.need
    }

    /// Counts participants, or groups in an ensemble with groups (a group is had when it has its own majority).
    package func votes(of present: Set<ServerID>) -> Votes {
        guard isHierarchical else {
            let have = voters.count { present.contains($0.id) }
            return Votes(have: have, need: voters.count / 2 + 1, of: voters.count)
        }
        var weights: [Int: (present: Int, whole: Int)] = [:]
        for voter in voters {
            guard let group = voter.group else { continue }
            weights[group, default: (0, 0)].whole += voter.weight
            if present.contains(voter.id) { weights[group]!.present += voter.weight }
        }
        let weighty = weights.values.filter { $0.whole > 0 }
        // Apache compares with the integer half: a weight of 3 is had with 2, of 4 with 3.
        let have = weighty.count { $0.present > $0.whole / 2 }
        return Votes(have: have, need: weighty.count / 2 + 1, of: weighty.count)
    }

    /// What is counted: `vote` or `group`.
    package var unit: String { isHierarchical ? "group" : "vote" }
}

/// How many votes (or groups, in an ensemble with groups) are there, needed, and possible.
package struct Votes: Codable, Hashable, Sendable {
    package var have: Int
    package var need: Int
    package var of: Int

    package init(have: Int, need: Int, of: Int) {
        self.have = have
        self.need = need
        self.of = of
    }
}

extension Electorate {
    /// As the servers themselves count votes.
    package init(_ configuration: QuorumConfig) {
        self.init(
            configuration.participants.map { line in
                let group = configuration.groups.filter { $0.value.contains(line.id) }.keys.min()
                return Voter(
                    id: line.id, group: group.map { Int(clamping: $0) },
                    weight: Int(clamping: configuration.weights[line.id] ?? 1))
            })
    }
}
