import Membership
import Testing

@testable import Planning

@Suite struct SweepTests {
    @Test func aLeaderThatServesNobodyIsNoPlaceForClients() {
        var ensemble = PaperEnsemble(participants: 3, leader: 2)
        #expect(ensemble.sweep.refusalOfClients(by: 2) == nil)
        for id in [1, 2] as [ServerID] { ensemble.change(id) { $0.member.servesWhenLeading = false } }
        #expect(ensemble.sweep.refusalOfClients(by: 1) == nil, "it follows")
        // As Apache's answers: like one that has no leader.
        ensemble.setAnswer(2, .notServing)
        #expect(
            ensemble.sweep.refusalOfClients(by: 2)
                == "server 2 leads and takes no clients while it does (leaderServes: no)")
    }
}
