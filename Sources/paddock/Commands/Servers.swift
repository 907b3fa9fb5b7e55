import ArgumentParser
import Membership
import Operations

/// `start`, `stop`, `restart`, `kill`, `pause`, `resume`: the same words do different things.
protocol ServerCommand: EnsembleCommand {
    static var action: ServerAction { get }
    var options: ServerOptions { get }
    var force: Bool { get }
}

struct ServerOptions: ParsableArguments {
    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption
    @OptionGroup var targets: ServerArguments
}

/// Of commands that take votes away.
struct ForcibleOptions: ParsableArguments {
    @OptionGroup var options: ServerOptions

    @Flag(help: "Do it even when no quorum is left.")
    var force = false
}

/// A command that takes votes away.
protocol ForcibleCommand: ServerCommand {
    var forcible: ForcibleOptions { get }
}

extension ForcibleCommand {
    var options: ServerOptions { forcible.options }
    var force: Bool { forcible.force }
}

struct ServerArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Ids, or leader, followers, observers, all.", valueName: "server"),
        completion: KnownWords.selections)
    var servers: [String]

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false
}

extension ServerCommand {
    var global: GlobalOptions { options.global }
    var force: Bool { false }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let targets = options.targets
        let report = try await withProgress(terminal) {
            try await $0.perform(
                Self.action, on: targets.servers, ensemble: options.selection.name, force: force, dryRun: targets.dryRun
            )
        }
        if global.json {
            try printJSON(
                ServerActionOutput(
                    ensemble: report.ensemble, action: report.action.rawValue, servers: report.servers,
                    consequence: report.consequence, dryRun: report.wasDryRun), terminal)
        } else {
            let servers = report.servers.map(\.description).joined(separator: ", ")
            terminal.output("\(targets.dryRun ? "would " : "")\(report.action.rawValue) server \(servers)")
            if let consequence = report.consequence { terminal.note(consequence) }
        }
        return .done
    }
}

private struct ServerActionOutput: Encodable {
    var version = 1
    var ensemble: String
    var action: String
    var servers: [ServerID]
    var consequence: String?
    var dryRun: Bool
}

struct Start: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start servers that are stopped or gave up.")
    static let action = ServerAction.start
    @OptionGroup var options: ServerOptions
}

struct Stop: ForcibleCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop servers; they stay stopped until `paddock start`.")
    static let action = ServerAction.stop
    @OptionGroup var forcible: ForcibleOptions
}

struct Restart: ForcibleCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Restart servers at once; see `rolling-restart` for all of them without an outage.")
    static let action = ServerAction.restart
    @OptionGroup var forcible: ForcibleOptions
}

struct Kill: ForcibleCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "Kill servers with SIGKILL, as a crash would; the supervisor starts them again.")
    static let action = ServerAction.kill
    @OptionGroup var forcible: ForcibleOptions
}

struct Pause: ForcibleCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Freeze servers with SIGSTOP, as a long garbage collection would.")
    static let action = ServerAction.pause
    @OptionGroup var forcible: ForcibleOptions
}

struct Resume: ServerCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let paused servers go on.")
    static let action = ServerAction.resume
    @OptionGroup var options: ServerOptions
}
