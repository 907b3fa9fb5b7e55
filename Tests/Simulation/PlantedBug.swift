import Quorum

/// A protocol bug the core can be told to commit, and the search for a seed that shows it.
package struct PlantedBug: Sendable {
    package let name: String
    package let faults: Faults

    package static let all: [PlantedBug] = [
        PlantedBug(name: "NEWLEADER is ACKed before history and epoch are on disk", faults: .ackNewLeaderBeforeDurable),
        PlantedBug(name: "proposals are ACKed before they are on disk", faults: .ackProposalBeforeDurable),
        PlantedBug(name: "the leader counts itself before its disk is done", faults: .leaderAcksBeforeDurable),
        PlantedBug(name: "epochs are kept in memory only", faults: .epochsNotStored),
        PlantedBug(name: "a reconfig needs only the old quorum", faults: .reconfigByOldQuorum),
        PlantedBug(name: "a new leader takes an epoch that was used", faults: .reuseEpoch),
        PlantedBug(name: "the highest server id wins, whatever it has logged", faults: .electBlindly),
        PlantedBug(name: "a leader goes on without its quorum", faults: .leadAlone),
        PlantedBug(name: "uncommitted txns are dropped before voting", faults: .voteWithoutUncommitted),
        PlantedBug(name: "observers are counted", faults: .countObservers),
        PlantedBug(name: "half of the voters is a quorum", faults: .halfIsQuorum),
        PlantedBug(name: "TRUNC is ignored", faults: .ignoreTruncate),
        PlantedBug(name: "a learner hears commits only after its sync", faults: .subscribeLate),
        PlantedBug(name: "SYNC overtakes outstanding proposals", faults: .syncOvertakes),
        PlantedBug(name: "effects are carried out after the next input", faults: .effectsBehindNextInput),
        PlantedBug(name: "followers apply what is only proposed", faults: .applyProposals),
        PlantedBug(name: "a leader serves before a quorum has its history", faults: .serveBeforeQuorum),
        PlantedBug(name: "ACKs outlive the TRUNC that undoes them", faults: .keepAcksOverSync),
    ]

    package struct Find: Sendable {
        package var seed: UInt64
        package var tried: Int
        package var violation: String
    }

    package func find(within seeds: Int, from first: UInt64) -> Find? {
        for tried in 1...seeds {
            let seed = first + UInt64(tried) - 1
            if let violation = Simulator.run(Scenario(seed: seed, planted: faults)).violation {
                return Find(seed: seed, tried: tried, violation: violation)
            }
        }
        return nil
    }
}
