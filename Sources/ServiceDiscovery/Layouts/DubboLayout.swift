import ZooKeeperClient

/// Dubbo's registry: an instance is a URL, and the URL is the name of its znode.
enum DubboLayout {
    static let providers = "providers"
    static let configurators = "configurators"
    /// Neighbours of the services that are none.
    private static let reserved: Set<String> = ["config", "metadata", "mapping"]

    static func service(ofChild child: String) -> String? {
        reserved.contains(child) ? nil : PercentEncoding.decode(child, plusIsBlank: true)
    }

    static func node(for instance: ServiceInstance, in parent: String) -> NewNode {
        let url = DubboURL(instance)
        return NewNode(
            path: parent + "/" + PercentEncoding.encode(url.description), data: Array(url.location.utf8),
            mode: instance.kind.isDynamic ? .ephemeral : .persistent)
    }

    /// Only an object's members are parameters, and these two say whether it is enabled.
    static func unseenMembers(of payload: JSONValue?) -> [String] {
        switch payload {
        case nil, .null: []
        case .object(let members): members.map(\.name).filter(Self.switches.contains).map { "payload.\($0)" }
        default: ["payload"]
        }
    }

    static let switches = ["enabled", "disabled"]

    static func instance(service: String, node: String) throws(Unreadable) -> ServiceInstance {
        guard let text = PercentEncoding.decode(node, plusIsBlank: true), let url = DubboURL(text) else {
            throw Unreadable("its name is no URL")
        }
        guard let port = url.port else { throw Unreadable("its URL has no port") }
        let isDisabled = url["disabled"].map { $0 == "true" } ?? (url["enabled"] == "false")
        let payload =
            [JSONValue.Member("protocol", .string(url.scheme))]
            + url.parameters.filter { $0.name != "protocol" }.map { JSONValue.Member($0.name, .string($0.value)) }
        return ServiceInstance(
            name: service, id: "\(url.location)", address: url.host, port: port, payload: .object(payload),
            registrationTime: url["timestamp"].flatMap { Int64($0) } ?? 0,
            kind: url["dynamic"] == "false" ? .static : .dynamic, isEnabled: !isDisabled)
    }

    /// The rule by which an operator takes an instance out, as Dubbo's own tools write it.
    static func rule(disabling instance: ServiceInstance) -> String {
        let url = DubboURL(
            scheme: "override", host: instance.address ?? "", port: instance.port, path: instance.name,
            parameters: [
                ("category", "configurators"), ("disabled", "true"), ("dynamic", "false"), ("enabled", "true"),
            ].map { .init(name: $0.0, value: $0.1) })
        return PercentEncoding.encode(url.description)
    }

    /// Whether a rule takes an instance out.
    static func rule(_ node: String, disables instance: ServiceInstance) -> Bool {
        guard let text = PercentEncoding.decode(node, plusIsBlank: true), let url = DubboURL(text),
            url.scheme == "override", url["enabled"] != "false", url["disabled"] == "true"
        else { return false }
        return (url.host == instance.address || url.host == "0.0.0.0")
            && (url.port == nil || url.port == 0 || url.port == instance.port)
    }
}

/// `protocol://host:port/path?name=value`, as Dubbo writes it: the values of parameters are not encoded by themselves.
struct DubboURL: Hashable, Sendable, CustomStringConvertible {
    struct Parameter: Hashable, Sendable {
        var name: String
        var value: String
    }

    var scheme: String
    var host: String
    var port: Int?
    var path: String
    var parameters: [Parameter]

    init(scheme: String, host: String, port: Int?, path: String, parameters: [Parameter]) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.parameters = parameters
    }

    /// A provider. The payload's members are parameters; `protocol` is the scheme (`dubbo` without).
    init(_ instance: ServiceInstance) {
        var parameters = [
            "category": "providers", "dynamic": instance.kind.isDynamic ? "true" : "false", "interface": instance.name,
            "side": "provider", "timestamp": String(instance.registrationTime),
        ]
        if case .object(let members) = instance.payload {
            for member in members where member.name != "protocol" && !DubboLayout.switches.contains(member.name) {
                switch member.value {
                case .string(let text): parameters[member.name] = text
                case .null: parameters[member.name] = nil
                default: parameters[member.name] = member.value.description
                }
            }
        }
        if !instance.isEnabled { parameters["enabled"] = "false" }
        self.init(
            scheme: instance.payload?["protocol"]?.string ?? "dubbo", host: instance.address ?? "", port: instance.port,
            path: instance.name,
            parameters: parameters.sorted { $0.key < $1.key }.map { Parameter(name: $0.key, value: $0.value) })
    }

    init?(_ text: String) {
        guard let separator = text.range(of: "://") else { return nil }
        scheme = String(text[..<separator.lower])
        var rest = text[separator.upper...]
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        var authority = rest
        path = ""
        if let slash = rest.firstIndex(of: "/") {
            authority = rest[..<slash]
            path = String(rest[rest.index(after: slash)...])
        }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]"),
            authority.hasPrefix("[") || authority.firstIndex(of: ":") == colon
        {
            guard let port = Int(authority[authority.index(after: colon)...]), (0...65535).contains(port) else {
                return nil
            }
            self.port = port
            authority = authority[..<colon]
        }
        host = String(authority.hasPrefix("[") ? authority.dropFirst().dropLast() : authority)
        parameters = query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Parameter(
                name: String(parts[0]),
                value: parts.count == 2 ? PercentEncoding.decode(parts[1]) ?? String(parts[1]) : "")
        }
        if scheme.isEmpty || host.isEmpty { return nil }
    }

    subscript(name: String) -> String? { parameters.last { $0.name == name }?.value }

    var location: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(host):\($0)" } ?? host
    }

    var description: String {
        let query = parameters.map { parameter in
            // What would end the value is encoded, for those who decode values too.
            let value = PercentEncoding.encode(parameter.value) { !"&=?#%+ ".utf8.contains($0) }
            return "\(parameter.name)=\(value)"
        }
        return "\(scheme)://\(location)/\(path)" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }
}

extension String {
    fileprivate func range(of text: String) -> (lower: Index, upper: Index)? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return (start, index(start, offsetBy: text.count)) }
            start = index(after: start)
        }
        return nil
    }
}
