import ArgumentParser
import Membership
import Operations
import Planning
import Provisioning
import Templates

struct Up: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Boot an ensemble on this machine, or apply what changed to a running one.",
        discussion: """
            Without FILE: the topology applied last, or three participants and an observer named demo. Returns when the
            ensemble is ready: every server serves, one leads, all have caught up, and a write through each succeeded.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Argument(help: "The topology (- for the standard input).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @Flag(help: "Show when each server spawned, bound, was elected, synced and wrote first.")
    var timeline = false

    @Flag(help: "Accept that the service stops where a change cannot be made otherwise.")
    var force = false

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        var options = UpOptions()
        options.force = force
        options.dryRun = dryRun
        options.name = file == nil ? nil : selection.ensemble
        let report = try await withProgress(terminal) { try await $0.up(try source($0.store), options: options) }
        if dryRun { return try show(plan: report, terminal) }
        guard let status = report.status else { return .failed }
        if global.json {
            try printJSON(UpOutput(report, status), terminal)
            return .done
        }
        if timeline { TimelineTable(report.timeline).lines(terminal).forEach(terminal.output) }
        StatusTable(status: status, terminal: terminal).lines().forEach(terminal.output)
        terminal.note(nextSteps(status))
        return .done
    }

    private func source(_ store: EnsembleStore) throws -> TopologySource {
        if let file { return try readTopology(file) }
        if selection.name != nil || !store.names().isEmpty { return .stored(selection.name) }
        return .text(Templates.demo, file: "demo.yaml")
    }

    private func show(plan report: UpReport, _ terminal: Terminal) throws -> ExitStatus {
        if global.json {
            try printJSON(UpOutput(report, nil), terminal)
            return .done
        }
        for warning in report.warnings { terminal.problem(warning.rendered()) }
        PlanLines(plan: report.files, terminal: terminal).lines(withUnchanged: false).forEach(terminal.output)
        if let outage = report.plan.outage { terminal.output("the service has to stop: \(outage)") }
        for action in report.actions { terminal.output(action.text) }
        if report.actions.isEmpty && !report.files.hasChanges { terminal.output("nothing to do") }
        return .done
    }

    private func nextSteps(_ status: EnsembleStatus) -> String {
        let steps = [
            ("\(Paddock.asCalled) shell", "talk to it"),
            ("eval \"$(\(Paddock.asCalled) env)\"", "ZK_CONNECT and friends for your program"),
            ("\(Paddock.asCalled) rolling-restart", "restart every server, losing nothing"),
            ("\(Paddock.asCalled) down", "stop it; its data stays"),
        ]
        let width = steps.map(\.0.count).max() ?? 0
        return "\nconnect to \(status.connect)\n"
            + steps.map { "  \($0)\(String(repeating: " ", count: width + 4 - $0.count))\($1)" }.joined(separator: "\n")
    }
}

/// The JSON of `up`.
private struct UpOutput: Encodable {
    struct File: Encodable {
        var path: String
        var change: String
    }

    struct Passage: Encodable {
        var server: ServerID
        var station: String
        /// Since the first thing that happened.
        var seconds: Seconds
    }

    var version = 1
    var ensemble: String
    var dryRun: Bool
    var files: [File]
    var actions: [String]
    var outage: String?
    var timeline: [Passage]
    var status: EnsembleStatus?

    init(_ report: UpReport, _ status: EnsembleStatus?) {
        ensemble = report.ensemble.name
        dryRun = report.wasDryRun
        files = report.files.files.map { File(path: $0.path, change: $0.word) }
        actions = report.actions.map(\.text)
        outage = report.plan.outage
        timeline = report.timeline.servers.flatMap { server in
            Timeline.Station.allCases.compactMap { station in
                report.timeline.elapsed(server, station).map {
                    Passage(server: server, station: station.rawValue, seconds: Seconds($0))
                }
            }
        }
        self.status = status
    }
}
