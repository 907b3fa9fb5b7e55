import ZooKeeperProtocol

/// What a reconfig makes of a configuration (reference 2.18; Apache's `PrepRequestProcessor`).
extension EnsembleConfiguration {
    /// This configuration as `request` wants it; nil when the request makes no sense.
    package func changed(by request: ReconfigRequest, version: Int64) -> EnsembleConfiguration? {
        if let members = request.newMembers { return Self.replacement(members, version: version) }
        // Groups and weights cannot follow single servers that come and go.
        guard !verifier.isHierarchical else { return nil }
        var next = Dictionary(uniqueKeysWithValues: servers.map { ($0.id, $0) })
        for text in Self.list(request.leavingServers) {
            guard let id = ServerID(text) else { return nil }
            next[id] = nil
        }
        for text in Self.list(request.joiningServers) {
            guard let line = Self.server(text), line.client != nil else { return nil }
            next[line.id] = nil
            let taken = Set(next.values.flatMap(\.endpoints))
            guard !line.endpoints.contains(where: taken.contains) else { return nil }
            next[line.id] = line
        }
        return EnsembleConfiguration(servers: Array(next.values), version: version)
    }

    /// All members anew: server, group and weight lines, between commas or line ends.
    private static func replacement(_ text: String, version: Int64) -> EnsembleConfiguration? {
        var servers: [ServerLine] = []
        var others: [Substring] = []
        for line in text.split(whereSeparator: { $0 == "," || $0.isNewline }) {
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("version=") { continue }
            switch key(line) {
            case .group, .weight: others.append(line)
            case .server:
                guard let server = server(line) else { return nil }
                servers.append(server)
            case nil: return nil
            }
        }
        // Groups and weights stay in the order in which they were sent.
        let lines = servers.sorted { $0.id < $1.id }.map { $0.text() } + others.map(String.init)
        return EnsembleConfiguration(text: (lines + [line(of: version)]).joined(separator: "\n"))
    }

    /// `server.N=…` or `N=…`.
    private static func server(_ text: Substring) -> ServerLine? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let key = text[..<equals].trimmed
        guard let id = ServerID(key.hasPrefix("server.") ? key.dropFirst(7) : key), id >= 0 else { return nil }
        return ServerLine(id: id, String(text[text.index(after: equals)...].trimmed))
    }

    private static func list(_ text: String?) -> [Substring] {
        (text ?? "").split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    }

    /// What speaks against a reconfiguration to `next`: servers that are new in it or changed, with an id or a host
    /// that no topology could have either, or two servers at one address. Nil when nothing does. What was there
    /// before stays as it is.
    ///
    /// - Parameter largestID: 255, or 254 with `extendedTypesEnabled`
    package func objection(to next: EnsembleConfiguration, largestID: ServerID = 255) -> String? {
        for line in next.servers where server(line.id) != line {
            // 0 is unusual, and Apache's servers take it.
            guard (0...largestID).contains(line.id) else {
                return "\(line.key): a server id is from 0 to \(largestID)"
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
                let taken = other.endpoints
                if let double = line.endpoints.first(where: taken.contains) {
                    return "\(line.key): \(double) is an address of server \(other.id) already"
                }
            }
        }
        return nil
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let front = drop(while: \.isWhitespace)
        return front.lastIndex { !$0.isWhitespace }.map { front[...$0] } ?? ""
    }
}
