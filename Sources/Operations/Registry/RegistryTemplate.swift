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
        do { template = try MustacheTemplate(text) } catch {
            throw OperationError(.badInput, "\(file) is no template: \(error)", mend: "see Docs/registry.md")
        }
    }

    package func render(_ services: [(name: String, entries: [ServiceEntry])]) -> String {
        template.render(Root(services: services.map { ($0.name, Self.list($0.entries.choosable)) }).value)
    }

    private static func list(_ entries: [ServiceEntry]) -> MustacheValue {
        let values = entries.enumerated().map { index, entry -> MustacheValue in
            let instance = entry.instance
            var values: [String: MustacheValue] = [
                "id": .text(instance.id), "endpoint": .text(instance.endpoint), "service": .text(instance.name),
                "kind": .text(instance.kind.rawValue), "first": .flag(index == 0),
                "last": .flag(index == entries.count - 1),
            ]
            values["address"] = instance.address.map { .text($0) }
            values["port"] = instance.port.map { .text("\($0)") }
            values["sslPort"] = instance.sslPort.map { .text("\($0)") }
            values["uri"] = (instance.uriSpec?.uri(of: instance)).map { .text($0) }
            values["payload"] = instance.payload.flatMap(value)
            return .members(values)
        }
        return .list(values, text: "")
    }

    private static func value(_ json: JSONValue) -> MustacheValue? {
        switch json {
        case .null: nil
        case .bool(let value): .flag(value)
        case .number(let text): .text(text)
        case .string(let text): .text(text)
        case .array(let values): .list(values.compactMap(value), text: json.description)
        case .object(let members):
            .members(
                Dictionary(members.compactMap { member in value(member.value).map { (member.name, $0) } }) { $1 },
                text: json.description)
        }
    }

    /// `services`, and each service by its name, also by one with dots.
    private struct Root: Sendable {
        var services: [(name: String, instances: MustacheValue)]
        var prefix = ""

        var value: MustacheValue { .members({ member($0) }, text: "") }

        private func member(_ name: String) -> MustacheValue? {
            if prefix.isEmpty, name == "services" {
                let values = services.enumerated().map { index, service -> MustacheValue in
                    [
                        "name": .text(service.name), "instances": service.instances, "first": .flag(index == 0),
                        "last": .flag(index == services.count - 1),
                    ]
                }
                return .list(values, text: "")
            }
            if let service = services.first(where: { $0.name == prefix + name }) { return service.instances }
            let longer = prefix + name + "."
            guard services.contains(where: { $0.name.hasPrefix(longer) }) else { return nil }
            return Root(services: services, prefix: longer).value
        }
    }
}
