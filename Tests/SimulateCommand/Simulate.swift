import ArgumentParser
import Dispatch
@preconcurrency import Glibc
import Quorum
import Simulation
import Synchronization

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

    @Option(help: "How many seeds to run at once.")
    var jobs = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    @Flag(help: "Storms of one second only.")
    var short = false

    @Flag(help: "Pass over the seeds that reconfigure.")
    var steady = false

    @Flag(help: "Go on after a violation, and print all.")
    var all = false

    @Flag(help: "Print each event of the first seed, then stop.")
    var trace = false

    @Option(help: "Write the first seed into this file as a script: all events up to a violation that matter to it.")
    var script: String?

    @Option(help: "With --script: stop after so many milliseconds.")
    var until: Int?

    @Option(help: "With --script and --trace: a bug for the servers to commit, such as applyProposals.")
    var fault: String?

    @Option(parsing: .upToNextOption, help: "Run these scripts and compare what comes of them with what they say.")
    var replay: [String] = []

    @Flag(help: "With --replay: write into the scripts what comes of them.")
    var rewrite = false

    @Flag(help: "Run whole servers: sessions, ephemerals, watches and multi, over the quorum.")
    var service = false

    @Flag(help: "Commit each planted bug in turn and print the seed that shows it.")
    var planted = false

    func validate() throws {
        if service, trace || script != nil || fault != nil || steady || !replay.isEmpty {
            throw ValidationError(
                "--service goes with --seeds, --from, --time, --jobs, --short, --all and --planted.")
        }
    }

    func run() throws {
        setlinebuf(stdout)
        if !replay.isEmpty {
            try replayAll()
        } else if let script {
            try write(script)
        } else if trace {
            try traceOne()
        } else if planted {
            try findPlanted()
        } else {
            try search()
        }
    }

    private func scenario(_ seed: UInt64) throws -> Scenario {
        var planted: Faults = []
        if let fault {
            guard let faults = Faults.named(fault) else { throw ValidationError("There is no fault \(fault).") }
            planted = faults
        }
        let scenario = Scenario(seed: seed, planted: planted)
        return short ? scenario.shortened : scenario
    }

    private func write(_ path: String) throws {
        let scenario = try scenario(from)
        let recording = try Script.recording(scenario, until: until)
        try Self.write(recording.script.text, to: path)
        print(scenario)
        print("\(path): \(recording.kept) of \(recording.recorded) commands; \(recording.violation ?? "no violation")")
    }

    private func replayAll() throws {
        var differ = 0
        for path in replay {
            let script = try Script(Self.read(path))
            let run = try script.run()
            if run.text == script.text { continue }
            differ += 1
            print("\(path): \(rewrite ? "rewritten" : "differs")")
            if rewrite {
                try Self.write(run.text, to: path)
            } else if let (step, other) = zip(script.steps, run.steps).first(where: { $0.output != $1.output }) {
                print((["wanted:"] + step.output + ["is:"] + other.output).joined(separator: "\n"))
            }
        }
        print("\(replay.count) scripts, \(differ) \(rewrite ? "rewritten" : "differ")")
        if differ > 0, !rewrite { throw ExitCode.failure }
    }

    private static func read(_ path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw ValidationError("Cannot read \(path).") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w"), fputs(text, file) >= 0, fclose(file) == 0 else {
            throw ValidationError("Cannot write \(path).")
        }
    }

    private func traceOne() throws {
        let scenario = try scenario(from)
        print(scenario)
        report(Simulator.run(scenario) { print($0) }, of: scenario.description, scenario.seed)
    }

    private func search() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let work = Mutex(Work(next: from))
        let end = from + UInt64(seeds)
        let isShort = short
        DispatchQueue.concurrentPerform(iterations: max(1, jobs)) { _ in
            while let seed = work.withLock({ $0.take(before: end) }) {
                let scenario = isShort ? Scenario(seed: seed).shortened : Scenario(seed: seed)
                if steady, scenario.reconfigures { continue }
                let whole = ServiceScenario(seed: seed)
                let outcome =
                    service ? ServiceSimulator.run(isShort ? whole.shortened : whole) : Simulator.run(scenario)
                work.withLock { work in
                    work.done(seed, outcome)
                    if outcome.violation != nil {
                        report(outcome, of: service ? whole.description : scenario.description, seed)
                        if !service { print("see every event of it with: bin/simulate --from \(seed) --trace") }
                        if !all { work.isOver = true }
                    }
                    if let time, clock.now - start > .seconds(time) { work.isOver = true }
                }
            }
        }
        let seconds = (clock.now - start).components.seconds
        let done = work.withLock { $0 }
        let verdict = done.violations == 0 ? "without a violation" : "with \(done.violations) violations"
        print(
            "\(done.seeds) seeds from \(from) \(verdict) in \(seconds) s: \(done.events) events, \(done.writes) acknowledged writes, digest \(String(done.digest, radix: 16))"
        )
        if done.violations > 0 { throw ExitCode.failure }
    }

    /// What the threads of a search share.
    private struct Work {
        var next: UInt64
        var isOver = false
        var seeds = 0
        var violations = 0
        var writes = 0
        var events = 0
        /// The same in whatever order the seeds end.
        var digest: UInt64 = 0

        mutating func take(before end: UInt64) -> UInt64? {
            guard !isOver, next < end else { return nil }
            defer { next += 1 }
            return next
        }

        mutating func done(_ seed: UInt64, _ outcome: Simulator.Outcome) {
            seeds += 1
            if outcome.violation != nil { violations += 1 }
            writes += outcome.writes
            events += outcome.events
            digest &+= outcome.digest &* (seed << 1 | 1)
        }
    }

    private func findPlanted() throws {
        var missed: [String] = []
        func tell(_ name: String, _ found: PlantedBug.Find?) {
            if let found {
                print("\(name): seed \(found.seed), the \(found.tried)th: \(found.violation)")
            } else {
                print("\(name): not found in \(seeds) seeds")
                missed.append(name)
            }
        }
        if service {
            for bug in ServiceBug.allCases { tell(bug.rawValue, bug.find(within: seeds, from: from)) }
        } else {
            for bug in PlantedBug.all { tell(bug.name, bug.find(within: seeds, from: from)) }
        }
        if !missed.isEmpty { throw ExitCode.failure }
    }

    private func report(_ outcome: Simulator.Outcome, of scenario: String, _ seed: UInt64) {
        if let violation = outcome.violation {
            print(scenario)
            print("seed \(seed) after \(outcome.milliseconds) ms: \(violation)")
        } else {
            print(
                "seed \(seed): no violation in \(outcome.milliseconds) ms, \(outcome.events) events, \(outcome.txns) txns, \(outcome.writes) writes, \(outcome.reads) reads, digest \(String(outcome.digest, radix: 16))"
            )
        }
    }
}
