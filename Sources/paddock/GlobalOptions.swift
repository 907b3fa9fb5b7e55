import ArgumentParser
import Operations

/// What every command can be told.
protocol CommonOptions: ParsableArguments {
    var stateDirectory: String? { get }
    var json: Bool { get }
    var quiet: Bool { get }
    var verbose: Bool { get }
    var noColor: Bool { get }
}

extension CommonOptions {
    var terminal: Terminal { Terminal(quiet: quiet, verbose: verbose, noColor: noColor) }
}

/// The options of commands whose standard output is another program's: they have no document of their own to print.
struct PlainOptions: CommonOptions {
    @Option(
        name: .customLong("state-dir"),
        help: "Where ensembles live (default: $PADDOCK_HOME, else ~/.local/state/paddock).",
        completion: .directory)
    var stateDirectory: String?

    @Flag(name: .shortAndLong, help: "Print results and problems only.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Print more of what happens.")
    var verbose = false

    @Flag(name: .customLong("no-color"), help: "No colour (also: NO_COLOR in the environment).")
    var noColor = false

    var json: Bool { false }
}

/// The options that every other command takes.
struct GlobalOptions: CommonOptions {
    @OptionGroup var plain: PlainOptions

    @Flag(help: "Print exactly one JSON document on stdout (for streams: one a line).")
    var json = false

    var stateDirectory: String? { plain.stateDirectory }
    var quiet: Bool { plain.quiet }
    var verbose: Bool { plain.verbose }
    var noColor: Bool { plain.noColor }
}

/// Which ensemble a command is about.
struct EnsembleOption: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help:
            "The ensemble (default: the one in the topology given, else $PADDOCK_ENSEMBLE, else the only one there is).",
        completion: KnownWords.ensembles)
    var ensemble: String?

    /// The ensemble named, here or in the environment.
    var name: String? { ensemble ?? Self.inEnvironment }

    static var inEnvironment: String? {
        let variable = EnsembleStore.processEnvironment()["PADDOCK_ENSEMBLE"]
        return variable?.isEmpty == true ? nil : variable
    }
}
