/// One member of an ensemble as a `server.N` line names it:
///
///     server.N = host:quorumPort:electionPort[:role] ['|' …] [';' [clientHost:]clientPort]
///
/// Source: Apache's `QuorumPeer.QuorumServer`.
package struct ServerLine: Hashable, Sendable {
    /// One address at which the other servers reach this one. `host` is a name, an IPv4 address, or an IPv6 address
    /// without its brackets.
    package struct Address: Hashable, Sendable {
        package var host: String
        package var quorumPort: Int
        package var electionPort: Int

        package init(host: String, quorumPort: Int, electionPort: Int) {
            self.host = host
            self.quorumPort = quorumPort
            self.electionPort = electionPort
        }
    }

    /// Where clients connect. Without a host ZooKeeper listens on every interface and tells clients 0.0.0.0.
    package struct ClientAddress: Hashable, Sendable {
        package var host: String?
        package var port: Int

        package init(host: String?, port: Int) {
            self.host = host
            self.port = port
        }

        /// The address as ZooKeeper prints it: with a host always, `0.0.0.0` when none was given.
        package var text: String { "\(ServerLine.bracketed(host ?? "0.0.0.0")):\(port)" }
    }

    /// The two ways to write a line.
    package enum Style: String, Hashable, Sendable, CaseIterable {
        /// Role and client address always there: what ZooKeeper 3.5 and later write themselves.
        case modern
        /// ZooKeeper 3.4's short form: a role only for observers, the client port elsewhere (`clientPort=`).
        case classic
    }

    package var id: ServerID
    /// At least one; several need `multiAddress.enabled`.
    package var addresses: [Address]
    package var role: ServerRole
    package var client: ClientAddress?

    package init(id: ServerID, addresses: [Address], role: ServerRole = .participant, client: ClientAddress? = nil) {
        self.id = id
        self.addresses = addresses
        self.role = role
        self.client = client
    }

    package init(
        id: ServerID, host: String, quorumPort: Int, electionPort: Int, role: ServerRole = .participant,
        client: ClientAddress? = nil
    ) {
        let address = Address(host: host, quorumPort: quorumPort, electionPort: electionPort)
        self.init(id: id, addresses: [address], role: role, client: client)
    }

    package var key: String { "server.\(id)" }
    package var isVoter: Bool { role == .participant }

    /// `host:quorumPort` of the first address. A designated leader keeps its office only if this stays the same
    /// (reference 8.17).
    package var quorumAddress: String { "\(Self.bracketed(addresses[0].host)):\(addresses[0].quorumPort)" }

    /// `host:port` of each port that the server is reached at, but for addresses that mean another machine on each one.
    package var endpoints: [String] {
        var found = addresses.flatMap { [($0.host, $0.quorumPort), ($0.host, $0.electionPort)] }
        if let client, let host = client.host { found.append((host, client.port)) }
        return found.filter { !HostAddress.isWildcard($0.0) && !HostAddress.isLoopback($0.0) }
            .map { "\(Self.bracketed($0.0.lowercased())):\($0.1)" }
    }

    /// What stands to the right of the `=`.
    package func value(_ style: Style = .modern) -> String {
        var text = addresses.map { "\(Self.bracketed($0.host)):\($0.quorumPort):\($0.electionPort)" }
            .joined(separator: "|")
        switch style {
        case .modern:
            text += ":\(role.rawValue)"
            if let client { text += ";\(client.text)" }
        case .classic:
            if role == .observer { text += ":observer" }
        }
        return text
    }

    /// The whole line, without a line end.
    package func text(_ style: Style = .modern) -> String { "\(key)=\(value(style))" }

    /// `host` as it stands before a `:`; an IPv6 address needs brackets there.
    package static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}
