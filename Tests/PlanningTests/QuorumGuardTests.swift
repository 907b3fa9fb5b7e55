import Membership
import Testing
import ZooKeeperProtocol

@testable import Planning

@Suite struct QuorumGuardTests {
    private let three = QuorumVerifier.majority(voters: [1, 2, 3])

    @Test func stoppingTwoOfThreeIsRefused() {
        let guardian = QuorumGuard(electorate: three, able: [1, 2, 3])
        let error = #expect(throws: OperationError.self) { try guardian.check("stop", [1, 2], force: false) }
        #expect(
            error?.description == """
                to stop servers 1 and 2 would take the quorum away: one vote of three would be left, two are needed
                  mend: leave enough servers running, or give --force to do it anyway
                """)
        #expect(error?.kind.rawValue == 1)
        #expect(throws: Never.self) { try guardian.check("stop", [1, 2], force: true) }
    }

    @Test func stoppingOneOfThreeIsNot() {
        #expect(throws: Never.self) {
            try QuorumGuard(electorate: three, able: [1, 2, 3]).check("kill", [2], force: false)
        }
    }

    @Test func theSecondOfTwoLeftIsRefused() {
        #expect(throws: OperationError.self) {
            try QuorumGuard(electorate: three, able: [1, 3]).check("pause", [3], force: false)
        }
    }

    @Test func whatIsNotThereCannotBeTakenAway() {
        #expect(throws: Never.self) { try QuorumGuard(electorate: three, able: [2]).check("stop", [2], force: false) }
    }

    @Test func anObserverHasNoVote() {
        #expect(throws: Never.self) {
            try QuorumGuard(electorate: three, able: [1, 2]).check("stop", [4], force: false)
        }
    }

    @Test(
        arguments: [
            ([1], "two votes of three would be left, two are needed"),
            ([1, 2, 3], "zero votes of three would be left, two are needed"),
        ] as [([ServerID], String)])
    func consequences(_ taken: [ServerID], _ text: String) {
        #expect(QuorumGuard(electorate: three, able: [1, 2, 3]).consequence(ofTaking: taken) == text)
    }

    @Test func aSingleServerIsItsOwnQuorum() {
        let guardian = QuorumGuard(electorate: .majority(voters: [1]), able: [1])
        #expect(guardian.consequence(ofTaking: [1]) == "zero votes of one would be left, one is needed")
        #expect(guardian.wouldLoseQuorum(without: [1]))
    }
}
