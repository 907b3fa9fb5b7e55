import ArgumentParser
import Operations
import Planning

@main
struct Paddock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paddock",
        abstract: "ZooKeeper ensembles, from ten lines of YAML.",
        discussion: """
            Start with `paddock up`: it boots three participants and one observer on this machine and prints how to
            connect. `paddock new` writes a topology to change; `paddock up FILE` applies it.
            """.paragraphs,
        version: version,
        subcommands: [Supervise.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Configurations",
                subcommands: [
                    New.self, Check.self, Explain.self, SchemaCommand.self, Generate.self, Import.self, Inventory.self,
                    ExportCommand.self,
                ]),
            CommandGroup(
                name: "An ensemble",
                subcommands: [
                    Up.self, Down.self, Status.self, Wait.self, RollingRestartCommand.self, Migrate.self,
                    ResetCommand.self, Logs.self,
                ]),
            CommandGroup(
                name: "Its servers",
                subcommands: [Start.self, Stop.self, Restart.self, Kill.self, Pause.self, Resume.self]),
            CommandGroup(name: "Using it", subcommands: [Env.self, Run.self, Shell.self, Registry.self]),
            CommandGroup(
                name: "House keeping",
                subcommands: [
                    List.self, EnableCommand.self, DisableCommand.self, Destroy.self, BackupCommand.self,
                    RestoreCommand.self, DoctorCommand.self, SelfCommand.self, Bundle.self,
                ]),
        ])

    static let version = "0.1.0"

    /// How whoever called this program calls it again: by the path that was typed, or by its name where the PATH has it.
    static var asCalled: String {
        let path = CommandLine.arguments.first ?? "paddock"
        guard path.contains("/") else { return "paddock" }
        return path.contains { !$0.isLetter && !$0.isNumber && !"/-_.+".contains($0) }
            ? "'" + path.replacing("'", with: "'\\''") + "'" : path
    }

    /// Parses and runs, and says in our words what is wrong with a command line.
    static func main() async {
        let words = CommandWords.arranged(Array(CommandLine.arguments.dropFirst()))
        let groups = configuration.groupedSubcommands.flatMap(\.subcommands) + configuration.subcommands
        let commands = groups.map { (name: $0._commandName, own: $0.configuration.subcommands.map { $0._commandName }) }
        if let complaint = CommandWords.complaint(words, commands: commands) {
            refuse(complaint, mend: "`paddock --help` lists the commands", isJSON: CommandWords.wantsJSON(words))
        }
        if let script = CompletionScript.requested(words) {
            Terminal().output(script)
            return
        }
        do {
            var command = try parseAsRoot(words)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            // One with a code has said already what there is to say.
            if !(error is ExitCode), exitCode(for: error) == .validationFailure, CommandWords.wantsJSON(words) {
                let text = (try? JSONOutput.text(ErrorOutput(.badUsage, message(for: error)))) ?? "{}"
                Terminal().output(text)
            }
            exit(withError: error)
        }
    }

    private static func refuse(_ message: String, mend: String, isJSON: Bool) -> Never {
        let terminal = Terminal()
        let error = OperationError(.badUsage, message, mend: mend)
        if isJSON, let text = try? JSONOutput.text(ErrorOutput(.badUsage, error)) { terminal.output(text) }
        terminal.problem(terminal.styledNote("error: ", .red, .bold) + error.description)
        exit(withError: ExitStatus.badUsage.code)
    }
}
