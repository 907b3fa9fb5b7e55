import ZooKeeperClient

/// The JSON of curator-x-discovery 5.4, as its `JsonInstanceSerializer` and Jackson write and read it.
enum CuratorLayout {
    static func node(for instance: ServiceInstance, in parent: String) -> NewNode {
        let mode: CreateMode =
            switch instance.kind {
            case .dynamic: .ephemeral
            case .dynamicSequential: .ephemeralSequential
            case .static, .permanent: .persistent
            }
        return NewNode(path: parent + "/" + instance.id, data: json(instance).utf8, mode: mode)
    }

    /// `enabled` is written only when it is false: so the text is what Curator's default serializer writes, which every version reads.
    static func json(_ instance: ServiceInstance) -> JSONValue {
        func number(_ value: Int?) -> JSONValue { value.map { .number(String($0)) } ?? .null }
        var members: [JSONValue.Member] = [
            .init("name", .string(instance.name)), .init("id", .string(instance.id)),
            .init("address", instance.address.map { .string($0) } ?? .null),
            .init("port", number(instance.port)), .init("sslPort", number(instance.sslPort)),
            .init("payload", instance.payload ?? .null),
            .init("registrationTimeUTC", .number(String(instance.registrationTime))),
            .init("serviceType", .string(instance.kind.rawValue)),
            .init("uriSpec", instance.uriSpec.map(json) ?? .null),
        ]
        if !instance.isEnabled { members.append(.init("enabled", false)) }
        return .object(members)
    }

    private static func json(_ spec: URISpec) -> JSONValue {
        let parts = spec.parts.map { part -> JSONValue in
            switch part {
            case .text(let text): ["value": .string(text), "variable": false]
            case .field(let name): ["value": .string(name), "variable": true]
            }
        }
        return ["parts": .array(parts)]
    }

    /// As Jackson reads it: unknown members are passed over, a missing one has its default, and numbers and strings may
    /// stand for each other.
    static func instance(_ data: [UInt8], service: String, node: String) throws(Unreadable) -> ServiceInstance {
        try instance(Unreadable.json(data), service: service, node: node)
    }

    static func instance(_ json: JSONValue, service: String, node: String) throws(Unreadable) -> ServiceInstance {
        guard case .object = json else { throw Unreadable("its JSON is no object") }
        let payload = json["payload"]
        return ServiceInstance(
            name: try text(json, "name") ?? service, id: try text(json, "id") ?? node,
            address: try text(json, "address"), port: try port(json, "port"), sslPort: try port(json, "sslPort"),
            payload: payload == .null ? nil : payload,
            registrationTime: try integer(json, "registrationTimeUTC").map { Int64($0) } ?? 0,
            kind: try kind(json), uriSpec: try uriSpec(json["uriSpec"]), isEnabled: try isEnabled(json))
    }

    /// The same text, with `enabled` as it shall be.
    static func data(_ data: [UInt8], enabled: Bool) throws(Unreadable) -> [UInt8] {
        let json = try Unreadable.json(data)
        guard case .object = json else { throw Unreadable("its JSON is no object") }
        return json.setting("enabled", to: enabled ? nil : false).utf8
    }

    private static func text(_ json: JSONValue, _ name: String) throws(Unreadable) -> String? {
        switch json[name] {
        case nil, .null: nil
        case .string(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        case .array, .object: throw Unreadable("\"\(name)\" is no string")
        }
    }

    private static func integer(_ json: JSONValue, _ name: String) throws(Unreadable) -> Int? {
        switch json[name] {
        case nil, .null: return nil
        case .number(let text):
            if let value = Int(text) ?? Double(text).flatMap({ Int(exactly: $0.rounded(.towardZero)) }) { return value }
        case .string(let text):
            if text.isEmpty { return nil }
            if let value = Int(text) { return value }
        case .bool, .array, .object: break
        }
        throw Unreadable("\"\(name)\" is no number")
    }

    private static func port(_ json: JSONValue, _ name: String) throws(Unreadable) -> Int? {
        guard let port = try integer(json, name) else { return nil }
        guard (0...65535).contains(port) else { throw Unreadable("\"\(name)\" is no port: \(port)") }
        return port
    }

    private static func kind(_ json: JSONValue) throws(Unreadable) -> ServiceKind {
        guard let text = try text(json, "serviceType") else { return .dynamic }
        guard let kind = ServiceKind(rawValue: text) else { throw Unreadable("its serviceType is '\(text)'") }
        return kind
    }

    private static func isEnabled(_ json: JSONValue) throws(Unreadable) -> Bool {
        switch json["enabled"] {
        case nil: return true
        case .null: return false
        case .bool(let value): return value
        case .string("true"): return true
        case .string("false"): return false
        default: throw Unreadable("\"enabled\" is neither true nor false")
        }
    }

    private static func uriSpec(_ json: JSONValue?) throws(Unreadable) -> URISpec? {
        guard let json, json != .null else { return nil }
        guard case .array(let parts) = json["parts"] else { throw Unreadable("its uriSpec has no parts") }
        var spec = URISpec(parts: [])
        for part in parts {
            guard let value = part["value"]?.string else { throw Unreadable("a part of its uriSpec has no value") }
            spec.parts.append(part["variable"] == true ? .field(value) : .text(value))
        }
        return spec
    }
}
