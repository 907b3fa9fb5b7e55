import Diagnostics
import Membership

/// Ports and hosts, of this server and of all.
extension ConfigChecker {
    /// One port that a server listens on.
    struct PortUse {
        var what: String
        var port: Int
        /// The address it is bound to on `server`; nil: every interface.
        var address: String?
        /// Nil for a standalone server, and for the server of this file when nothing says which it is.
        var server: ServerID?
        /// What tells the machine: the host of the server line, nil for this server without one.
        var host: String?
        var place: SourceLocation?
        var file: String?
        /// This very server, so that ports taken now matter.
        var isOwn: Bool
        /// The key that sets it, whether it is there or not; nil for what a server line says.
        var key: String?

        var name: String { "\(what) \(port)" + (server.map { " of server.\($0)" } ?? "") }
        var machine: String? { host.map { HostAddress.isWildcard($0) ? "?\(server ?? 0)" : HostAddress.machine($0) } }

        /// Whether both cannot be had. Two addresses of one machine may use a port each.
        func collides(with other: PortUse) -> Bool {
            guard port == other.port, machine == other.machine else { return false }
            guard let address, let theirs = other.address else { return true }
            return HostAddress.bound(address) == HostAddress.bound(theirs)
        }
    }

    mutating func checkPorts() {
        let uses = portUses()
        for use in uses {
            if use.port < 1024 {
                warn(
                    .portPrivileged, use.place, "the \(use.name) is below 1024: only root may listen there",
                    mend: "use a port from 1024 up", in: use.file)
            }
            if let range = surroundings.host?.ephemeralPorts, range.contains(use.port) {
                warn(
                    .portEphemeral, use.place,
                    "the \(use.name) lies in \(range.lowerBound)…\(range.upperBound), where the kernel takes ports for "
                        + "outgoing connections: it may be taken at a restart",
                    mend: "use a port below \(range.lowerBound), or reserve it in net.ipv4.ip_local_reserved_ports",
                    in: use.file)
            }
            if use.isOwn, let holder = surroundings.host?.listener(on: use.address ?? "0.0.0.0", port: use.port) {
                warn(
                    .portTaken, use.place,
                    "the \(use.name) is taken now by \(holder.holder)", mend: "stop it, unless it is this very server",
                    in: use.file)
            }
        }
        checkConflicts(uses)
        if ownID == nil, !quorum.config.servers.isEmpty, !cfg.entries.isEmpty { checkConflictsOfWhoever(uses) }
    }

    private mutating func checkConflicts(_ uses: [PortUse]) {
        for (index, use) in uses.enumerated() {
            guard let earlier = uses[..<index].first(where: use.collides) else { continue }
            // A server line with one port twice has been reported with the line.
            let owner = earlier.server == use.server
            error(
                .portConflict, use.place,
                owner
                    ? "the \(use.what) and the \(earlier.what)\(use.server.map { " of server.\($0)" } ?? "") are both \(use.port)"
                    : "the \(use.name) is also the \(earlier.what) of server.\(earlier.server ?? 0)"
                        + (use.host.map { ", on the same host \($0)" } ?? ""),
                mend: "give \(owner ? "one of them" : "server.\(use.server ?? 0)") another port", in: use.file)
        }
    }

    /// The ports that this file itself gives, when nothing says whose file it is: they are wrong when they are for each of
    /// the servers it may be of.
    private mutating func checkConflictsOfWhoever(_ uses: [PortUse]) {
        let lines = quorum.config.servers
        for use in ownPortUses(of: nil, host: nil) {
            let rivals = lines.compactMap { line -> PortUse? in
                if line.client != nil, use.key == "clientPort" { return nil }
                var mine = use
                mine.host = line.addresses[0].host
                mine.server = line.id
                return uses.first(where: mine.collides)
            }
            guard rivals.count == lines.count, let rival = rivals.first else { continue }
            error(
                .portConflict, use.place, "the \(use.name) is also the \(rival.name)",
                mend: "give the server another \(use.what)", in: use.file)
        }
    }

    func portUses() -> [PortUse] {
        var uses: [PortUse] = []
        let everywhere = isTrue("quorumListenOnAllIPs")
        let lines = quorum.config.servers
        for line in lines {
            let place = quorum.places[line.id]
            let isOwn = line.id == ownID
            func use(_ what: String, _ port: Int, _ address: String?, _ host: String) {
                uses.append(
                    PortUse(
                        what: what, port: port, address: address, server: line.id, host: host, place: place,
                        file: quorumFile, isOwn: isOwn))
            }
            for address in line.addresses {
                let bound = everywhere || HostAddress.isWildcard(address.host) ? nil : address.host
                use("quorum port", address.quorumPort, bound, address.host)
                use("election port", address.electionPort, bound, address.host)
            }
            if let client = line.client {
                let host = client.host.flatMap { HostAddress.isWildcard($0) ? nil : $0 }
                use("client port", client.port, host, line.addresses[0].host)
            }
        }
        let own = ownID.flatMap { quorum.config.server($0) }
        // Nothing else is in a dynamic file; of a file that may be any server's only what collides with itself is certain.
        if cfg.entries.isEmpty { return uses }
        return uses + ownPortUses(of: own, host: own?.addresses[0].host)
    }

    /// The ports that keys of this file give.
    func ownPortUses(of own: ServerLine?, host: String?) -> [PortUse] {
        var uses: [PortUse] = []
        func use(_ what: String, _ key: String, _ addressKey: String?) {
            guard let text = value(key) ?? KnownKeys.key(key)?.defaultValue, let port = Int(text),
                (1...65535).contains(port)
            else { return }
            let address = addressKey.flatMap { value($0) }.map(HostAddress.unbracketed)
                .flatMap { HostAddress.isWildcard($0) ? nil : $0 }
            uses.append(
                PortUse(
                    what: what, port: port, address: address, server: own?.id, host: host,
                    place: effective[key]?.location, file: file, isOwn: true, key: key))
        }
        if own?.client == nil { use("client port", "clientPort", "clientPortAddress") }
        use("secure client port", "secureClientPort", "secureClientPortAddress")
        use("observer master port", "observerMasterPort", nil)
        if value("admin.enableServer")?.lowercased() != "false" {
            use("admin port", "admin.serverPort", "admin.serverAddress")
        }
        if value("metricsProvider.className")?.contains("Prometheus") == true {
            use("metrics port", "metricsProvider.httpPort", "metricsProvider.httpHost")
        }
        return uses
    }

    /// Hosts that can be no host, whatever the network says.
    mutating func checkHostNames() {
        for line in quorum.config.servers {
            guard let entry = quorum.entries[line.id] else { continue }
            for host in line.addresses.map(\.host) + [line.client?.host].compactMap(\.self) {
                checkHostName(host, of: line, entry)
            }
        }
    }

    private mutating func checkHostName(_ host: String, of line: ServerLine, _ entry: ZooCfg.Entry) {
        // Such characters were reported with the text.
        guard !HostAddress.isWildcard(host), LookAlike.first(in: host) == nil else { return }
        var place: SourceLocation { entry.placedValue.place(of: host) }
        if let found = Placeholder.certain(in: host) {
            error(
                .placeholder, place, "server.\(line.id) has the host '\(host)': \(found) was never filled in",
                mend: "write the name or the address of the host of server.\(line.id)", in: quorumFile)
            return
        }
        let quotes: Set<Character> = ["\"", "'"]
        let plain = String(host.filter { !quotes.contains($0) })
        if plain != host {
            let meant = entry.placedValue.text.filter { !quotes.contains($0) }
            error(
                .quotes, place, "server.\(line.id) has quotes in its host \(host): they are part of the name",
                mend: "write server.\(line.id)=\(meant)", in: quorumFile,
                edit: .set(key: entry.key, value: String(meant)))
            return
        }
        guard let problem = HostAddress.problem(with: host) else { return }
        let meant = problem.meant.map { entry.placedValue.text.replacing(host, with: $0, maxReplacements: 1) }
        error(
            .hostAddress, place,
            "server.\(line.id) has '\(host)', which is no address and no host name: \(problem.reason)",
            mend: meant.map { "write server.\(line.id)=\($0)" }
                ?? "write an IPv4 address, an IPv6 address in brackets, or a name of letters, digits, '-' and '.'",
            in: quorumFile, edit: meant.map { .set(key: entry.key, value: $0) })
    }

    mutating func checkHosts() {
        let lines = quorum.config.servers
        let loopback = lines.filter { $0.addresses.contains { HostAddress.isLoopback($0.host) } }
        let hosts = Set(
            lines.flatMap(\.addresses).map(\.host).filter { !HostAddress.isLoopback($0) && !HostAddress.isWildcard($0) }
        )
        if !loopback.isEmpty, !hosts.isEmpty {
            for line in loopback {
                error(
                    .loopbackAddress, quorum.places[line.id],
                    "server.\(line.id) has a loopback address in an ensemble of several hosts: the others would look for it "
                        + "on themselves", mend: "write the address by which the other hosts reach server.\(line.id)",
                    in: quorumFile)
            }
        }
        for line in lines
        where line.client?.host.map(HostAddress.isLoopback) == true && !hosts.isEmpty
            && !loopback.contains(line)
        {
            warn(
                .loopbackAddress, quorum.places[line.id],
                "server.\(line.id) takes clients on the loopback interface only, in an ensemble of several hosts",
                mend: "write the address that clients should use after the ';'", in: quorumFile)
        }
        for line in lines where line.addresses.contains(where: { HostAddress.isWildcard($0.host) }) && lines.count > 1 {
            warn(
                .wildcardAddress, quorum.places[line.id],
                "server.\(line.id) has the address \(line.addresses[0].host): others cannot connect to that, and the server "
                    + "lines of an ensemble should be the same everywhere",
                mend: "write the address of server.\(line.id) and set quorumListenOnAllIPs=true", in: quorumFile)
        }
        for line in lines where line.addresses.contains(where: { Placeholder.isLikely(host: $0.host) }) {
            guard !quorum.problems.hasErrors else { break }
            warn(
                .placeholder, quorum.places[line.id],
                "server.\(line.id) has the host '\(line.addresses[0].host)', as examples have it",
                mend: "write the name or the address of the host of server.\(line.id)", in: quorumFile)
        }
    }
}
