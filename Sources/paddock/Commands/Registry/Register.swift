import ArgumentParser
import FoundationEssentials
import Operations
import Planning
import ServiceDiscovery

struct Register: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Run a command and register its service while it runs and is well.",
        usage: "paddock registry register NAME --port PORT [options] -- COMMAND…",
        discussion: """
            The service is deregistered when the command ends, however it does, and when its checks fail three times in a row; it is
            registered again when one succeeds. Signals are passed on to the command, and its exit code is ours. When paddock itself is
            killed (-9), the service goes after --session-timeout, and the command runs on. Without a command: until Ctrl-C.

            paddock registry register web --port 8080 --check http:///health -- ./server --port 8080
            paddock registry register db --port 5432 --check 'pg_isready -q' --payload '{"zone": "a"}'
            """.paragraphs)

    @OptionGroup var global: PlainOptions
    @OptionGroup var registry: RegistryOptions

    @Argument(help: "The service.")
    var name: String

    @Option(help: "Where it listens.")
    var port: Int?

    @Option(help: "Where others reach it: a host name or an IP address (default: the first address of this machine).")
    var address: String?

    @Option(help: "Where it listens for TLS.")
    var sslPort: Int?

    @Option(help: "The instance, unique among those of the service (default: a random one).")
    var id: String?

    @Option(help: ArgumentHelp("What else consumers shall know.", valueName: "json"))
    var payload: String?

    @Option(help: ArgumentHelp("With {scheme}, {address}, {port}, … to fill in.", valueName: "uri"))
    var uri: String?

    @Option(
        help:
            "How long it stays: dynamic, with the session of this command; or static, until this command ends, also while the registry does not hear of it."
    )
    var type: KindArgument = .dynamic

    enum KindArgument: String, ExpressibleByArgument, CaseIterable {
        case dynamic, `static`
    }

    @Option(
        help: ArgumentHelp(
            "Whether it is well: tcp, http://HOST:PORT/PATH (http:///PATH asks itself), or a command for /bin/sh.",
            valueName: "check"))
    var check: String?

    @Option(help: ArgumentHelp("Between two checks.", valueName: "duration"))
    var checkInterval = DurationArgument(.seconds(2))

    @Option(help: ArgumentHelp("A check that takes longer has failed.", valueName: "duration"))
    var checkTimeout = DurationArgument(.seconds(2))

    @Option(help: ArgumentHelp("How long the registry waits for a sign of life.", valueName: "duration"))
    var sessionTimeout = DurationArgument(.seconds(10))

    @Argument(parsing: .postTerminator, help: "The command, after --.")
    var command: [String] = []

    var passesSignals: Bool { true }

    func validate() throws {
        for (option, value) in [("--port", port), ("--ssl-port", sslPort)] {
            if let value, !(1...65535).contains(value) {
                throw ValidationError("\(option) takes a port from 1 to 65535, not \(value)")
            }
        }
        if port == nil, sslPort == nil { throw ValidationError("there is no --port") }
        if let address, address.isEmpty || address.contains(where: { $0.isWhitespace || !$0.isASCII }) {
            throw ValidationError("--address takes a host name or an IP address, not '\(address)'")
        }
        _ = try parsedPayload()
        if let uri {
            guard let spec = URISpec(uri) else {
                throw ValidationError(
                    "--uri takes text with fields in braces like {scheme}://{address}:{port}, not '\(uri)'")
            }
            for case .field(let name) in spec.parts where !URISpec.fields.contains(name) {
                throw ValidationError(
                    "--uri has the field {\(name)}; there are {\(URISpec.fields.joined(separator: "}, {"))}")
            }
        }
        if id != nil, registry.layout != .curator {
            throw ValidationError("--id goes with --layout curator: \(registry.layout.rawValue) names instances itself")
        }
    }

    private func parsedPayload() throws -> JSONValue? {
        guard let payload else { return nil }
        do {
            return try JSONValue(parsing: payload)
        } catch {
            throw ValidationError("--payload takes JSON: \(error)")
        }
    }

    private var kind: ServiceKind {
        switch type {
        case .static: .static
        case .dynamic: registry.layout == .serverset ? .dynamicSequential : .dynamic
        }
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let address = address ?? HostAddresses.first()
        let instance = ServiceInstance(
            name: name, id: id ?? UUID().uuidString.lowercased(), address: address, port: port, sslPort: sslPort,
            payload: try parsedPayload(),
            kind: kind, uriSpec: uri.flatMap { URISpec($0) })
        let service = ProvidedService(
            instance: instance,
            check: try check.map { try HealthCheck($0, host: address, port: port ?? sslPort ?? 0) },
            checkInterval: checkInterval.duration, checkTimeout: checkTimeout.duration, words: command)
        let code = try await operations(ProgressPrinter(terminal))
            .provide(service, in: registry.request(sessionTimeout: sessionTimeout.duration))
        if code != 0 { throw CommandExit(code: code) }
        return .done
    }
}
