import ArgumentParser
import Operations
import Supervision

struct Supervise: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervise",
        abstract: "Run the supervisor of an ensemble in the foreground; `up` starts one in the background.",
        discussion: """
            For systemd and its like. SIGTERM stops the servers, then the supervisor; SIGKILL leaves the servers running, and
            the next supervisor takes them over.
            """.paragraphs)

    @OptionGroup var global: PlainOptions
    @OptionGroup var selection: EnsembleOption

    @Option(name: .customLong("ensemble-dir"), help: .hidden)
    var ensembleDirectory: String?

    /// `paddock run` lends an ensemble for its own time only, also when it is killed.
    @Option(name: .customLong("for-process"), help: .hidden)
    var owner: Int32?

    /// The ensemble's directory goes with it.
    @Flag(name: .customLong("remove-directory"), help: .hidden)
    var removesDirectory = false

    /// Not through `perform`: the supervisor handles its own signals.
    func run() async throws {
        let terminal = global.terminal
        do {
            let directory: String
            if let ensembleDirectory {
                directory = ensembleDirectory
            } else {
                let store = store()
                directory = store.root(of: try store.choose(selection.name))
            }
            let outlivedItsOwner = try await SupervisorMain.run(ensembleDirectory: directory, owner: owner)
            if outlivedItsOwner, removesDirectory { try Operator.removeDirectory(directory) }
        } catch {
            throw report(error, terminal).code
        }
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus { .done }
}
