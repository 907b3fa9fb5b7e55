import Quorum

/// What one run is like: everything here is drawn from the seed, and printed before the run. Times are microseconds of
/// simulated time unless they say otherwise.
package struct Scenario: CustomStringConvertible, Sendable {
    package let seed: UInt64
    let voters: Int
    let observers: Int
    /// Servers that are not in the first configuration.
    let spares: Int
    /// Mean time between reconfigs; 0 where the configuration stays.
    let reconfigPause: Int
    package var reconfigures: Bool { reconfigPause > 0 }
    /// The voters' groups; none for a majority.
    let groups: [[Int64]]
    /// Only scripts have them: the weight of a voter that is not 1, and the speed of each server's clock in percent.
    var weights: [(server: Int64, weight: Int64)] = []
    var clocks: [Int] = []
    let clients: Int
    var options = QuorumOptions()
    /// Mean delay of a message, of a disk's batch, and between a client's steps.
    let linkDelay: Int
    let diskDelay: Int
    let clientPause: Int
    /// Mean time between faults.
    let faultPause: Int
    let faults: [FaultKind]
    /// How long faults go on.
    var stormLength: Int
    /// Session timeout in milliseconds.
    let sessionTimeout: Int32
    /// Servers' clocks run up to this much too fast or slow, in percent.
    let clockDrift: Int
    /// A crash or a broken connection may cost election messages; so may chance, in percent.
    let notificationLoss: Int
    /// Servers keep their whole log (false), or snapshot and purge now and then.
    let purges: Bool

    enum FaultKind: String, CaseIterable, Sendable {
        case crash, crashLeader, crashCandidate, crashAll, pause, shutDown, breakConnection, stallConnection, isolate,
            isolateLeader,
            split,
            oneWay, slowDisk, slowLeaderDisk, flap, limp
    }

    package init(seed: UInt64, planted: Faults = []) {
        var chance = Chance(seed: seed)
        self.seed = seed
        voters = chance.pick([1, 2, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 6, 7])
        observers = chance.pick([0, 0, 0, 1, 1, 2])
        let reconfigures = chance.happens(percent: 40)
        spares = reconfigures && voters < 6 ? chance.pick(0...2) : 0
        reconfigPause = reconfigures ? chance.pick([100_000, 400_000, 1_000_000]) : 0
        options.reconfigEnabled = reconfigures
        options.standaloneEnabled = chance.happens(percent: 50)
        let hierarchical = voters >= 5 && chance.happens(percent: 20)
        groups =
            hierarchical
            ? [0..<3, 3..<(voters - 1), (voters - 1)..<voters].map { range in range.map { Int64($0 + 1) } } : []
        clients = chance.pick(1...5)
        options.tickTime = Int64(chance.pick([50, 100, 200]))
        options.initLimit = Int64(chance.pick(5...10))
        options.syncLimit = Int64(chance.pick(2...5))
        options.electionWait = Int64(chance.pick([1, 10, 50, 200]))
        options.minNotificationInterval = Int64(chance.pick([20, 50, 200]))
        options.maxNotificationInterval = Int64(chance.pick([400, 1000]))
        options.connectPatience = Int64(chance.pick([50, 200, 1000]))
        options.historyLimit = chance.pick([2, 5, 20, 500])
        options.syncFromDisk = chance.happens(percent: 50)
        options.alwaysSnapshot = chance.happens(percent: 5)
        options.faults = planted
        linkDelay = chance.pick([100, 500, 2000, 10_000])
        diskDelay = chance.pick([200, 1000, 5000, 20_000])
        clientPause = chance.pick([3000, 10_000, 40_000])
        faultPause = chance.pick([50_000, 150_000, 150_000, 400_000, 400_000, 1_000_000])
        stormLength = chance.pick([2_000_000, 5_000_000, 8_000_000])
        sessionTimeout = Int32(chance.pick([600, 1500]))
        clockDrift = chance.pick([0, 0, 5, 20])
        notificationLoss = chance.pick([0, 0, 5, 20, 50])
        purges = chance.happens(percent: 50)
        // A different mixture each time: a run with few kinds of faults goes deeper into each.
        var kinds = FaultKind.allCases.filter { _ in chance.happens(percent: 50) }
        if kinds.isEmpty { kinds = [.crash] }
        faults = kinds
    }

    /// The same with one second of storm: for debug builds, which are slow.
    package var shortened: Scenario {
        var scenario = self
        scenario.stormLength = min(stormLength, 1_000_000)
        return scenario
    }

    var servers: Int { voters + observers + spares }

    package var description: String {
        """
        seed \(seed): \(voters) voters\(!groups.isEmpty ? " in groups" : "") and \(observers) observers\
        \(spares > 0 ? " and \(spares) spares" : ""), \(clients) clients, \
        \(reconfigPause > 0 ? "a reconfig each \(reconfigPause / 1000) ms, " : "")\
        tick \(options.tickTime) ms, initLimit \(options.initLimit), syncLimit \(options.syncLimit), history \
        \(options.historyLimit)\(options.syncFromDisk ? " and disk" : "")\(purges ? ", purging" : ""), link \(linkDelay) µs, \
        disk \(diskDelay) µs, a client's step each \(clientPause) µs, clocks ±\(clockDrift) %, lost notifications \
        \(notificationLoss) %, \(stormLength / 1000) ms with a fault each \(faultPause / 1000) ms of: \
        \(faults.map(\.rawValue).joined(separator: " "))
        """
    }
}
