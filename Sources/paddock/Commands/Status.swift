import ArgumentParser
import Operations
import Planning
import Supervision

struct Status: EnsembleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the ensemble and its servers are.",
        discussion: "Exit code: 0 healthy, 3 degraded, 4 no quorum, 5 not running.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Flag(name: .shortAndLong, help: "Show it again every second until Ctrl-C (with --json: one line each).")
    var watch = false

    var isStream: Bool { watch }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        if watch { Terminal.endWithReader() }
        let operations = try operations(ProgressPrinter(terminal))
        let name = try operations.store.choose(selection.name)
        guard watch else {
            let status = try await operations.status(name)
            if global.json {
                try printJSON(status, terminal)
            } else {
                StatusTable(status: status, terminal: terminal).lines().forEach(terminal.output)
            }
            return ExitStatus(rawValue: status.health.exitCode) ?? .failed
        }
        while true {
            let status = try await operations.status(name)
            if global.json {
                try printJSON(status, terminal, isLine: true)
            } else {
                let lines = StatusTable(status: status, terminal: terminal).lines()
                // Home, the lines, each cleared to its end, and nothing below: no flicker.
                let isScreen = terminal.colours.output
                terminal.output(
                    isScreen
                        ? "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\n\u{1B}[J"
                        : lines.joined(separator: "\n"))
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

struct Wait: EnsembleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Wait until the ensemble is healthy, or has a quorum.",
        discussion: """
            Looks and changes nothing. Exit code: 0 when it is so, and when the time is up that of `status`: 3 degraded, 4 no quorum,
            5 not running.
            """)

    enum Goal: String, ExpressibleByArgument, CaseIterable {
        case healthy, quorum
    }

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Option(name: .customLong("for"), help: "What to wait for: healthy or quorum.")
    var goal: Goal = .healthy

    @Option(help: ArgumentHelp("How long, e.g. 10s or 2m; 0 looks once.", valueName: "duration"))
    var timeout = DurationArgument(.seconds(60))

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let progress = ProgressPrinter(terminal)
        let operations = try operations(progress)
        defer { progress.clear() }
        let name = try operations.store.choose(selection.name)
        let deadline = Instant.now() + timeout.duration
        var told = ""
        while true {
            let status = try await operations.status(name)
            try Task.checkCancellation()
            let isReached = status.health == .healthy || (goal == .quorum && status.health == .degraded)
            let remaining = deadline - .now()
            if isReached || remaining <= .zero {
                progress.clear()
                if global.json {
                    try printJSON(status, terminal)
                } else if isReached {
                    terminal.note("\(name) is \(status.health.rawValue)")
                } else {
                    let word = status.health.rawValue.replacing("-", with: " ")
                    terminal.problem("\(name) is \(word) after \(timeout.duration.wholeSeconds) s")
                    for problem in status.problems { terminal.problem("! \(problem)") }
                }
                return isReached ? .done : ExitStatus(rawValue: status.health.exitCode) ?? .failed
            }
            let text = status.problems.isEmpty ? status.health.rawValue : status.problems.joined(separator: "; ")
            if text != told { progress.show(.waiting(text)) }
            told = text
            try await Task.sleep(for: min(remaining, .milliseconds(200)))
        }
    }
}
