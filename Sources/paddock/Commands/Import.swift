import ArgumentParser
import Diagnostics
import DurableFiles
import Glibc
import Operations
import Planning
import Provisioning

struct Import: PaddockCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Write the topology that would generate existing zoo.cfg files.",
        discussion: """
            Takes the zoo.cfg of every server of one ensemble, with the myid and the dynamic file that belong to it. What a
            topology cannot say, and what generated files would change, is reported on the standard error.
            Without --output the topology goes to the standard output. An existing file is never overwritten.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions

    @Option(name: .shortAndLong, help: "The name of the ensemble (default: the one in generated files, else imported).")
    var ensemble: String?

    @Option(help: "The server program of the topology: bundled or apache. The files do not say what runs them.")
    var engine: EngineArgument = .bundled

    @Argument(help: "One zoo.cfg a server.", completion: .file())
    var files: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the topology.", valueName: "file"))
    var output: String?

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let sources = try files.map(Self.read)
        if let output, access(output, F_OK) == 0 {
            throw OperationError(
                .failed, "\(output) exists already and is left as it is", mend: "choose another name")
        }
        let flags = files.map { file in
            StartFlags(beside: file.lastIndex(of: "/").map { String(file[..<$0]) } ?? ".")
        }
        let result = EnsembleImport(sources, ensemble: ensemble, engine: engine.choice, flags: flags)
        if global.json {
            try printJSON(Output(topology: result.text, problems: result.problems.map(ProblemOutput.init)), terminal)
        } else {
            for problem in result.problems {
                let source = sources.first { $0.path == problem.file }?.cfg.text
                terminal.problem(DiagnosticLines(problem, terminal.colours.errors).text(source: source))
            }
        }
        guard let text = result.text else { return .failed }
        if let output {
            try DurableFile.write(text.utf8, to: output)
            terminal.note("wrote \(output)\n  paddock generate \(output) -o DIR --diff")
        } else if !global.json {
            terminal.output(String(text.dropLast()))
        }
        return result.problems.hasErrors ? .failed : .done
    }

    private static func read(_ path: String) throws -> ZooCfgFile {
        do throws(FileError) {
            return try ZooCfgFile(reading: path)
        } catch {
            throw OperationError(.badInput, error.description)
        }
    }

    private struct Output: Encodable {
        var version = 1
        var topology: String?
        var problems: [ProblemOutput]
    }
}
