import Quorum

/// A run that is written down: commands, and behind each group of them what came of it. Tests/SimulationTests/Scripts/README.md
/// says how it is written.
package struct Script: Sendable {
    package struct Step: Sendable {
        /// Commands, comments and empty lines.
        var commands: [String]
        package var output: [String]

        /// Its commands alone.
        var actions: [String] { commands.filter { !$0.isEmpty && !$0.hasPrefix("#") } }
    }

    package private(set) var steps: [Step] = []
    /// Comments behind the last step.
    private var rest: [String] = []

    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    init(steps: [Step]) { self.steps = steps }

    package init(_ text: String) throws(Problem) {
        var commands: [String] = []
        var output: [String]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line == Self.separator {
                guard output == nil else { throw Problem(description: "\(Self.separator) twice behind: \(commands)") }
                output = []
            } else if let lines = output {
                if line.isEmpty {
                    steps.append(Step(commands: commands, output: lines))
                    (commands, output) = ([], nil)
                } else {
                    output = lines + [line]
                }
            } else {
                commands.append(line)
            }
        }
        if let output { steps.append(Step(commands: commands, output: output)) } else { rest = commands }
        let isComment = rest.allSatisfy { $0.isEmpty || $0.hasPrefix("#") }
        guard isComment else {
            throw Problem(description: "no \(Self.separator) behind: \(rest.joined(separator: " "))")
        }
        while rest.last?.isEmpty == true { rest.removeLast() }
    }

    private static let separator = "----"

    package var text: String {
        let blocks = steps.map { ($0.commands + [Self.separator] + $0.output).joined(separator: "\n") }
        return (blocks + (rest.isEmpty ? [] : [rest.joined(separator: "\n")])).joined(separator: "\n\n") + "\n"
    }

    /// The same commands, with what comes of them now.
    ///
    /// - Parameter planted: bugs for the servers to commit.
    package func run(planted: Faults = []) throws(Problem) -> Script {
        var script = self
        let stage = Stage(planted: planted)
        for place in script.steps.indices {
            for line in script.steps[place].actions {
                if line.hasPrefix("with ") {
                    try stage.say(verdict(of: line.dropFirst(5), before: place))
                } else {
                    try stage.perform(line)
                }
            }
            script.steps[place].output = stage.takeOutput()
        }
        return script
    }

    /// What is violated first.
    package func violation(planted: Faults = []) throws(Problem) -> String? {
        let stage = Stage(planted: planted)
        for step in steps {
            for line in step.actions where !line.hasPrefix("with ") {
                try stage.perform(line)
                if let violation = stage.violation { return violation }
            }
        }
        return nil
    }

    /// What the steps before come to with a bug planted: the script is worth keeping while it shows it.
    private func verdict(of name: Substring, before place: Int) throws(Problem) -> String {
        guard let faults = Faults.named(name) else { throw Problem(description: "there is no fault \(name)") }
        let violation = try Script(steps: Array(steps[..<place])).violation(planted: faults)
        return violation.map { "violation: \($0)" } ?? "no violation"
    }
}

extension Faults {
    static let names: [(name: String, fault: Faults)] = [
        ("ackNewLeaderBeforeDurable", .ackNewLeaderBeforeDurable),
        ("ackProposalBeforeDurable", .ackProposalBeforeDurable),
        ("leaderAcksBeforeDurable", .leaderAcksBeforeDurable), ("epochsNotStored", .epochsNotStored),
        ("reconfigByOldQuorum", .reconfigByOldQuorum), ("reuseEpoch", .reuseEpoch),
        ("voteWithoutUncommitted", .voteWithoutUncommitted), ("countObservers", .countObservers),
        ("halfIsQuorum", .halfIsQuorum), ("ignoreTruncate", .ignoreTruncate), ("subscribeLate", .subscribeLate),
        ("syncOvertakes", .syncOvertakes), ("applyProposals", .applyProposals),
        ("serveBeforeQuorum", .serveBeforeQuorum), ("keepAcksOverSync", .keepAcksOverSync),
        ("electBlindly", .electBlindly), ("leadAlone", .leadAlone), ("effectsBehindNextInput", .effectsBehindNextInput),
    ]

    package static func named(_ name: some StringProtocol) -> Faults? {
        names.first { $0.name == name }.map(\.fault)
    }

    var name: String? { Self.names.first { $0.fault == self }.map(\.name) }
}
