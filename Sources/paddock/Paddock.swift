import ArgumentParser

@main
struct Paddock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paddock",
        abstract: "ZooKeeper ensembles, from ten lines of YAML.",
        discussion: """
            Start with `paddock up`: it boots three participants and one observer on this machine and prints how to
            connect. `paddock new` writes a topology to change; `paddock up FILE` applies it.
            """,
        version: version,
        subcommands: [Supervise.self],
        groupedSubcommands: [
            CommandGroup(name: "Configurations", subcommands: [New.self, Check.self, Generate.self, Import.self]),
            CommandGroup(
                name: "An ensemble",
                subcommands: [
                    Up.self, Down.self, Status.self, RollingRestartCommand.self, Migrate.self, ResetCommand.self,
                    Logs.self,
                ]),
            CommandGroup(
                name: "Its servers",
                subcommands: [Start.self, Stop.self, Restart.self, Kill.self, Pause.self, Resume.self]),
            CommandGroup(name: "Using it", subcommands: [Env.self, Run.self, Shell.self]),
            CommandGroup(
                name: "House keeping", subcommands: [List.self, Destroy.self, DoctorCommand.self, Bundle.self]),
        ])

    static let version = "0.1.0"
}
