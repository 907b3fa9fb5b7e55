import ArgumentParser
import Operations

struct Status: EnsembleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the ensemble and its servers are.",
        discussion: "Exit code: 0 healthy, 3 degraded, 4 no quorum, 5 not running.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Flag(name: .shortAndLong, help: "Show it again every second until Ctrl-C (with --json: one line each).")
    var watch = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let operations = try operations(ProgressPrinter(terminal))
        let name = try operations.store.choose(selection.ensemble)
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
