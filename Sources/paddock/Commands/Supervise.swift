import ArgumentParser
import Operations
import Supervision

struct Supervise: EnsembleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the supervisor of an ensemble in the foreground; `up` starts one in the background.",
        discussion: """
            For systemd and its like. SIGTERM stops the servers, then the supervisor; SIGKILL leaves the servers running, and
            the next supervisor takes them over.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Option(name: .customLong("ensemble-dir"), help: .hidden)
    var ensembleDirectory: String?

    /// Not through `perform`: the supervisor handles its own signals.
    func run() async throws {
        let terminal = global.terminal
        do {
            let directory: String
            if let ensembleDirectory {
                directory = ensembleDirectory
            } else {
                let store = try store()
                directory = store.root(of: try store.choose(selection.ensemble))
            }
            try await SupervisorMain.run(ensembleDirectory: directory)
        } catch {
            throw report(error, terminal).code
        }
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus { .done }
}
