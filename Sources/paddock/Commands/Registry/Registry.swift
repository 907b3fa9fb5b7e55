import ArgumentParser
import Operations
import Planning
import ServiceDiscovery
import ZooKeeperClient

struct Registry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Services: register providers, find them, follow them.",
        discussion: """
            A provider is registered while its command runs and is well:
            paddock registry register web --port 8080 --check tcp -- ./server
            A consumer is told where it is: paddock registry resolve web, or in its environment: paddock registry run web -- ./client
            The registry is the running ensemble, or --server HOST:PORT.
            """.paragraphs,
        subcommands: [
            Register.self, ListServices.self, ShowService.self, WatchServices.self, Resolve.self, RunWithService.self,
            Disable.self, Enable.self, Render.self,
        ])
}

/// Which registry, and in which layout.
struct RegistryOptions: ParsableArguments {
    @OptionGroup var selection: EnsembleOption

    @Option(
        help: ArgumentHelp(
            "The registry's servers (default: the ensemble's).", valueName: "host:port,…[/chroot]"))
    var server: String?

    @Option(help: "How services lie in the registry: curator, dubbo or serverset (Twitter's; Prometheus reads it).")
    var layout: LayoutArgument = .curator

    @Option(
        help: ArgumentHelp(
            "The znode above all services (default: /services, /dubbo or /serversets, by the layout).",
            valueName: "path"))
    var base: String?

    enum LayoutArgument: String, ExpressibleByArgument, CaseIterable {
        case curator, dubbo, serverset
    }

    func validate() throws {
        if let base, !base.hasPrefix("/") || (base != "/" && base.hasSuffix("/")) {
            throw ValidationError("--base takes the path of a znode like /services, not '\(base)'")
        }
    }

    func request(sessionTimeout: Duration = .seconds(10)) -> RegistryRequest {
        let layout: RegistryLayout =
            switch layout {
            case .curator: base.map { .curator(base: $0) } ?? .curator()
            case .dubbo: base.map { .dubbo(root: $0) } ?? .dubbo()
            case .serverset: base.map { .serverSet(base: $0) } ?? .serverSet()
            }
        return RegistryRequest(
            server: server, ensemble: selection.name, layout: layout, sessionTimeout: sessionTimeout)
    }
}

extension SelectionStrategy: ExpressibleByArgument {}

/// An instance in JSON.
struct InstanceOutput: Encodable {
    private var entry: ServiceEntry

    init(_ entry: ServiceEntry) { self.entry = entry }

    private enum CodingKeys: String, CodingKey {
        case id, node, service, address, port, sslPort, endpoint, uri, payload, kind, enabled, session, registrationTime
    }

    /// Every key is always there.
    func encode(to encoder: any Encoder) throws {
        let instance = entry.instance
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(instance.id, forKey: .id)
        try container.encode(entry.node, forKey: .node)
        try container.encode(instance.name, forKey: .service)
        try container.encode(instance.address, forKey: .address)
        try container.encode(instance.port, forKey: .port)
        try container.encode(instance.sslPort, forKey: .sslPort)
        try container.encode(instance.endpoint, forKey: .endpoint)
        try container.encode(instance.uriSpec?.uri(of: instance), forKey: .uri)
        try container.encode(JSONOutputValue(instance.payload ?? .null), forKey: .payload)
        try container.encode(instance.kind.rawValue, forKey: .kind)
        try container.encode(instance.isEnabled, forKey: .enabled)
        try container.encode(entry.session?.description, forKey: .session)
        // Seconds of the Unix epoch, as everywhere in paddock.
        try container.encode(
            instance.registrationTime == 0 ? nil : Double(instance.registrationTime) / 1000, forKey: .registrationTime)
    }
}

/// A JSON value of others within ours.
private struct JSONOutputValue: Encodable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private var value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        switch value {
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let value):
            var container = encoder.singleValueContainer()
            try container.encode(value)
        case .string(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        case .number(let text):
            var container = encoder.singleValueContainer()
            if let integer = Int64(text) {
                try container.encode(integer)
            } else if let number = Double(text), number.isFinite {
                try container.encode(number)
            } else {
                try container.encode(text)
            }
        case .array(let values):
            var container = encoder.unkeyedContainer()
            for value in values { try container.encode(JSONOutputValue(value)) }
        case .object(let members):
            var container = encoder.container(keyedBy: Key.self)
            for member in members {
                try container.encode(JSONOutputValue(member.value), forKey: Key(stringValue: member.name))
            }
        }
    }
}
