import ArgumentParser
import Operations
import Planning
import Supervision

/// A command about ensembles of the state directory.
protocol EnsembleCommand: PaddockCommand {}

extension EnsembleCommand {
    /// The operations, telling their progress through `progress`.
    ///
    /// - Parameter supervision: more options for a supervisor that is launched.
    func operations(
        _ progress: ProgressPrinter, supervision: [String] = []
    ) -> Operator {
        Operator(
            store: store(), command: commandLine,
            launcher: { directory in
                SupervisorLauncher(arguments: ["supervise", "--ensemble-dir", directory] + supervision)
            },
            report: { progress.show($0) })
    }

    /// Operations whose progress is shown until `body` ends.
    func withProgress<Result>(
        _ terminal: Terminal, supervision: [String] = [], _ body: (Operator) async throws -> Result
    ) async throws -> Result {
        let progress = ProgressPrinter(terminal)
        defer { progress.clear() }
        return try await body(operations(progress, supervision: supervision))
    }

    /// The file's topology; the text of `-` is read from the standard input.
    func readTopology(_ file: String) throws -> TopologySource {
        .text(String(decoding: try InputFile.topology(file), as: UTF8.self), file: InputFile.name(file))
    }
}
