import ArgumentParser
@preconcurrency import Glibc
import Simulation

/// Runs the simulator over many seeds.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Run simulated ensembles, one for each seed, until one breaks a rule.")

    @Option(help: "How many seeds to run.")
    var seeds = 1000

    @Option(help: "The first seed.")
    var from: UInt64 = 1

    @Option(help: "Stop after so many seconds.")
    var time: Int?

    @Flag(help: "Storms of one second only.")
    var short = false

    @Flag(help: "Pass over the seeds that reconfigure.")
    var steady = false

    @Flag(help: "Go on after a violation, and print all.")
    var all = false

    @Flag(help: "Print each event of the first seed, then stop.")
    var trace = false

    @Flag(help: "Commit each planted bug in turn and print the seed that shows it.")
    var planted = false

    func run() throws {
        setlinebuf(stdout)
        if trace {
            try traceOne()
        } else if planted {
            try findPlanted()
        } else {
            try search()
        }
    }

    private func scenario(_ seed: UInt64) -> Scenario {
        short ? Scenario(seed: seed).shortened : Scenario(seed: seed)
    }

    private func traceOne() throws {
        let scenario = scenario(from)
        print(scenario)
        report(Simulator.run(scenario) { print($0) }, of: scenario)
    }

    private func search() throws {
        let clock = ContinuousClock()
        let start = clock.now
        var done = 0
        var writes = 0
        var events = 0
        var digest: UInt64 = 0
        var violations = 0
        for seed in from..<(from + UInt64(seeds)) {
            let scenario = scenario(seed)
            if steady, scenario.reconfigures { continue }
            let outcome = Simulator.run(scenario)
            done += 1
            writes += outcome.writes
            events += outcome.events
            digest = digest &* 31 &+ outcome.digest
            if outcome.violation != nil {
                report(outcome, of: scenario)
                print("see every event of it with: bin/simulate --from \(seed) --trace")
                violations += 1
                if !all { throw ExitCode.failure }
            }
            if let time, clock.now - start > .seconds(time) { break }
        }
        let seconds = (clock.now - start).components.seconds
        let verdict = violations == 0 ? "without a violation" : "with \(violations) violations"
        print(
            "\(done) seeds from \(from) \(verdict) in \(seconds) s: \(events) events, \(writes) acknowledged writes, digest \(String(digest, radix: 16))"
        )
        if violations > 0 { throw ExitCode.failure }
    }

    private func findPlanted() throws {
        var missed: [String] = []
        for bug in PlantedBug.all {
            if let found = bug.find(within: seeds, from: from) {
                print("\(bug.name): seed \(found.seed), the \(found.tried)th: \(found.violation)")
            } else {
                print("\(bug.name): not found in \(seeds) seeds")
                missed.append(bug.name)
            }
        }
        if !missed.isEmpty { throw ExitCode.failure }
    }

    private func report(_ outcome: Simulator.Outcome, of scenario: Scenario) {
        if let violation = outcome.violation {
            print(scenario)
            print("seed \(scenario.seed) after \(outcome.milliseconds) ms: \(violation)")
        } else {
            print(
                "seed \(scenario.seed): no violation in \(outcome.milliseconds) ms, \(outcome.events) events, \(outcome.txns) txns, \(outcome.writes) writes, \(outcome.reads) reads, digest \(String(outcome.digest, radix: 16))"
            )
        }
    }
}
