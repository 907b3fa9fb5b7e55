import Quorum

/// From a seed to a script.
extension Script {
    package struct Recording: Sendable {
        package var script: Script
        package var violation: String?
        /// How many commands the seed came to before any was left out.
        package var recorded: Int
        package var kept: Int
    }

    /// Runs a seed and writes it down. Where something is violated, leaves out all that does not matter to it.
    ///
    /// - Parameter end: the moment to stop at, in milliseconds; nil for the violation or the end of the run.
    package static func recording(_ scenario: Scenario, until end: Int? = nil) throws(Problem) -> Recording {
        let recorder = ScriptRecorder()
        let simulator = Simulator(scenario, recorder: recorder)
        let violation = simulator.run(until: end.map { $0 * 1000 } ?? .max).violation
        var ensemble = simulator.scenario.ensemble(clocks: simulator.nodes.map(\.clockRate))
        var lines = recorder.lines
        // What the healing was to lead to, a script demands in its own way.
        if violation?.hasPrefix("Liveness") == true { lines.append("serve") }
        let recorded = lines.count
        let faults = scenario.options.faults
        if let violation {
            let shown = try run(ensemble, lines, faults)
            guard shown.map(kind) == kind(violation) else {
                throw Problem(
                    description:
                        "the seed ends with \"\(violation)\", its script with \"\(shown ?? "nothing")\"")
            }
            lines = try shrink(ensemble, lines, faults, kind(violation))
            ensemble = try simplified(ensemble, lines, faults, kind(violation))
            lines = try shrink(ensemble, lines, faults, kind(violation))
        } else {
            let stage = Stage(planted: faults)
            for line in [ensemble, "show"] + lines { try stage.perform(line) }
            _ = stage.takeOutput()
            try stage.perform("status")
            guard stage.takeOutput() == simulator.nodes.map(\.words) else {
                throw Problem(description: "the seed and its script come to different ends")
            }
        }
        let script = try grouped(ensemble, lines, faults, violation: violation, seed: scenario.seed)
        return Recording(script: try script.run(), violation: violation, recorded: recorded, kept: lines.count)
    }

    /// A violation without its numbers.
    private static func kind(_ violation: String) -> String {
        if violation.hasPrefix("Liveness") { return "Liveness" }
        return violation.split(separator: " ").filter { !$0.contains(where: \.isNumber) }.joined(separator: " ")
    }

    private static func run(_ ensemble: String, _ lines: [String], _ faults: Faults) throws(Problem) -> String? {
        try Script(steps: [Step(commands: [ensemble, "show"] + lines, output: [])]).violation(planted: faults)
    }

    /// Leaves out what can be left out: half of it, a quarter, and so on down to single commands, until none can.
    private static func shrink(
        _ ensemble: String, _ lines: [String], _ faults: Faults, _ wanted: String
    ) throws(Problem) -> [String] {
        var lines = lines
        var size = lines.count / 2
        while size > 0 {
            var start = lines.count - size
            var removed = false
            while start > -size {
                let range = max(0, start)..<max(0, min(start + size, lines.count))
                var fewer = lines
                fewer.removeSubrange(range)
                if !range.isEmpty, try run(ensemble, fewer, faults).map(kind) == wanted {
                    lines = ScriptRecorder.merged(fewer)
                    removed = true
                }
                start = min(start, lines.count) - size
            }
            if size > 1 { size /= 2 } else if !removed { size = 0 }
        }
        return lines
    }

    /// Leaves out what the ensemble need not have.
    private static func simplified(
        _ ensemble: String, _ lines: [String], _ faults: Faults, _ wanted: String
    ) throws(Problem) -> String {
        var words = ensemble.split(separator: " ")
        for place in words.indices.dropFirst().reversed() {
            let word = words.remove(at: place)
            let shown: String?
            // Without some of them the script names servers that are not there.
            do throws(Problem) { shown = try run(words.joined(separator: " "), lines, faults) } catch { shown = nil }
            if shown.map(kind) != wanted { words.insert(word, at: place) }
        }
        return words.joined(separator: " ")
    }

    /// One step for each command that shows something, with those before it that do not.
    private static func grouped(
        _ ensemble: String, _ lines: [String], _ faults: Faults, violation: String?, seed: UInt64
    ) throws(Problem) -> Script {
        var steps: [Step] = []
        var commands = ["# Seed \(seed)\(violation.map { ": \($0)" } ?? "")", "", ensemble]
        let stage = Stage(planted: faults)
        for line in [ensemble] + lines {
            try stage.perform(line)
            if stage.wasVoid {
                _ = stage.takeOutput()
                continue
            }
            if line != ensemble { commands.append(line) }
            guard !stage.takeOutput().isEmpty else { continue }
            steps.append(Step(commands: commands, output: []))
            commands = []
        }
        if !commands.isEmpty { steps.append(Step(commands: commands, output: [])) }
        if violation != nil, let name = faults.name {
            steps.append(Step(commands: ["with \(name)"], output: []))
        }
        return Script(steps: steps)
    }
}
