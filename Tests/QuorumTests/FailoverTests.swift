import Membership
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// From the end of a leader to the next one no time passes on the servers' clocks: each step follows from a message,
/// and none waits for a timer. What is left in the world is the network and the disks.
@Suite struct FailoverTests {
    private static let configuration = EnsembleConfiguration(voters: [1, 2, 3], observers: [4])

    private func serving() -> Ensemble {
        var ensemble = Ensemble([1, 2, 3, 4], Self.configuration)
        #expect(ensemble.leader == 3)
        #expect(ensemble.status(4) == .observing(3, Epoch(rawValue: 1)))
        ensemble.wait(500)
        return ensemble
    }

    @Test func aNewEnsembleServesAtOnce() {
        let ensemble = Ensemble([1, 2, 3, 4], Self.configuration)
        #expect(ensemble.now == 1000)
        #expect(ensemble.leader == 3)
        for id in [1, 2] as [ServerID] { #expect(ensemble.status(id) == .following(3, Epoch(rawValue: 1))) }
    }

    @Test(arguments: [[1, 2, 4], [2, 1, 4], [4, 2, 1]] as [[ServerID]])
    func aKilledLeaderIsReplacedAtOnce(order: [ServerID]) {
        var ensemble = serving()
        ensemble.kill(3, tells: order)
        ensemble.run()
        #expect(ensemble.leader == 2)
        #expect(ensemble.status(1) == .following(2, Epoch(rawValue: 2)))
        #expect(ensemble.status(4) == .observing(2, Epoch(rawValue: 2)))
        #expect(ensemble.now == 1500)
    }

    /// One follower sees the end of the leader later, and hears the other's vote while it still follows.
    @Test(arguments: [1, 2] as [ServerID])
    func whoSeesTheEndLateIsNotWaitedForLonger(late: ServerID) {
        var ensemble = serving()
        let early: ServerID = late == 1 ? 2 : 1
        ensemble.kill(3, tells: [early])
        ensemble.run()
        #expect(ensemble.leader == nil)
        for id in [late, 4] { ensemble.lose(3, at: id) }
        ensemble.run()
        #expect(ensemble.leader == 2)
        #expect(ensemble.status(1) == .following(2, Epoch(rawValue: 2)))
        #expect(ensemble.now == 1500)
    }

    @Test func aStoppedLeaderIsReplacedAtOnce() {
        var ensemble = serving()
        ensemble.put(.shutDown, to: 3)
        #expect(ensemble.status(3) == .stopped)
        #expect(ensemble.leader == 2)
        #expect(ensemble.status(1) == .following(2, Epoch(rawValue: 2)))
        #expect(ensemble.now == 1500)
    }

    /// Apache's learner gives up for long when it comes before the leader listens.
    @Test func aFollowerThatComesTooEarlyIsHeardWhenTheLeaderKnowsThatItLeads() {
        var ensemble = serving()
        ensemble.held = [2]
        ensemble.kill(3, tells: [1, 2, 4])
        ensemble.run()
        #expect(ensemble.leader == nil)
        ensemble.held = []
        ensemble.run()
        #expect(ensemble.leader == 2)
        #expect(ensemble.now == 1500)
    }
}
