import ArgumentParser
import Operations

struct EnableCommand: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Let systemd start the ensemble again when the machine does.",
        discussion: """
            Writes and enables a unit that runs `paddock supervise`: root's among the machine's, anybody else's among the
            user's own, which start with the machine where `loginctl enable-linger` allows it. The servers that ran are
            started; those that were stopped stay so. What runs now is left alone.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Flag(help: "Print the unit, and write nothing.")
    var dryRun = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let report = try await withProgress(terminal) { try await $0.enable(selection.name, dryRun: dryRun) }
        if global.json {
            try printJSON(EnableOutput(report, dryRun: dryRun), terminal)
        } else if dryRun {
            terminal.output("# \(report.path)\n\(report.text.dropLast())")
        } else {
            terminal.output("\(report.path) is \(report.changed ? "written and enabled" : "enabled")")
        }
        if report.needsLinger, !dryRun {
            terminal.note("it starts with the machine, and not only at login, after: loginctl enable-linger")
        }
        return .done
    }
}

struct DisableCommand: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Take back what `enable` did.", discussion: "What runs now is left alone.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Flag(help: "Show what would be removed, and remove nothing.")
    var dryRun = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let report = try await withProgress(terminal) { try await $0.disable(selection.name, dryRun: dryRun) }
        if global.json {
            try printJSON(EnableOutput(report, dryRun: dryRun), terminal)
        } else if report.changed {
            terminal.output("\(report.path) \(dryRun ? "would be" : "is") removed")
        } else {
            terminal.output("\(report.ensemble) is not enabled")
        }
        return .done
    }
}

private struct EnableOutput: Encodable {
    var version = 1
    var ensemble: String
    var unit: String
    var changed: Bool
    var dryRun: Bool

    init(_ report: EnableReport, dryRun: Bool) {
        ensemble = report.ensemble
        unit = report.path
        changed = report.changed
        self.dryRun = dryRun
    }
}
