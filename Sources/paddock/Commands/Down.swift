import ArgumentParser
import Membership
import Operations
import Planning

struct Down: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Stop an ensemble: observers, followers, the leader, then the supervisor.",
        discussion: "Data stays in place for the next `paddock up`, unless --destroy is given.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Flag(help: "Remove the ensemble's directory too, with all its data.")
    var destroy = false

    @Flag(name: .shortAndLong, help: "Do not ask before data is removed.")
    var yes = false

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        try await TakeDown(destroy: destroy, yes: yes, dryRun: dryRun).perform(self, selection.name, terminal)
    }
}

struct Destroy: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy",
        abstract: "Stop an ensemble and remove its directory with all its data.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The ensemble (default: the only one there is).", completion: KnownWords.ensembles)
    var ensemble: String?

    @OptionGroup var selection: EnsembleOption

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        try await TakeDown(destroy: true, yes: yes, dryRun: dryRun)
            .perform(self, ensemble ?? selection.name, terminal)
    }
}

/// What `down` and `destroy` have in common.
private struct TakeDown {
    struct Output: Encodable {
        var version = 1
        var ensemble: String
        var dryRun: Bool
        var stopped: [ServerID]
        var removed: String?
    }

    var destroy: Bool
    var yes: Bool
    var dryRun: Bool

    func perform(_ command: some EnsembleCommand, _ name: String?, _ terminal: Terminal) async throws -> ExitStatus {
        let store = command.store()
        let name = try store.choose(name)
        if destroy && !yes && !dryRun {
            let directory = store.root(of: name)
            guard terminal.isInteractive else {
                throw OperationError(
                    .badUsage, "this removes \(directory) with all its data", mend: "add --yes, or run it on a terminal"
                )
            }
            guard try terminal.confirms("Remove \(directory) with all its data?") else {
                terminal.note("nothing was touched")
                return .failed
            }
        }
        let report = try await command.withProgress(terminal) {
            try await $0.down(name, destroy: destroy, dryRun: dryRun)
        }
        if command.global.json {
            try command.printJSON(
                Output(
                    ensemble: name, dryRun: dryRun, stopped: report.stopped, removed: report.removed),
                terminal)
        } else if dryRun {
            for id in report.stopped { terminal.output("stop server \(id)") }
            if let removed = report.removed { terminal.output("remove \(removed)") }
        } else {
            let data = report.removed == nil ? "its data stays; `paddock up` boots it again" : "its data is removed"
            terminal.output("\(name) is down; \(data)")
        }
        return .done
    }
}
