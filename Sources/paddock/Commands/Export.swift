import ArgumentParser
import Operations
import Provisioning

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write an ensemble for somebody else's tool: systemd, Compose or Kubernetes.",
        discussion: """
            From the same file, with the same zoo.cfg as `generate` writes. What of a topology cannot be so there is refused or said;
            with an error nothing is written. Touches nothing that is up to date; an edited file is kept with .orig behind its name.
            Two runs give identical bytes. The directory's README.md says how to go on.
            """.paragraphs,
        subcommands: [ExportSystemd.self, ExportCompose.self, ExportKubernetes.self])
}

/// What every export takes.
struct ExportOptions: ParsableArguments {
    @Argument(help: "The topology (- for the standard input).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "dir"), completion: .directory)
    var output: String

    @Flag(help: "Show the changes as a unified diff and write nothing; exit code 2 when there are some.")
    var diff = false

    @Flag(help: "Show what would be written, and write nothing.")
    var dryRun = false
}

/// Whose images the servers of a container run.
struct ImageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The image of Apache's servers: the official one, or one that is made like it.", valueName: "name"))
    var apacheImage = ContainerOptions.apacheImage

    @Option(help: ArgumentHelp("The image of the bundled servers, which `bin/package oci` makes.", valueName: "name"))
    var paddockImage = "paddock:\(Paddock.version)"

    @Flag(help: "Give the txn logs a volume of their own (/datalog); so, too, with a dataLogDir in the topology.")
    var dataLog = false

    var options: ContainerOptions {
        ContainerOptions(apacheImage: apacheImage, paddockImage: paddockImage, hasDataLog: dataLog)
    }
}

struct ExportSystemd: ExportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "systemd", abstract: "Units of systemd, with the servers' files, a directory a host.",
        discussion: """
            In the directory of each host is what belongs below its /. The playbooks write the same and see to it that it runs; this is
            for hosts that others look after.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var export: ExportOptions
    @OptionGroup var place: DestinationOptions

    var target: ExportTarget { .systemd(place.templates) }
}

struct ExportCompose: ExportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "compose", abstract: "A Compose project: a service a server.",
        discussion: "Clients on this machine have the ports that the topology says; two servers never the same.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var export: ExportOptions
    @OptionGroup var images: ImageOptions

    var target: ExportTarget { .compose(images.options) }
}

struct ExportKubernetes: ExportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubernetes", abstract: "Manifests for Kubernetes: stateful sets, services, disruption budgets.",
        discussion: """
            Participants are one stateful set, in which pod N is server N + 1, observers another. It takes Kubernetes 1.27 or later.
            Docs/export.md says what was tested, and what was not.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var export: ExportOptions
    @OptionGroup var images: ImageOptions

    @Option(help: ArgumentHelp("The namespace, which is part of the servers' names.", valueName: "name"))
    var namespace = KubernetesOptions().namespace

    @Option(help: ArgumentHelp("How all names of the cluster end.", valueName: "domain"))
    var clusterDomain = KubernetesOptions().clusterDomain

    @Option(help: ArgumentHelp("The size of each volume.", valueName: "size"))
    var storage = KubernetesOptions().storage

    @Option(help: ArgumentHelp("The class of the volumes (default: the cluster's).", valueName: "name"))
    var storageClass: String?

    @Option(help: "Whether two servers may never be on one node (required), or where there is no other (preferred).")
    var spread = KubernetesOptions().spread

    var target: ExportTarget {
        .kubernetes(
            KubernetesOptions(
                namespace: namespace, clusterDomain: clusterDomain, storage: storage, storageClass: storageClass,
                spread: spread), images.options)
    }
}

extension KubernetesOptions.Spread: ExpressibleByArgument {}

/// The commands below `export` differ in their targets only.
protocol ExportingCommand: EnsembleCommand where Options == GlobalOptions {
    var export: ExportOptions { get }
    var target: ExportTarget { get }
}

extension ExportingCommand {
    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let (plan, warnings) = try operations(ProgressPrinter(terminal)).exportPlan(
            try InputFile.topology(export.file), file: InputFile.name(export.file), to: target, into: export.output)
        for warning in warnings { terminal.problem(warning.rendered()) }
        return try show(plan, diff: export.diff, dryRun: export.dryRun, terminal)
    }
}
