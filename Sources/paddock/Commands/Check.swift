import ArgumentParser
import Diagnostics
import Operations

struct Check: EnsembleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find what is wrong with topologies and zoo.cfg files.",
        discussion:
            "Exit code: 1 when there is an error (--strict: or a warning), 0 otherwise, 65 when a file cannot be read.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Topologies and zoo.cfg files (- for the standard input).", completion: .file())
    var files: [String]

    @Flag(help: "Exit with 1 for warnings too.")
    var strict = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let operations = try operations(ProgressPrinter(terminal))
        var checked: [CheckedFile] = []
        for file in files {
            checked.append(await operations.check(try InputFile.read(file), file: InputFile.name(file)))
        }
        if global.json {
            try printJSON(Output(checked), terminal)
        } else {
            for file in checked {
                for problem in file.problems {
                    terminal.output(DiagnosticLines(problem, terminal.colours.output).text(source: file.text))
                }
                if file.problems.isEmpty {
                    terminal.output("\(file.file): \(terminal.styled("ok", .green)) (\(file.kind.rawValue))")
                }
            }
        }
        let problems = checked.flatMap(\.problems)
        return problems.hasErrors || (strict && problems.hasWarnings) ? .failed : .done
    }

    private struct Output: Encodable {
        var version = 1
        var problems: [ProblemOutput]

        init(_ files: [CheckedFile]) { problems = files.flatMap(\.problems).map(ProblemOutput.init) }
    }
}
