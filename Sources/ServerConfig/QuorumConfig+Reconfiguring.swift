extension QuorumConfig {
    /// What speaks against a reconfiguration to `next`: servers that are new in it or changed, with an id or a host that no topology
    /// could have either, or two servers at one address. Nil when nothing does. What was there before stays as it is.
    ///
    /// - Parameter largestID: 255, or 254 with `extendedTypesEnabled`
    package func objection(to next: QuorumConfig, largestID: Int64 = 255) -> String? {
        for line in next.servers where server(line.id) != line {
            guard (1...largestID).contains(line.id.rawValue) else {
                return "\(line.key): a server id is from 1 to \(largestID)"
            }
            for host in line.addresses.map(\.host) {
                // Nobody dials an observer.
                guard !HostAddress.isWildcard(host) || line.role == .observer else {
                    return "\(line.key): \(host) means every interface; the other servers cannot connect to it"
                }
                guard HostAddress.isValid(host) else {
                    return "\(line.key): '\(host)' is neither an address nor a name"
                }
            }
            if let host = line.client?.host, !HostAddress.isValid(host) {
                return "\(line.key): '\(host)' is neither an address nor a name"
            }
            for other in next.servers where other.id != line.id {
                let taken = Self.endpoints(other)
                if let double = Self.endpoints(line).first(where: taken.contains) {
                    return "\(line.key): \(double) is an address of server \(other.id) already"
                }
            }
        }
        return nil
    }

    /// `host:port` of each port that a server is reached at, but for addresses that mean another machine on each one.
    private static func endpoints(_ line: ServerLine) -> [String] {
        var found = line.addresses.flatMap { [($0.host, $0.quorumPort), ($0.host, $0.electionPort)] }
        if let client = line.client, let host = client.host { found.append((host, client.port)) }
        return found.filter { !HostAddress.isWildcard($0.0) && !HostAddress.isLoopback($0.0) }
            .map { "\(ServerLine.bracketed($0.0.lowercased())):\($0.1)" }
    }
}
