import ArgumentParser
import DurableFiles
import Operations
import Planning
import Supervision

/// The command that ran for the user ended with this code, and so does `paddock`.
struct CommandExit: Error {
    var code: Int32
}

/// What every command of `paddock` is: its work ends in an exit status, and an error becomes a message and a status here,
/// in one place.
protocol PaddockCommand: AsyncParsableCommand, Sendable {
    associatedtype Options: CommonOptions
    var global: Options { get }
    /// It prints one JSON document a line until it is ended.
    var isStream: Bool { get }
    /// Signals are for the command that it runs, and not for us.
    var passesSignals: Bool { get }
    /// Runs in a task that Ctrl-C cancels, unless signals are passed on.
    func perform(_ terminal: Terminal) async throws -> ExitStatus
}

extension PaddockCommand {
    var isStream: Bool { false }
    var passesSignals: Bool { false }

    func run() async throws {
        let terminal = global.terminal
        let status: ExitStatus
        do {
            status =
                try await passesSignals
                ? perform(terminal) : Interrupts.cancelling { try await perform(terminal) }
        } catch let exit as CommandExit {
            throw ExitCode(exit.code)
        } catch {
            throw report(error, terminal).code
        }
        if let error = Terminal.lostOutput.withLock({ $0 }) { throw report(error, terminal).code }
        if status != .done { throw status.code }
    }

    /// Prints why a command failed, and says with which status it ends.
    func report(_ error: any Error, _ terminal: Terminal) -> ExitStatus {
        let status = explain(error, terminal)
        guard global.json, !(isStream && error is Interrupts.Interrupted) else { return status }
        let document =
            (error as? OperationError).map { ErrorOutput(status, $0) }
            ?? ErrorOutput(status, error is Interrupts.Interrupted ? "interrupted" : "\(error)")
        try? printJSON(document, terminal, isLine: isStream)
        return status
    }

    private func explain(_ error: any Error, _ terminal: Terminal) -> ExitStatus {
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
            return .badInput
        case FileLock.Failure.held(let held):
            terminal.problem(label + "this ensemble has a supervisor already (\(held.holder))")
            return .taken
        default:
            terminal.problem(label + "\(error)")
            return .failed
        }
    }

    /// The command as it was typed, for the audit and for whoever is refused meanwhile; without the words of another program's, which
    /// may hold a password.
    var commandLine: String {
        let own = CommandLine.arguments.dropFirst().prefix { $0 != "--" }
        return (["paddock"] + own + (own.count < CommandLine.arguments.count - 1 ? ["--", "…"] : [])).joined(
            separator: " ")
    }

    func store() -> EnsembleStore { EnsembleStore(option: global.stateDirectory) }

    func printJSON(_ value: some Encodable, _ terminal: Terminal, isLine: Bool = false) throws {
        terminal.output(try JSONOutput.text(value, isLine: isLine))
    }
}

extension String {
    /// Help as it is written in the sources, with the lines of each paragraph in one: the terminal decides where they end. What is indented
    /// keeps its lines.
    var paragraphs: String {
        var result = ""
        var isOpen = false
        for line in split(separator: "\n", omittingEmptySubsequences: false) {
            let isText = !line.isEmpty && !line.hasPrefix(" ")
            if !result.isEmpty { result += isOpen && isText ? " " : "\n" }
            result += line
            isOpen = isText
        }
        return result
    }
}
