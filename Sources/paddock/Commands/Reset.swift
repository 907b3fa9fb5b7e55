import ArgumentParser
import Operations

struct ResetCommand: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Let a server fetch all its data from the others anew.",
        discussion: """
            For a server whose disk or data cannot be trusted (`paddock status` says so). It is stopped, its version-2 is
            moved aside and not removed, it is started and fetches everything. Refused where the other servers are no
            quorum, or do not have all that was acknowledged.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Argument(help: ArgumentHelp("The server's id.", valueName: "server"), completion: KnownWords.servers())
    var server: String

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let report = try await withProgress(terminal) {
            try await $0.reset(server, ensemble: selection.name, dryRun: dryRun)
        }
        if global.json {
            try printJSON(report, terminal)
        } else if dryRun {
            terminal.output("stop server \(report.server)")
            for directory in report.moved { terminal.output("move \(directory.from) to \(directory.to)") }
            terminal.output("start server \(report.server) and wait until it has fetched its data from the others")
        } else {
            let aside = report.moved.map(\.to).joined(separator: " and ")
            terminal.output(
                "server \(report.server) has its data from the others"
                    + (aside.isEmpty ? "" : "; what it held is in \(aside), to be removed when nobody needs it"))
        }
        return .done
    }
}
