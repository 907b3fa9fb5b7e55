import Glibc

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
                guard !HostName.isWildcard(host) else {
                    return "\(line.key): \(host) means every interface; the other servers cannot connect to it"
                }
                guard Self.isHost(host) else { return "\(line.key): '\(host)' is neither an address nor a name" }
            }
            if let host = line.client?.host, !Self.isHost(host) {
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
        return found.filter { !HostName.isWildcard($0.0) && !HostName.isLoopback($0.0) }
            .map { "\(ServerLine.bracketed($0.0.lowercased())):\($0.1)" }
    }

    /// An address, or a name that DNS allows (underscores too, which containers use).
    private static func isHost(_ host: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1 { return true }
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // Digits and dots only would be taken for a broken IPv4 address by everyone.
        guard host.utf8.count <= 253, let last = labels.last, !last.allSatisfy(isDigit) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { byte in
                    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
