import ArgumentParser
import Membership
import Operations
import Planning

struct RollingRestartCommand: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "rolling-restart",
        abstract: "Restart every server, one after the other, the leader last, without an outage.",
        discussion: """
            A client writes meanwhile; at the end it is said how long it could not, and that no acknowledged write was lost.
            A step that does not come back stops the whole; the same command continues where it stopped.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Option(help: ArgumentHelp("Wait between two servers, e.g. 10s or 1m.", valueName: "duration"))
    var pause: DurationArgument?

    @Flag(help: "Ask before each server.")
    var confirm = false

    @Flag(help: "Begin anew where an earlier one stopped half way.")
    var startOver = false

    @Flag(help: "Do it even when no quorum is left while a server restarts (one or two participants).")
    var force = false

    @Flag(help: "Show the order, and do nothing.")
    var dryRun = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let progress = ProgressPrinter(terminal)
        let operations = operations(progress)
        defer { progress.clear() }
        var options = RollingRestartOptions()
        options.pause = pause?.duration ?? .zero
        options.startsOver = startOver
        options.force = force
        if confirm {
            guard terminal.isInteractive else {
                throw OperationError(.badUsage, "--confirm needs a terminal to ask on", mend: "leave it out")
            }
            options.confirm = { id in
                progress.clear()
                return (try? terminal.confirms("Restart server \(id)?")) ?? false
            }
        }
        if dryRun {
            let plan = try await operations.rollingRestartPlan(selection.name, options: options)
            if global.json {
                try printJSON(
                    PlanOutput(
                        ensemble: plan.ensemble, steps: plan.servers, done: plan.done),
                    terminal)
            } else {
                for id in plan.done { terminal.output("server \(id) was restarted already") }
                for id in plan.servers { terminal.output("restart server \(id)") }
            }
            return .done
        }
        let report = try await operations.rollingRestart(selection.name, options: options)
        progress.clear()
        if global.json {
            try printJSON(report, terminal)
        } else {
            RollingReportLines(
                steps: report.steps, longestWriteGap: report.longestWriteGap, writes: report.writes, lost: report.lost
            ).lines(terminal).forEach(terminal.output)
        }
        return report.lost == 0 ? .done : .failed
    }

    private struct PlanOutput: Encodable {
        var version = 1
        var ensemble: String
        var steps: [ServerID]
        var done: [ServerID]
    }
}
