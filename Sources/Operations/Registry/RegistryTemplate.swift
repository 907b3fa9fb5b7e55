import Mustache
import Planning
import ServiceDiscovery

/// A text that is made of what is registered. The syntax is Mustache.
///
///     {{#services}}…{{name}} {{#instances}}…{{/instances}}…{{/services}}
///     {{#web}}server {{address}}:{{port}};{{/web}}{{^web}}# nobody{{/web}}
///
/// Of an instance: `id`, `address`, `port`, `sslPort`, `endpoint`, `uri`, `kind`, `service`, `payload` with its members, `first`, `last`; and
/// each of them as JSON, `json.address`: in quotes where it is text, `null` where it is not there. Only enabled ones are there, and
/// services without any instance are not.
package struct RegistryTemplate {
    private let template: MustacheTemplate

    package init(_ text: String, file: String) throws(OperationError) {
        do { template = try MustacheTemplate(text) } catch {
            throw OperationError(.badInput, "\(file) is no template: \(error)", mend: "see Docs/registry.md")
        }
    }

    package func render(_ services: [(name: String, entries: [ServiceEntry])]) -> String {
        let present = services.filter { !$0.entries.isEmpty }
        return template.render(Root(services: present.map { ($0.name, Self.list($0.entries.choosable)) }).value)
    }

    private static func list(_ entries: [ServiceEntry]) -> MustacheValue {
        let values = entries.enumerated().map { index, entry -> MustacheValue in
            let instance = entry.instance
            func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
            func number(_ value: Int?) -> JSONValue { value.map { .number(String($0)) } ?? .null }
            let members: [JSONValue.Member] = [
                .init("id", .string(instance.id)), .init("endpoint", .string(instance.endpoint)),
                .init("service", .string(instance.name)), .init("kind", .string(instance.kind.rawValue)),
                .init("address", text(instance.address)), .init("port", number(instance.port)),
                .init("sslPort", number(instance.sslPort)), .init("uri", text(instance.uriSpec?.uri(of: instance))),
                .init("payload", instance.payload ?? .null),
            ]
            var values: [String: MustacheValue] = [
                "first": .flag(index == 0), "last": .flag(index == entries.count - 1),
                "json": json(.object(members + [.init("name", .string(instance.name))])),
            ]
            for member in members { values[member.name] = value(member.value) }
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

    /// A value that is shown as JSON, whatever it is, and its members likewise.
    private static func json(_ value: JSONValue) -> MustacheValue {
        .members({ json(value[$0] ?? .null) }, text: value.description)
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
                        "last": .flag(index == services.count - 1), "json": json(["name": .string(service.name)]),
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
