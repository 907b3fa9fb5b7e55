import Mustache
import Planning
import ServiceDiscovery

/// A text that is made of what is registered. The syntax is Mustache.
///
///     {{#services}}…{{name}} {{#instances}}…{{/instances}}…{{/services}}
///     {{#web}}server {{address}}:{{port}};{{/web}}{{^web}}# nobody{{/web}}
///
/// Of an instance: `id`, `address`, `port`, `sslPort`, `endpoint`, `uri`, `kind`, `payload` with its members, `first`, `last`. Only
/// enabled ones are there.
package struct RegistryTemplate {
    private let template: MustacheTemplate

    package init(_ text: String, file: String) throws(OperationError) {
        do {
            // Nothing is escaped: it is no web page.
            template = try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}\n" + text)
        } catch {
            throw OperationError(
                .badInput, "\(file) is no template: \(Self.words(error))", mend: "see Docs/registry.md")
        }
    }

    package func render(_ services: [(name: String, entries: [ServiceEntry])]) -> String {
        template.render(Root(services: services.map { ($0.name, Self.list($0.entries.choosable)) }))
    }

    private static func list(_ entries: [ServiceEntry]) -> [[String: Any]] {
        entries.enumerated().map { index, entry in
            let instance = entry.instance
            var values: [String: Any] = [
                "id": instance.id, "endpoint": instance.endpoint, "service": instance.name,
                "kind": instance.kind.rawValue, "first": index == 0, "last": index == entries.count - 1,
            ]
            values["address"] = instance.address
            values["port"] = instance.port
            values["sslPort"] = instance.sslPort
            values["uri"] = instance.uriSpec?.uri(of: instance)
            values["payload"] = instance.payload.flatMap(value)
            return values
        }
    }

    private static func value(_ json: JSONValue) -> Any? {
        switch json {
        case .null: nil
        case .bool(let value): value
        case .number(let text): text
        case .string(let text): text
        case .array(let values): values.compactMap(value)
        case .object(let members):
            Dictionary(members.compactMap { member in value(member.value).map { (member.name, $0) } }) { $1 }
        }
    }

    private static func words(_ error: any Error) -> String {
        guard let error = error as? MustacheTemplate.ParserError else { return "\(error)" }
        // The first line is ours.
        return "line \(error.context.lineNumber - 1): \(error.error)"
    }

    /// `services`, and each service by its name, also by one with dots.
    private struct Root: MustacheParent {
        var services: [(name: String, instances: [[String: Any]])]
        var prefix = ""

        func child(named name: String) -> Any? {
            if prefix.isEmpty, name == "services" {
                return services.enumerated().map { index, service -> [String: Any] in
                    [
                        "name": service.name, "instances": service.instances, "first": index == 0,
                        "last": index == services.count - 1,
                    ]
                }
            }
            if let service = services.first(where: { $0.name == prefix + name }) { return service.instances }
            let longer = prefix + name + "."
            guard services.contains(where: { $0.name.hasPrefix(longer) }) else { return nil }
            return Root(services: services, prefix: longer)
        }
    }
}
