import ArgumentParser

/// The options that every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .customLong("state-dir"),
        help: "Where ensembles live (default: $PADDOCK_HOME, else ~/.local/state/paddock).")
    var stateDirectory: String?

    @Flag(help: "Print exactly one JSON document on stdout (for streams: one a line).")
    var json = false

    @Flag(name: .shortAndLong, help: "Print results and problems only.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Print more of what happens.")
    var verbose = false

    @Flag(name: .customLong("no-color"), help: "No colour (also: NO_COLOR in the environment).")
    var noColor = false

    var terminal: Terminal { Terminal(quiet: quiet, verbose: verbose, noColor: noColor) }
}

/// Which ensemble a command is about.
struct EnsembleOption: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "The ensemble (default: the one in the topology given, else the only one there is).")
    var ensemble: String?
}
