import ZooKeeperClient

/// The members of Twitter's ServerSets, as twitter.common writes them in JSON.
enum ServerSetLayout {
    static let prefix = "member_"
    /// What a member's status says while it is drained: alive, but not for new work.
    static let drained = "STOPPING"
    static let alive = "ALIVE"

    static func node(for instance: ServiceInstance, in parent: String) throws(InvalidInstance) -> NewNode {
        guard let host = instance.address, let port = instance.port ?? instance.sslPort else {
            throw InvalidInstance(description: "a member of a ServerSet needs an address and a port")
        }
        guard instance.kind.isDynamic else {
            throw InvalidInstance(
                description: "a member of a ServerSet goes with its session: it cannot be \(instance.kind)")
        }
        func endpoint(_ port: Int) -> JSONValue { ["host": .string(host), "port": .number(String(port))] }
        var additional: [JSONValue.Member] = []
        if let sslPort = instance.sslPort, instance.port != nil { additional.append(.init("https", endpoint(sslPort))) }
        var members: [JSONValue.Member] = [
            .init("serviceEndpoint", endpoint(port)),
            .init("additionalEndpoints", instance.payload?["additionalEndpoints"] ?? .object(additional)),
            .init("status", .string(instance.isEnabled ? alive : drained)),
        ]
        if let shard = instance.payload?["shard"]?.integer { members.append(.init("shard", .number(String(shard)))) }
        return NewNode(
            path: parent + "/" + prefix, data: JSONValue.object(members).utf8, mode: .ephemeralSequential)
    }

    static func unseenMembers(of payload: JSONValue?) -> [String] {
        switch payload {
        case nil, .null: []
        case .object(let members):
            members.filter { $0.name != "additionalEndpoints" && ($0.name != "shard" || $0.value.integer == nil) }
                .map { "payload.\($0.name)" }
        default: ["payload"]
        }
    }

    static func instance(service: String, node: String, data: [UInt8]) throws(Unreadable) -> ServiceInstance {
        guard node.hasPrefix(prefix) else { throw Unreadable("its name does not begin with \(prefix)") }
        let json = try Unreadable.json(data)
        guard let host = json["serviceEndpoint"]?["host"]?.string,
            let port = json["serviceEndpoint"]?["port"]?.integer, (0...65535).contains(port)
        else { throw Unreadable("its serviceEndpoint has no host and port") }
        var payload: [JSONValue.Member] = []
        if let additional = json["additionalEndpoints"], additional != .object([]), additional != .null {
            payload.append(.init("additionalEndpoints", additional))
        }
        if let shard = json["shard"], shard != .null { payload.append(.init("shard", shard)) }
        return ServiceInstance(
            name: service, id: node, address: host, port: port,
            sslPort: json["additionalEndpoints"]?["https"]?["port"]?.integer,
            payload: payload.isEmpty ? nil : .object(payload), kind: .dynamicSequential,
            isEnabled: (json["status"]?.string ?? alive) == alive)
    }

    static func data(_ data: [UInt8], enabled: Bool) throws(Unreadable) -> [UInt8] {
        let json = try Unreadable.json(data)
        guard case .object = json else { throw Unreadable("its JSON is no object") }
        return json.setting("status", to: .string(enabled ? alive : drained)).utf8
    }
}
