/// The URI of an instance with fields to fill in, `{scheme}://{address}:{port}/api` (Curator's `UriSpec`).
///
/// Fields: `scheme` (https with an SSL port, else http), `name`, `id`, `address`, `port`, `ssl-port`,
/// `registration-time-utc`, `service-type`; `{[}` and `{]}` stand for braces.
public struct URISpec: Hashable, Sendable {
    public enum Part: Hashable, Sendable {
        case text(String)
        case field(String)
    }

    public var parts: [Part]

    public init(parts: [Part]) { self.parts = parts }

    /// Reads a spec; nil when a brace is without its other.
    public init?(_ text: String) {
        parts = []
        var rest = text[...]
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[brace] == "{" else { return nil }
            if brace > rest.startIndex { parts.append(.text(String(rest[..<brace]))) }
            rest = rest[rest.index(after: brace)...]
            guard let end = rest.firstIndex(where: { $0 == "{" || $0 == "}" }), rest[end] == "}" else { return nil }
            let field = String(rest[..<end].drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            if end > rest.startIndex { parts.append(.field(field)) }
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
    }

    /// The fields that an instance fills in.
    public static let fields = [
        "scheme", "name", "id", "address", "port", "ssl-port", "registration-time-utc", "service-type", "[", "]",
    ]

    /// The URI of an instance. What a field says of the instance gives way to `variables`; an unknown field is left out.
    public func uri(of instance: ServiceInstance, variables: [String: String] = [:]) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .field(let name): variables[name] ?? Self.field(name, of: instance) ?? ""
            }
        }.joined()
    }

    private static func field(_ name: String, of instance: ServiceInstance) -> String? {
        switch name {
        case "[": "{"
        case "]": "}"
        case "scheme": instance.sslPort == nil ? "http" : "https"
        case "name": instance.name
        case "id": instance.id
        case "address": instance.address
        case "port": instance.port.map { String($0) }
        case "ssl-port": instance.sslPort.map { String($0) }
        case "registration-time-utc": String(instance.registrationTime)
        case "service-type": instance.kind.rawValue.lowercased()
        default: nil
        }
    }
}
