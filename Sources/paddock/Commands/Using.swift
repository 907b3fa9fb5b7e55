import ArgumentParser
import Glibc
import Operations
import Planning
import Supervision
import Templates

struct Env: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print how to reach the ensemble as variables of the environment: eval \"$(paddock env)\".")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Option(help: "For this shell: sh (bash, zsh too) or fish.")
    var shell: ShellArgument = .sh

    enum ShellArgument: String, ExpressibleByArgument, CaseIterable {
        case sh, fish
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let environment = try operations(ProgressPrinter(terminal)).environment(selection.name)
        if global.json {
            let variables = Dictionary(uniqueKeysWithValues: environment.variables.map { ($0.name, $0.value) })
            try printJSON(Output(variables: variables), terminal)
        } else {
            let text = environment.text(shell == .fish ? .fish : .sh)
            terminal.output(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        }
        return .done
    }

    private struct Output: Encodable {
        var version = 1
        var variables: [String: String]
    }
}

struct Run: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command with a throw-away ensemble of its own.",
        usage: "paddock run [FILE] [options] -- COMMAND…",
        discussion: """
            Boots an ensemble on free ports, runs the command with ZK_CONNECT and friends in its environment, and stops and
            removes the ensemble whatever happens, also when it is killed itself. Exits with the command's code; of one that failed the last
            lines of the servers' logs are shown. Without FILE: three participants and an observer.
            """.paragraphs)

    @OptionGroup var global: PlainOptions

    @Argument(help: "The topology.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @Flag(help: "Keep the ensemble's directory, stopped, when the command or the ensemble fails.")
    var keep = false

    @Argument(parsing: .postTerminator, help: "The command, after --.")
    var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("there is no command to run: paddock run [FILE] -- COMMAND…") }
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let source = try file.map(readTopology) ?? .text(Templates.demo, file: "demo.yaml")
        guard case .text(let text, let name) = source else { return .failed }
        let supervision = ["--for-process", "\(getpid())"] + (keep ? [] : ["--remove-directory"])
        let code = try await withProgress(terminal, supervision: supervision) {
            try await $0.run(command, topology: text, file: name, keepsFailed: keep)
        }
        // The command's code, whatever it is; ours have no say here.
        if code != 0 { throw CommandExit(code: code) }
        return .done
    }
}

struct Shell: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Talk to the ensemble: ZooKeeper's shell, as bin/zkCli.sh.",
        discussion: """
            At a terminal: a shell with history and completion. Otherwise: a command a line of standard input, as in
            echo 'ls /' | paddock shell. A command behind -- runs once: paddock shell -- get /a.
            """.paragraphs)

    @OptionGroup var global: PlainOptions
    @OptionGroup var selection: EnsembleOption

    @Argument(
        help: ArgumentHelp("Connect to this server only: an id, or leader.", valueName: "server"),
        completion: KnownWords.servers(["leader"]))
    var server: String?

    @Argument(parsing: .postTerminator, help: "A command to run once, after --.")
    var command: [String] = []

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let launch = try await operations(ProgressPrinter(terminal)).shell(selection.name, server: server)
        let words = [launch.executable] + launch.arguments + command
        let variables = launch.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
        execve(launch.executable, words.map { strdup($0) } + [nil], variables.map { strdup($0) } + [nil])
        throw OperationError(.failed, "cannot run \(launch.executable): \(String(cString: strerror(errno)))")
    }
}
