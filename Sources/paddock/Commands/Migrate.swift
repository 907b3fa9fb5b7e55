import ArgumentParser
import Membership
import Operations
import Planning
import Topology

struct Migrate: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Move servers to another engine, one after the other, the leader last, without an outage.",
        discussion: """
            The data directories stay: each server comes back with what it had. A client writes meanwhile; at the end it is
            said how long it could not, and that no acknowledged write was lost. A step that does not come back stops the
            whole; the same command continues where it stopped, and the other direction takes it back. Write the new engine
            into your own topology file, too: `paddock up FILE` applies what that says.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Option(help: "The engine to move to: bundled or apache.")
    var to: EngineArgument

    @Option(
        help: ArgumentHelp(
            "The Apache distribution to move to (default: the one used last, else the first found).", valueName: "dir"),
        completion: .directory)
    var home: String?

    @Argument(
        help: ArgumentHelp("Only these: ids, or leader, followers, observers; all without.", valueName: "server"),
        completion: KnownWords.servers(["leader", "followers", "observers"]))
    var servers: [String] = []

    @Option(help: ArgumentHelp("Wait between two servers, e.g. 10s or 1m.", valueName: "duration"))
    var pause: DurationArgument?

    @Flag(help: "Do it even when no quorum is left while a server restarts (one or two participants).")
    var force = false

    @Flag(help: "Show the steps, and do nothing.")
    var dryRun = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        var options = MigrationOptions()
        options.pause = pause?.duration ?? .zero
        options.force = force
        let engine = try engine()
        if dryRun {
            let plan = try await withProgress(terminal) {
                try await $0.migrationPlan(selection.name, to: engine, servers: servers, options: options)
            }
            if global.json {
                try printJSON(PlanOutput(plan, engine: to.rawValue), terminal)
            } else if plan.steps.isEmpty {
                terminal.output("nothing to do")
            } else {
                terminal.output("move to \(plan.target)")
                for step in plan.steps { terminal.output(step.text) }
            }
            return .done
        }
        let report = try await withProgress(terminal) {
            try await $0.migrate(selection.name, to: engine, servers: servers, options: options)
        }
        if global.json {
            try printJSON(report, terminal)
        } else if report.steps.isEmpty {
            terminal.output("no server had to be switched; the topology of \(report.ensemble) says \(report.engine)")
        } else {
            RollingReportLines(
                steps: report.steps, longestWriteGap: report.longestWriteGap, writes: report.writes, lost: report.lost
            ).lines(terminal).forEach(terminal.output)
        }
        return report.lost == 0 ? .done : .failed
    }

    private func engine() throws(OperationError) -> EngineChoice {
        guard let home else { return to.choice }
        guard to == .apache else {
            throw OperationError(.badUsage, "the bundled server has no home", mend: "leave --home out")
        }
        return to.choice.at(home: EnsembleStore.absolute(home, from: EnsembleStore.workingDirectory()))
    }

    private struct PlanOutput: Encodable {
        struct Step: Encodable {
            var id: ServerID
            var from: String
            var to: String
        }

        var version = 1
        var ensemble: String
        var engine: String
        var target: String
        var steps: [Step]

        init(_ plan: MigrationPlan, engine: String) {
            ensemble = plan.ensemble
            self.engine = engine
            target = plan.target
            steps = plan.steps.map { Step(id: $0.id, from: $0.from, to: $0.to) }
        }
    }
}
