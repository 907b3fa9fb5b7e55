import Quorum

/// What one run of the whole server is like, drawn from its seed. Times are microseconds of simulated time unless they say
/// otherwise.
package struct ServiceScenario: Sendable, CustomStringConvertible {
    package let seed: UInt64
    let voters: Int
    let observers: Int
    let clients: Int
    var options = QuorumOptions()
    let linkDelay: Int
    let diskDelay: Int
    let clientPause: Int
    let faultPause: Int
    private(set) var stormLength: Int
    /// Milliseconds.
    let sessionTimeout: Int
    let bug: ServiceBug?

    package init(seed: UInt64, planted bug: ServiceBug? = nil) {
        var chance = Chance(seed: seed ^ 0x5E55_1045)
        self.seed = seed
        self.bug = bug
        voters = chance.pick([1, 3, 3, 3, 3, 5])
        observers = chance.pick([0, 0, 1])
        clients = chance.pick(2...5)
        options.tickTime = Int64(chance.pick([50, 100]))
        options.initLimit = 10
        options.syncLimit = Int64(chance.pick(3...5))
        options.electionWait = Int64(chance.pick([1, 20]))
        options.maxNotificationInterval = 400
        options.connectPatience = 200
        options.historyLimit = chance.pick([5, 50, 500])
        if bug == .effectsBehindNextInput { options.faults = .effectsBehindNextInput }
        linkDelay = chance.pick([100, 500, 2000])
        diskDelay = chance.pick([200, 1000, 5000])
        clientPause = chance.pick([3000, 10_000, 30_000])
        faultPause = chance.pick([100_000, 300_000, 1_000_000])
        stormLength = chance.pick([1_000_000, 2_000_000, 4_000_000])
        sessionTimeout = chance.pick([600, 1200])
    }

    /// The same with a short storm: for debug builds, which are slow.
    package var shortened: ServiceScenario {
        var scenario = self
        scenario.stormLength = 400_000
        return scenario
    }

    var servers: Int { voters + observers }

    package var description: String {
        """
        service seed \(seed): \(voters) voters and \(observers) observers, \(clients) clients, tick \(options.tickTime) ms, \
        session timeout \(sessionTimeout) ms, link \(linkDelay) µs, disk \(diskDelay) µs, a client's step each \
        \(clientPause) µs, \(stormLength / 1000) ms with a fault each \(faultPause / 1000) ms
        """
    }
}

/// A mistake that a server could make with its clients' requests, for the simulator to find.
package enum ServiceBug: String, CaseIterable, Sendable {
    /// An event goes out behind the reply that shows the change.
    case lateEvent
    /// Sessions of clients that are gone are never closed, and their ephemerals stay.
    case ephemeralStays
    /// Of two requests that come together, the second is taken first.
    case replyOutOfOrder
    /// The shell puts in all that one read brings before it carries out what the first of it led to.
    case effectsBehindNextInput
    /// An event is dropped when the client has more to hear.
    case lostEvent

    /// How what it leads to is told.
    package var shows: [String] {
        switch self {
        case .lateEvent, .lostEvent: ["Watches: "]
        case .ephemeralStays: ["Session: "]
        case .replyOutOfOrder: ["FIFO: "]
        case .effectsBehindNextInput: ["FIFO: ", "client "]
        }
    }

    /// The first seed that shows it.
    package func find(within seeds: Int, from first: UInt64) -> PlantedBug.Find? {
        for tried in 1...seeds {
            let seed = first + UInt64(tried) - 1
            if let violation = ServiceSimulator.run(ServiceScenario(seed: seed, planted: self)).violation {
                return PlantedBug.Find(seed: seed, tried: tried, violation: violation)
            }
        }
        return nil
    }
}
