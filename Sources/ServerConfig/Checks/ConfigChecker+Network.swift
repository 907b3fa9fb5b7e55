import Diagnostics

/// Ports and hosts, of this server and of all.
extension ConfigChecker {
    /// One port that a server listens on.
    struct PortUse {
        var what: String
        var port: Int
        /// The address it is bound to on `server`; nil: every interface.
        var address: String?
        /// Nil for a standalone server.
        var server: ServerID?
        /// What tells the machine: the host of the server line, nil for this server without one.
        var machine: String?
        var place: SourceLocation?
        var file: String?
        /// This very server, so that ports taken now matter.
        var isOwn: Bool

        var name: String { "\(what) \(port)" + (server.map { " of server.\($0)" } ?? "") }
    }

    mutating func checkPorts() {
        let uses = portUses()
        for use in uses {
            if use.port < 1024 {
                warn(
                    "port-privileged", use.place, "the \(use.name) is below 1024: only root may listen there",
                    mend: "use a port from 1024 up", in: use.file)
            }
            if let range = surroundings.host?.ephemeralPorts, range.contains(use.port) {
                warn(
                    "port-ephemeral", use.place,
                    "the \(use.name) lies in \(range.lowerBound)…\(range.upperBound), where the kernel takes ports for "
                        + "outgoing connections: it may be taken at a restart",
                    mend: "use a port below \(range.lowerBound), or reserve it in net.ipv4.ip_local_reserved_ports",
                    in: use.file)
            }
            if use.isOwn, let holder = surroundings.host?.listener(on: use.address ?? "0.0.0.0", port: use.port) {
                warn(
                    "port-taken", use.place,
                    "the \(use.name) is taken now by \(holder.holder)", mend: "stop it, unless it is this very server",
                    in: use.file)
            }
        }
        checkConflicts(uses)
    }

    private mutating func checkConflicts(_ uses: [PortUse]) {
        for (index, use) in uses.enumerated() {
            for earlier in uses[..<index] where earlier.port == use.port && earlier.machine == use.machine {
                // Two addresses of one machine may use a port each.
                if let one = earlier.address, let two = use.address, one != two { continue }
                // A server line with one port twice has been reported with the line.
                let owner = earlier.server == use.server
                error(
                    "port-conflict", use.place,
                    owner
                        ? "the \(use.what) and the \(earlier.what)\(use.server.map { " of server.\($0)" } ?? "") are both \(use.port)"
                        : "the \(use.name) is also the \(earlier.what) of server.\(earlier.server ?? 0)"
                            + (use.machine.map { ", on the same host \($0)" } ?? ""),
                    mend: "give \(owner ? "one of them" : "server.\(use.server ?? 0)") another port", in: use.file)
                break
            }
        }
    }

    private func portUses() -> [PortUse] {
        var uses: [PortUse] = []
        let everywhere = isTrue("quorumListenOnAllIPs")
        let lines = quorum.config.servers
        for line in lines {
            let place = quorum.places[line.id]
            let isOwn = line.id == ownID
            func use(_ what: String, _ port: Int, _ address: String?, _ machine: String) {
                uses.append(
                    PortUse(
                        what: what, port: port, address: address, server: line.id, machine: machine, place: place,
                        file: quorumFile, isOwn: isOwn))
            }
            for address in line.addresses {
                use("quorum port", address.quorumPort, everywhere ? nil : address.host, address.host)
                use("election port", address.electionPort, everywhere ? nil : address.host, address.host)
            }
            if let client = line.client {
                let host = client.host.flatMap { HostName.isWildcard($0) ? nil : $0 }
                use("client port", client.port, host, line.addresses[0].host)
            }
        }
        let own = ownID.flatMap { quorum.config.server($0) }
        guard own != nil || lines.isEmpty else { return uses }
        func use(_ what: String, _ key: String, _ addressKey: String?) {
            guard let text = value(key) ?? KnownKeys.key(key)?.defaultValue, let port = Int(text),
                (1...65535).contains(port)
            else { return }
            let host = addressKey.flatMap { value($0) }.flatMap { HostName.isWildcard($0) ? nil : $0 }
            uses.append(
                PortUse(
                    what: what, port: port, address: host, server: own?.id, machine: own?.addresses[0].host,
                    place: effective[key]?.location, file: file, isOwn: true))
        }
        if own?.client == nil { use("client port", "clientPort", "clientPortAddress") }
        use("secure client port", "secureClientPort", "secureClientPortAddress")
        use("observer master port", "observerMasterPort", nil)
        if value("admin.enableServer") != "false" { use("admin port", "admin.serverPort", "admin.serverAddress") }
        if value("metricsProvider.className")?.contains("Prometheus") == true {
            use("metrics port", "metricsProvider.httpPort", "metricsProvider.httpHost")
        }
        return uses
    }

    mutating func checkHosts() {
        let lines = quorum.config.servers
        let loopback = lines.filter { $0.addresses.contains { HostName.isLoopback($0.host) } }
        let hosts = Set(
            lines.flatMap(\.addresses).map(\.host).filter { !HostName.isLoopback($0) && !HostName.isWildcard($0) })
        if !loopback.isEmpty, !hosts.isEmpty {
            for line in loopback {
                error(
                    "loopback-address", quorum.places[line.id],
                    "server.\(line.id) has a loopback address in an ensemble of several hosts: the others would look for it "
                        + "on themselves", mend: "write the address by which the other hosts reach server.\(line.id)",
                    in: quorumFile)
            }
        }
        for line in lines
        where line.client?.host.map(HostName.isLoopback) == true && !hosts.isEmpty
            && !loopback.contains(line)
        {
            warn(
                "loopback-address", quorum.places[line.id],
                "server.\(line.id) takes clients on the loopback interface only, in an ensemble of several hosts",
                mend: "write the address that clients should use after the ';'", in: quorumFile)
        }
        for line in lines where line.addresses.contains(where: { HostName.isWildcard($0.host) }) && lines.count > 1 {
            warn(
                "wildcard-address", quorum.places[line.id],
                "server.\(line.id) has the address \(line.addresses[0].host): others cannot connect to that, and the server "
                    + "lines of an ensemble should be the same everywhere",
                mend: "write the address of server.\(line.id) and set quorumListenOnAllIPs=true", in: quorumFile)
        }
    }
}
