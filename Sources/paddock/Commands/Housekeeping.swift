import ArgumentParser
import Operations

struct List: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the ensembles of the state directory.")

    @OptionGroup var global: GlobalOptions

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let ensembles = await operations(ProgressPrinter(terminal)).list()
        if global.json {
            try printJSON(Output(ensembles: ensembles), terminal)
            return .done
        }
        guard !ensembles.isEmpty else {
            terminal.note("there is no ensemble in \(store().directory); `paddock up` boots one")
            return .done
        }
        var table = Table(
            ("NAME", .left), ("HEALTH", .left), ("PARTICIPANTS", .right), ("OBSERVERS", .right), ("CONNECT", .left))
        for ensemble in ensembles {
            table.rows.append([
                .init(ensemble.name),
                .init(ensemble.health?.rawValue ?? "unreadable", ensemble.health == nil ? .red : nil),
                .init(ensemble.participants.map { "\($0)" } ?? "–"), .init(ensemble.observers.map { "\($0)" } ?? "–"),
                .init(ensemble.connect ?? ensemble.problem ?? "–"),
            ])
        }
        table.lines(terminal).forEach(terminal.output)
        return .done
    }

    private struct Output: Encodable {
        var version = 1
        var ensembles: [EnsembleSummary]
    }
}
