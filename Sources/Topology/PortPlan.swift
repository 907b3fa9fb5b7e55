/// The ports of servers that do not choose their own: base + slot × offset, where slot counts the servers of one host.
struct PortPlan {
    /// What the file gives; the others have their default.
    var bases: [PortKind: Placed<Int>] = [:]
    var optional: [OptionalPort: Placed<Int>] = [:]
    var offset = 1

    func ports(slot: Int) -> ServerPorts {
        var ports = PortKind.defaults
        for kind in PortKind.allCases { ports[kind] = (bases[kind]?.value ?? ports[kind]) + slot * offset }
        return ports
    }
}

extension PortKind {
    /// ZooKeeper's own conventions: zoo_sample.cfg for the client port, the documentation for the others.
    static let defaults = ServerPorts(client: 2181, quorum: 2888, election: 3888, admin: 8080)
}
