import ArgumentParser
import Operations
import Planning
import ServiceDiscovery

struct ListServices: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the services and their instances.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var registry: RegistryOptions

    private struct Output: Encodable {
        struct Service: Encodable {
            var name: String
            var instances: [InstanceOutput]
        }
        var version = 1
        var services: [Service]
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let services = try await operations(ProgressPrinter(terminal)).withRegistry(registry.request()) { registry in
            var services: [(name: String, entries: [ServiceEntry])] = []
            for name in try await registry.names() {
                services.append((name, try await registry.entries(of: name)))
            }
            // With some layouts the parents of instances stay.
            return services.filter { !$0.entries.isEmpty }
        }
        if global.json {
            let output = services.map { Output.Service(name: $0.name, instances: $0.entries.map(InstanceOutput.init)) }
            try printJSON(Output(services: output), terminal)
        } else if services.isEmpty {
            terminal.note("no service is registered")
        } else {
            var table = Table(("SERVICE", .left), ("INSTANCES", .right), ("ENABLED", .right), ("WHERE", .left))
            table.rows = services.map { service in
                let choosable = service.entries.choosable
                return [
                    .init(service.name), .init("\(service.entries.count)"), .init("\(choosable.count)"),
                    .init(choosable.map(\.instance.endpoint).joined(separator: ",")),
                ]
            }
            table.lines(terminal).forEach(terminal.output)
        }
        return .done
    }
}

struct ShowService: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the instances of a service with all that they say of themselves.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var registry: RegistryOptions

    @Argument(help: "The service.")
    var name: String

    private struct Output: Encodable {
        var version = 1
        var service: String
        var instances: [InstanceOutput]
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let entries = try await operations(ProgressPrinter(terminal)).withRegistry(registry.request()) {
            try await $0.entries(of: name)
        }
        if global.json {
            try printJSON(Output(service: name, instances: entries.map(InstanceOutput.init)), terminal)
        } else if entries.isEmpty {
            terminal.note("\(name) has no instance")
        } else {
            var table = Table(
                ("ID", .left), ("ENDPOINT", .left), ("ENABLED", .left), ("KIND", .left), ("SESSION", .left),
                ("PAYLOAD", .left))
            table.dispensable = ["SESSION", "KIND"]
            table.rows = entries.map { entry in
                let instance = entry.instance
                return [
                    .init(instance.id), .init(instance.endpoint),
                    instance.isEnabled ? .init("yes", .green) : .init("no", .yellow), .init(instance.kind.rawValue),
                    .init(entry.session?.description ?? "-"), .init(instance.payload?.description ?? "-"),
                ]
            }
            table.lines(terminal).forEach(terminal.output)
        }
        return .done
    }
}

struct WatchServices: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Tell of every instance that comes, changes or goes; first of those there are.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var registry: RegistryOptions

    @Argument(help: "The services (default: all).")
    var names: [String] = []

    var isStream: Bool { true }

    private struct Output: Encodable {
        var version = 1
        var change: ServiceChange.Kind
        var instance: InstanceOutput
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        Terminal.endWithReader()
        try await operations(ProgressPrinter(terminal)).withRegistry(registry.request()) { registry in
            var before: [String: ServiceSnapshot] = [:]
            let follower = RegistryFollower(registry, names: names.isEmpty ? nil : names)
            try await follower.follow { services in
                for (name, snapshot) in services {
                    for change in ServiceChange.all(from: before[name]?.entries ?? [], to: snapshot.entries) {
                        try show(change, terminal)
                    }
                    switch (before[name]?.age, snapshot.age) {
                    case (let old, let age?) where old != age:
                        terminal.note(terminal.styledNote("warning: ", .yellow) + "\(name) may be out of date: \(age)")
                    case (.some, nil): terminal.note("\(name) is up to date again: the registry is back")
                    default: break
                    }
                }
                let gone = before.filter { name, _ in !services.contains { $0.name == name } }
                for (_, snapshot) in gone.sorted(by: { $0.key < $1.key }) {
                    for change in ServiceChange.all(from: snapshot.entries, to: []) { try show(change, terminal) }
                }
                before = Dictionary(uniqueKeysWithValues: services.map { ($0.name, $0.snapshot) })
                return .whenChanged
            }
        }
        return .done
    }

    private func show(_ change: ServiceChange, _ terminal: Terminal) throws {
        let instance = change.entry.instance
        guard !global.json else {
            return try printJSON(
                Output(change: change.kind, instance: InstanceOutput(change.entry)), terminal, isLine: true)
        }
        let (sign, style): (String, Terminal.Style) =
            switch change.kind {
            case .registered: ("+", .green)
            case .changed: ("~", .yellow)
            case .deregistered: ("-", .red)
            }
        let state = instance.isEnabled ? "" : "  disabled"
        terminal.output(
            terminal.styled(sign, style) + " \(instance.name)  \(instance.endpoint)  \(instance.id)\(state)")
    }
}

struct Resolve: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Print where a service is: host:port of one instance, or of several.",
        discussion: """
            While the registry is away, what was resolved last is taken, with a warning. Exits with 1 when there is no enabled instance,
            with 5 when the registry is away and nothing is remembered.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var registry: RegistryOptions

    @Argument(help: "The service.")
    var name: String

    @Option(help: "How to choose.")
    var strategy: SelectionStrategy = .random

    @Option(name: [.customShort("n"), .long], help: "Choose so many times.")
    var count: Int = 1

    @Flag(help: "Print all that may be chosen.")
    var all = false

    @Option(help: ArgumentHelp("How long the registry may take to answer.", valueName: "duration"))
    var patience = DurationArgument(.seconds(3))

    func validate() throws {
        if !(1...100_000).contains(count) { throw ValidationError("--count takes a number from 1, not \(count)") }
    }

    private struct Output: Encodable {
        var version = 1
        var service: String
        /// Whether it is what the registry has now.
        var current: Bool
        var instances: [InstanceOutput]
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let resolved = try await operations(ProgressPrinter(terminal))
            .resolve(
                name, strategy: strategy, count: all ? nil : count, patience: patience.duration,
                in: registry.request())
        if global.json {
            let instances = resolved.entries.map(InstanceOutput.init)
            try printJSON(Output(service: name, current: resolved.age == nil, instances: instances), terminal)
        } else {
            for entry in resolved.entries { terminal.output(entry.instance.endpoint) }
        }
        return .done
    }
}

struct RunWithService: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command that is told in its environment where a service is.",
        usage: "paddock registry run NAME [options] -- COMMAND…",
        discussion: """
            For the service web: WEB_ADDRESS (host:port), WEB_HOST, WEB_PORT, and WEB_ADDRESSES, all of them with commas between.
            Signals are passed on to the command, and its exit code is ours.

            paddock registry run web -- sh -c 'curl http://$WEB_ADDRESS/'
            """.paragraphs)

    @OptionGroup var global: PlainOptions
    @OptionGroup var registry: RegistryOptions

    @Argument(help: "The service.")
    var name: String

    @Option(help: "How to choose.")
    var strategy: SelectionStrategy = .random

    @Argument(parsing: .postTerminator, help: "The command, after --.")
    var command: [String] = []

    var passesSignals: Bool { true }

    func validate() throws {
        if command.isEmpty {
            throw ValidationError("there is no command to run: paddock registry run NAME -- COMMAND…")
        }
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let code = try await operations(ProgressPrinter(terminal))
            .run(command, with: name, strategy: strategy, in: registry.request())
        if code != 0 { throw CommandExit(code: code) }
        return .done
    }
}
