import Membership
import Testing

@Suite struct QuorumVerifierTests {
    /// Every subset of up to seven voters plus two strangers, against counting on fingers.
    @Test(arguments: 0...7)
    func aMajorityIsMoreThanHalfOfTheVoters(voters count: Int) {
        let voters = (0..<count).map { ServerID(Int64($0 + 1)) }
        let verifier = QuorumVerifier.majority(voters: ServerSet(voters))
        let everyone = voters + [50, 300]
        for subset in subsets(of: everyone) {
            let present = subset.filter { voters.contains($0) }.count
            #expect(verifier.isQuorum(ServerSet(subset)) == (2 * present > count), "\(subset) of \(count)")
        }
    }

    @Test func anyTwoQuorumsMeet() {
        let verifiers: [QuorumVerifier] = [
            .majority(voters: [1, 2, 3, 4, 5]),
            .hierarchical(
                voters: [1, 2, 3, 4, 5, 6], groups: [.init([1: 1, 2: 1, 3: 1]), .init([4: 2, 5: 1]), .init([6: 1])]),
        ]
        for verifier in verifiers {
            let quorums = subsets(of: Array(verifier.voters)).map { ServerSet($0) }.filter(verifier.isQuorum)
            #expect(!quorums.isEmpty)
            for one in quorums {
                for other in quorums { #expect(one.overlap(other) > 0, "\(one) and \(other)") }
            }
        }
    }

    /// The example of Apache's documentation: three groups of three, weight 1 each.
    @Test(
        arguments: [
            ([1, 2, 4, 5], true), ([1, 2, 3, 4], false), ([1, 4, 7], false), ([1, 2, 3, 4, 7], false),
            ([1, 2, 8, 9], true), ([], false), ([1, 2, 3, 4, 5, 6, 7, 8, 9], true),
        ] as [(ServerSet, Bool)])
    func groupsOfEqualWeight(set: ServerSet, isQuorum: Bool) {
        let verifier = QuorumVerifier.hierarchical(
            voters: [1, 2, 3, 4, 5, 6, 7, 8, 9],
            groups: [.init([1: 1, 2: 1, 3: 1]), .init([4: 1, 5: 1, 6: 1]), .init([7: 1, 8: 1, 9: 1])])
        #expect(verifier.isQuorum(set) == isQuorum)
    }

    @Test func weightlessGroupsAndMembersDoNotCount() {
        let verifier = QuorumVerifier.hierarchical(
            voters: [1, 2, 3, 4, 5], groups: [.init([1: 1, 2: 0, 3: 1]), .init([4: 0, 5: 0])])
        #expect(verifier.isQuorum([1, 3]))
        #expect(!verifier.isQuorum([1, 2, 4, 5]))
        #expect(verifier.weight(of: 2) == 0)
        #expect(verifier.weight(of: 3) == 1)
        // An observer, which has no weight entry, crashes Apache (reference 8.18).
        #expect(verifier.weight(of: 9) == 0)
    }

    /// How many there are, are needed and are possible: servers, or groups that have weight. Observers (server 9 here) have no vote.
    @Test(
        arguments: [
            (.majority(voters: [1]), [1], 1, 1, 1), (.majority(voters: [1]), [], 0, 1, 1),
            (.majority(voters: [1, 2]), [1], 1, 2, 2), (.majority(voters: [1, 2, 3]), [1, 3], 2, 2, 3),
            (.majority(voters: [1, 2, 3]), [1, 9], 1, 2, 3), (.majority(voters: [1, 2, 3, 4]), [1, 2], 2, 3, 4),
            (.majority(voters: [1, 2, 3, 4, 5]), [1, 2, 3], 3, 3, 5), (threeGroups, [1, 2, 4, 5], 2, 2, 2),
            (threeGroups, [1, 2, 3, 4], 1, 2, 2), (threeGroups, [1, 4, 7, 8, 9], 0, 2, 2),
        ] as [(QuorumVerifier, ServerSet, Int, Int, Int)])
    func votes(_ verifier: QuorumVerifier, _ present: ServerSet, have: Int, need: Int, of: Int) {
        let votes = verifier.votes(of: present)
        #expect((votes.have, votes.need, votes.of) == (have, need, of))
        #expect(verifier.isQuorum(present) == (have >= need))
    }

    /// Three groups of three, the third without weight: two groups count.
    private static let threeGroups = QuorumVerifier.hierarchical(
        voters: [1, 2, 3, 4, 5, 6, 7, 8, 9],
        groups: [.init([1: 1, 2: 1, 3: 1]), .init([4: 1, 5: 1, 6: 1]), .init([7: 0, 8: 0, 9: 0])])

    /// Every subset against the definition written out the long way.
    @Test func weightedGroupsAgainstTheDefinition() {
        let groups: [[(ServerID, Int64)]] = [[(1, 2), (2, 1), (3, 1)], [(4, 1), (5, 3)], [(6, 0)], [(7, 5)]]
        let verifier = QuorumVerifier.hierarchical(
            voters: [1, 2, 3, 4, 5, 6, 7],
            groups: groups.map { group in .init(group.map { .init(server: $0.0, weight: $0.1) }) })
        for subset in subsets(of: [1, 2, 3, 4, 5, 6, 7, 8]) {
            var groupsWon = 0
            for group in groups {
                let all = group.map(\.1).reduce(0, +)
                let here = group.filter { subset.contains($0.0) }.map(\.1).reduce(0, +)
                if all > 0, here > all / 2 { groupsWon += 1 }
            }
            #expect(verifier.isQuorum(ServerSet(subset)) == (groupsWon > 3 / 2), "\(subset)")
        }
    }
}

func subsets(of servers: [ServerID]) -> [[ServerID]] {
    (0..<(1 << servers.count)).map { bits in
        servers.indices.filter { bits >> $0 & 1 == 1 }.map { servers[$0] }
    }
}

extension QuorumVerifier.Group {
    fileprivate init(_ members: KeyValuePairs<ServerID, Int64>) {
        self.init(members.map { .init(server: $0.key, weight: $0.value) })
    }
}
