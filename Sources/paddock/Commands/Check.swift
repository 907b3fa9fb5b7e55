import ArgumentParser
import Diagnostics
import Operations
import Planning
import Provisioning
import ServerConfig

struct Check: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find what is wrong with topologies and zoo.cfg files.",
        discussion: """
            Several zoo.cfg files are checked together as files of one ensemble, too. Of a directory: its zoo*.cfg, those in
            the directories in it and in their conf, dynamic files without a zoo.cfg, and topologies.

            A zoo.cfg must do for whatever server reads it; --engine says which one. It is for this machine when an address of
            its server is this machine's, or when it names none; --here and --elsewhere say it.

            --remote asks the servers of a running ensemble and compares what they say: with each other (members, versions,
            timing), and with the files: topologies, or the zoo.cfg of servers.

            --from compares a topology with what it was: which server lines and settings differ and why, what clients must be told,
            and where the data are (Docs/moving.md).

            Exit code: 1 when there is an error (--strict: or a warning), 0 otherwise, 65 when a file cannot be read.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "Topologies, zoo.cfg files, dynamic files, and directories with them (- for the standard input).",
        completion: .file())
    var files: [String] = []

    @OptionGroup var remote: RemoteOption

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp("The topology from which the ensemble moves to the one that is checked.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var old: String?

    @Flag(help: "Exit with 1 for warnings too.")
    var strict = false

    @Option(help: "What will run the zoo.cfg files: bundled or apache (default: either must be able to).")
    var engine: EngineArgument?

    @Flag(help: "The zoo.cfg files are for this machine: its ports, directories and files count.")
    var here = false

    @Flag(help: "The zoo.cfg files are for other machines: nothing of this one counts.")
    var elsewhere = false

    func validate() throws {
        if files.isEmpty, remote.text == nil {
            throw ValidationError("Name a file to check, or an ensemble with --remote.")
        }
        if old != nil, files.count != 1 { throw ValidationError("--from takes one topology to compare with.") }
        if here, elsewhere { throw ValidationError("--here and --elsewhere cannot be together.") }
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let operations = operations(ProgressPrinter(terminal))
        let inputs = try files.flatMap(InputFile.find).map { path throws(OperationError) in
            (file: InputFile.name(path), bytes: try InputFile.read(path))
        }
        let place: ZooCfgFile.Place? = here ? .here : elsewhere ? .elsewhere : nil
        var checked = await operations.check(
            inputs, place: place, engine: engine.flatMap { ServerEngine(rawValue: $0.rawValue) })
        if let old, checked.count == 1, checked[0].kind == .topology, !checked[0].problems.hasErrors {
            checked[0].problems += try Operator.changes(
                from: (InputFile.name(old), try InputFile.read(old)), to: inputs[0])
        } else if old != nil, checked.first?.kind != .topology {
            throw OperationError(
                .badUsage, "--from compares topologies, and \(checked.first?.file ?? "nothing") is none",
                mend: "`paddock import` makes a topology of zoo.cfg files")
        }
        if let remote = try remote.ensemble(besides: nil) {
            checked.append(try await operations.check(remote, against: inputs))
        }
        if global.json {
            try printJSON(Output(checked), terminal)
        } else {
            for file in checked {
                for problem in file.problems {
                    let source = problem.file.flatMap { file.sources[$0] }
                    terminal.output(DiagnosticLines(problem, terminal.colours.output).text(source: source))
                }
                let name = file.file.withVisibleControls
                if file.problems.isEmpty {
                    let place = file.place == .elsewhere ? ", for another machine" : ""
                    terminal.output("\(name): \(terminal.styled("ok", .green)) (\(file.kind.rawValue)\(place))")
                }
                guard place == nil, let assumed = file.place else { continue }
                terminal.note(
                    assumed == .here
                        ? "\(name) was checked as a file of this machine; --elsewhere if it is for another one"
                        : "\(name) was checked as a file of another machine, for no address of its server is this one's; --here if it is for this one"
                )
            }
        }
        let problems = checked.flatMap(\.problems)
        return problems.hasErrors || (strict && problems.hasWarnings) ? .failed : .done
    }

    private struct Output: Encodable {
        struct File: Encodable {
            var file: String
            var kind: String
            /// `here` or `elsewhere`; of a zoo.cfg only.
            var machine: String?
        }

        var version = 1
        var files: [File]
        var problems: [ProblemOutput]

        init(_ files: [CheckedFile]) {
            self.files = files.map { File(file: $0.file, kind: $0.kind.rawValue, machine: $0.place?.rawValue) }
            problems = files.flatMap(\.problems).map(ProblemOutput.init)
        }
    }
}
