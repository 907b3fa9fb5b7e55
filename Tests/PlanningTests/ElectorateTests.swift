import Testing
import ZooKeeperProtocol

@testable import Planning

@Suite struct ElectorateTests {
    struct Majority: Sendable {
        var participants: Int64
        var present: Set<ServerID>
        var votes: Votes
        var isQuorum: Bool
    }

    @Test(arguments: [
        Majority(participants: 1, present: [1], votes: Votes(have: 1, need: 1, of: 1), isQuorum: true),
        Majority(participants: 1, present: [], votes: Votes(have: 0, need: 1, of: 1), isQuorum: false),
        Majority(participants: 2, present: [1], votes: Votes(have: 1, need: 2, of: 2), isQuorum: false),
        Majority(participants: 3, present: [1, 3], votes: Votes(have: 2, need: 2, of: 3), isQuorum: true),
        Majority(participants: 3, present: [2], votes: Votes(have: 1, need: 2, of: 3), isQuorum: false),
        Majority(participants: 4, present: [1, 2], votes: Votes(have: 2, need: 3, of: 4), isQuorum: false),
        Majority(participants: 5, present: [1, 2, 3], votes: Votes(have: 3, need: 3, of: 5), isQuorum: true),
        // Observers (server 9 here) have no vote.
        Majority(participants: 3, present: [1, 9], votes: Votes(have: 1, need: 2, of: 3), isQuorum: false),
    ])
    func majority(_ example: Majority) {
        let electorate = Electorate((1...example.participants).map { Electorate.Voter(id: ServerID($0)) })
        #expect(electorate.votes(of: example.present) == example.votes)
        #expect(electorate.isQuorum(example.present) == example.isQuorum)
    }

    /// Three groups of three, the third without weight: two groups count.
    @Test(
        arguments: [
            ([1, 2, 4, 5], Votes(have: 2, need: 2, of: 2), true),
            ([1, 2, 3, 4], Votes(have: 1, need: 2, of: 2), false),
            ([1, 4, 7, 8, 9], Votes(have: 0, need: 2, of: 2), false),
        ] as [(Set<ServerID>, Votes, Bool)])
    func groups(_ present: Set<ServerID>, _ votes: Votes, _ isQuorum: Bool) {
        let electorate = Electorate(
            (1...9).map { number in
                Electorate.Voter(id: ServerID(number), group: Int(number - 1) / 3 + 1, weight: number > 6 ? 0 : 1)
            })
        #expect(electorate.votes(of: present) == votes)
        #expect(electorate.isQuorum(present) == isQuorum)
    }

    /// QuorumHierarchical wants more than the integer half of a group's weight: 2 of 3, but 3 of 4.
    @Test(arguments: [([1], true), ([2], false), ([2, 3], false), ([], false)] as [(Set<ServerID>, Bool)])
    func weights(_ present: Set<ServerID>, _ isQuorum: Bool) {
        let electorate = Electorate([
            Electorate.Voter(id: 1, group: 1, weight: 3), Electorate.Voter(id: 2, group: 1, weight: 1),
            Electorate.Voter(id: 3, group: 1, weight: 1),
        ])
        #expect(electorate.isQuorum(present) == isQuorum)
    }
}
