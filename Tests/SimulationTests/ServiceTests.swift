import Testing

@testable import Simulation

/// Whole servers under seeds: what their clients see.
@Suite struct ServiceTests {
    @Test func theSameSeedGivesTheSameRun() {
        let first = ServiceSimulator.run(ServiceScenario(seed: 2).shortened)
        let second = ServiceSimulator.run(ServiceScenario(seed: 2).shortened)
        #expect(first.digest == second.digest)
        #expect(first.events == second.events)
        #expect(ServiceSimulator.run(ServiceScenario(seed: 3).shortened).digest != first.digest)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func noSeedBreaksARule(seed: UInt64) {
        let outcome = ServiceSimulator.run(ServiceScenario(seed: seed).shortened)
        #expect(outcome.violation == nil)
        #expect(outcome.writes > 0)
        #expect(outcome.reads > 0)
    }

    /// Each mistake with clients' requests shows within a few seeds.
    @Test(arguments: ServiceBug.allCases)
    func aPlantedBugIsFound(bug: ServiceBug) throws {
        let found = try #require(bug.find(within: 10, from: 1))
        #expect(bug.shows.contains { found.violation.hasPrefix($0) }, "\(found.violation)")
    }
}
