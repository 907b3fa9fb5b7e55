import Testing
import ZooKeeperProtocol

@testable import Quorum

@Suite struct VoteTests {
    /// (epoch, zxid, server), from the worst to the best.
    static let rising: [Vote] = [
        .none,
        Vote(leader: 1, zxid: .zero, peerEpoch: .zero),
        Vote(leader: 3, zxid: .zero, peerEpoch: .zero),
        Vote(leader: 1, zxid: ZXID(rawValue: 0x1_0000_0005), peerEpoch: Epoch(rawValue: 1)),
        Vote(leader: 2, zxid: ZXID(rawValue: 0x1_0000_0005), peerEpoch: Epoch(rawValue: 1)),
        Vote(leader: 1, zxid: ZXID(rawValue: 0x1_0000_0006), peerEpoch: Epoch(rawValue: 1)),
        // A later epoch beats a longer log.
        Vote(leader: 1, zxid: ZXID(rawValue: 0x1_0000_0001), peerEpoch: Epoch(rawValue: 2)),
        Vote(leader: 1, zxid: ZXID(rawValue: 0x2_0000_0001), peerEpoch: Epoch(rawValue: 2)),
    ]

    @Test func votesAreOrderedByEpochThenZXIDThenServer() {
        for (place, vote) in Self.rising.enumerated() {
            for (otherPlace, other) in Self.rising.enumerated() {
                #expect((vote < other) == (place < otherPlace), "\(vote) < \(other)")
            }
        }
    }

    /// A negative zxid is below zero, as with Java's signed longs: observers vote with -2^63.
    @Test func zxidsAreSigned() {
        #expect(Vote.none < Vote(leader: 1, zxid: ZXID(rawValue: -1), peerEpoch: Epoch(rawValue: -1)))
    }

    @Test(
        arguments: [
            // While somebody looks everything must agree.
            (.looking, .looking, 0, 0, true),
            (.looking, .looking, 0, 1, false), (.looking, .following, 1, 0, false), (.leading, .looking, 0, 0, true),
            // Settled servers may report other rounds and zxids.
            (.following, .leading, 1, 1, true), (.following, .following, 1, 0, true),
        ] as [(ServerState, ServerState, Int64, Int64, Bool)])
    func settledServersAreComparedByLeaderAndEpochOnly(
        one: ServerState, other: ServerState, zxidShift: Int64, roundShift: Int64, agree: Bool
    ) {
        let vote = Vote(leader: 2, zxid: ZXID(rawValue: 7), peerEpoch: Epoch(rawValue: 1))
        let shifted = Vote(leader: 2, zxid: ZXID(rawValue: 7 + zxidShift), peerEpoch: Epoch(rawValue: 1))
        let ballot = Ballot(vote: vote, round: 4, state: one, version: 2)
        let otherBallot = Ballot(vote: shifted, round: 4 + roundShift, state: other, version: 2)
        #expect(ballot.agrees(with: otherBallot) == agree)
        #expect(otherBallot.agrees(with: ballot) == agree)
    }

    @Test func peersWithoutMessageVersionAreComparedByLeaderAlone() {
        let vote = Vote(leader: 2, zxid: .zero, peerEpoch: Epoch(rawValue: 1))
        let other = Vote(leader: 2, zxid: .zero, peerEpoch: Epoch(rawValue: 5))
        let old = Ballot(vote: vote, round: 1, state: .following, version: 0)
        #expect(old.agrees(with: Ballot(vote: other, round: 1, state: .leading, version: 2)))
        #expect(!old.agrees(with: Ballot(vote: other, round: 1, state: .leading, version: 0)))
    }
}
