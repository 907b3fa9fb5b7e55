import ArgumentParser
import DurableFiles
import Operations
import Supervision

/// The command that ran for the user ended with this code, and so does `paddock`.
struct CommandExit: Error {
    var code: Int32
}

/// What every command of `paddock` is: its work ends in an exit status, and an error becomes a message and a status here,
/// in one place.
protocol PaddockCommand: AsyncParsableCommand, Sendable {
    var global: GlobalOptions { get }
    /// Runs in a task that Ctrl-C cancels.
    func perform(_ terminal: Terminal) async throws -> ExitStatus
}

extension PaddockCommand {
    func run() async throws {
        let terminal = global.terminal
        let status: ExitStatus
        do {
            status = try await Interrupts.cancelling { try await perform(terminal) }
        } catch let exit as CommandExit {
            throw ExitCode(exit.code)
        } catch {
            throw report(error, terminal).code
        }
        if status != .done { throw status.code }
    }

    /// Prints why a command failed, and says with which status it ends.
    func report(_ error: any Error, _ terminal: Terminal) -> ExitStatus {
        let label = terminal.styledNote("error: ", .red, .bold)
        switch error {
        case is Interrupts.Interrupted:
            terminal.problem("interrupted")
            return .interrupted
        case let error as OperationError:
            terminal.problem(label + error.description)
            return ExitStatus(rawValue: error.kind.rawValue) ?? .failed
        case let error as EngineError:
            terminal.problem(label + error.description)
            return .unavailable
        case let error as ControlError:
            terminal.problem(label + error.description)
            if case .notRunning = error { return .notRunning }
            return .failed
        case let error as InvalidTopology:
            terminal.problem(error.description)
            return ExitStatus(rawValue: error.kind.rawValue) ?? .badInput
        case FileLock.Failure.held(let held):
            terminal.problem(label + "this ensemble has a supervisor already (\(held.holder))")
            return .taken
        default:
            terminal.problem(label + "\(error)")
            return .failed
        }
    }

    /// The command as it was typed, for the audit and for whoever is refused meanwhile.
    var commandLine: String { (["paddock"] + CommandLine.arguments.dropFirst()).joined(separator: " ") }

    func store() throws(OperationError) -> EnsembleStore { try EnsembleStore(option: global.stateDirectory) }

    func printJSON(_ value: some Encodable, _ terminal: Terminal, isLine: Bool = false) throws {
        terminal.output(try JSONOutput.text(value, isLine: isLine))
    }
}
