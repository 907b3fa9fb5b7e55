import Testing
import ZooKeeperProtocol

@testable import Planning

@Suite struct ResetTests {
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var participants = 3
        var observers = 0
        var server: ServerID
        var refusal: String?
        var change: @Sendable (inout PaperEnsemble) -> Void = { _ in }
    }

    static let cases: [Case] = [
        Case(description: "a follower of three", server: 3, refusal: nil),
        Case(description: "the leader of three", server: 2, refusal: nil),
        Case(description: "an observer", observers: 1, server: 4, refusal: nil),
        Case(description: "one whose data differs", server: 3, refusal: nil) { $0.setMismatches(3, 4) },
        Case(description: "one that is stopped", server: 3, refusal: nil) { $0.setState(3, .stopped) },
        Case(
            description: "one alone", participants: 1, server: 1, refusal: "server 1 has the only copy of the data"),
        Case(
            description: "one of two", participants: 2, server: 1,
            refusal:
                "without server 1 there is no quorum to fetch from: one vote of two would be left, two are needed"),
        Case(
            description: "another one is down", server: 3,
            refusal:
                "without server 3 there is no quorum to fetch from: one vote of three would be left, two are needed"
        ) { $0.setState(1, .stopped) },
        Case(
            description: "of two since a reconfig", server: 1,
            refusal: "without server 1 there is no quorum to fetch from: one vote of two would be left, two are needed"
        ) { $0.reconfigure(without: [3]) },
        Case(
            description: "taken out with reconfig", server: 3,
            refusal: "server 3 is not in the ensemble's configuration, so that nobody would give it its data back"
        ) { $0.reconfigure(without: [3]) },
        Case(
            description: "two of three that differ from the leader", server: 3,
            refusal:
                "servers 1 and 3 found that their data is not what server 2, which leads, has: it cannot be trusted, and "
                + "`paddock reset 2` fetches it anew"
        ) { ensemble in
            ensemble.setMismatches(1, 1)
            ensemble.setMismatches(3, 1)
        },
        Case(description: "the leader that differs from both", server: 2, refusal: nil) { ensemble in
            ensemble.setMismatches(1, 1)
            ensemble.setMismatches(3, 1)
        },
        Case(description: "two that differ, one of them leads now", server: 3, refusal: nil) { ensemble in
            ensemble.setMismatches(2, 1)
            ensemble.setMismatches(3, 1)
        },
    ]

    @Test(arguments: cases)
    func refusals(_ example: Case) {
        var ensemble = PaperEnsemble(
            participants: example.participants, observers: example.observers, leader: 2)
        example.change(&ensemble)
        let reset = Reset(server: example.server, electorate: ensemble.electorate)
        #expect(reset.refusal(ensemble.sweep) == example.refusal)
    }

    /// What the server helped to acknowledge must be with the others before it forgets it.
    @Test func theOthersMustHaveCaughtUp() {
        var ensemble = PaperEnsemble(participants: 3, leader: 2)
        let reset = Reset(server: 3, electorate: ensemble.electorate)
        ensemble.setState(3, .stopped)
        ensemble.setZXID(1, 0x1_0000_0004)
        #expect(!reset.othersHave(ZXID(rawValue: 0x1_0000_0005), ensemble.sweep))
        ensemble.setZXID(1, 0x1_0000_0005)
        #expect(reset.othersHave(ZXID(rawValue: 0x1_0000_0005), ensemble.sweep))
    }
}
