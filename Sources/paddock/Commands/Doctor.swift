import ArgumentParser
import Operations
import Planning

struct DoctorCommand: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at this machine: what ensembles need, what is missing, and how to get it.",
        discussion: "Exit code: 69 when something is missing without which nothing boots.")

    @OptionGroup var global: GlobalOptions

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let findings = Doctor.examine(store(), environment: EnsembleStore.processEnvironment())
        try FindingLines.show(findings, terminal, isJSON: global.json)
        return findings.contains { $0.state == .missing } ? .unavailable : .done
    }
}

struct Bundle: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Write one archive for a bug report: configurations without secrets, status, logs, events, versions.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Option(
        name: .shortAndLong, help: "Where to write it (default: NAME-bundle-TIME.tar.gz here).", completion: .file())
    var output: String?

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let progress = ProgressPrinter(terminal)
        let path = try await operations(progress).bundle(selection.name, to: output)
        progress.clear()
        if global.json { try printJSON(Output(path: path), terminal) } else { terminal.output(path) }
        return .done
    }

    private struct Output: Encodable {
        var version = 1
        var path: String
    }
}
