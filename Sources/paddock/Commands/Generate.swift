import ArgumentParser
import Operations
import Provisioning

struct Generate: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Write the files of every server: zoo.cfg, myid, directories.",
        discussion: """
            Touches nothing that is up to date, and never data. An edited zoo.cfg is kept as zoo.cfg.orig. Two runs give
            identical bytes. Each server's part (server.N) can be copied to its host, to the same place, or to another that
            --prefix names: then the bytes are the same wherever they are made.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The topology (- for the standard input).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "dir"), completion: .directory)
    var output: String

    @OptionGroup var place: DestinationOptions

    @Flag(help: "Show the changes as a unified diff and write nothing; exit code 2 when there are some.")
    var diff = false

    @Flag(help: "Show what would be written, and write nothing.")
    var dryRun = false

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let operations = operations(ProgressPrinter(terminal))
        let (plan, warnings) = try operations.generationPlan(
            try InputFile.topology(file), file: InputFile.name(file), into: output, place: place.templates)
        for warning in warnings { terminal.problem(warning.rendered()) }
        return try show(plan, diff: diff, dryRun: dryRun, terminal)
    }
}

/// Where files will be used that are written here.
struct DestinationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The ensemble's directory where the files will be used, e.g. /var/lib/paddock/{ensemble}.", valueName: "dir"
        ))
    var prefix: String?

    @Option(help: ArgumentHelp("The servers' dataDir there, e.g. /data/{ensemble}/{id}.", valueName: "dir"))
    var dataDir: String?

    @Option(help: ArgumentHelp("The servers' dataLogDir there, for the txn logs.", valueName: "dir"))
    var dataLogDir: String?

    var templates: PlaceTemplates { PlaceTemplates(prefix: prefix, data: dataDir, dataLog: dataLogDir) }
}
