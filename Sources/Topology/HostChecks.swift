import Diagnostics
import Membership
import ServerConfig

/// Hosts: real addresses, that the other servers and the clients can reach.
enum HostChecks {
    static func check(_ servers: [PlacedServer], _ draft: Draft, into problems: inout Problems) {
        for (index, host) in draft.hosts.enumerated() {
            let name = shown(host.name.value)
            _ = checkAddress(host.address, of: "the host '\(name)'", into: &problems)
            let machine = HostAddress.machine(host.address.value)
            if let other = draft.hosts[..<index].first(where: { HostAddress.machine($0.address.value) == machine }) {
                problems.warn(
                    .hostTwice, at: host.address.location,
                    "the hosts '\(shown(other.name.value))' and '\(name)' are the same machine, \(shown(host.address.value))",
                    mend: "keep one of the two names, or correct the address")
            }
            if !isUsed(host, in: draft) {
                problems.warn(
                    .hostUnused, at: host.name.location, "no server is on the host '\(name)'",
                    mend: "put one there (servers: - {id: 1, host: \(name)}), or remove the host")
            }
        }
        checkLoopback(servers, into: &problems)
        checkSpread(servers, draft, into: &problems)
    }

    /// Reports an address that cannot be one; true when it is fine.
    static func checkAddress(_ address: Placed<String>, of what: String, into problems: inout Problems) -> Bool {
        let text = shown(address.value)
        if HostAddress.isWildcard(address.value) {
            problems.error(
                .wildcardAddress, at: address.location,
                "\(what) has the address \(text), which means every interface: other servers and clients cannot connect to it",
                mend: "write the address that the others use, e.g. 127.0.0.1 when all are on this machine")
            return false
        }
        if let found = LookAlike.first(in: address.value) {
            problems.error(
                .lookAlike, at: address.location,
                "\(what) has \(found.name) (\(LookAlike.code(found.scalar))) in its address '\(text)'",
                mend: "write \(found.meant)")
            return false
        }
        if let found = Placeholder.certain(in: address.value) {
            problems.error(
                .placeholder, at: address.location,
                "\(what) has the address '\(text)': \(shown(found)) was never filled in",
                mend: "write the address of the host")
            return false
        }
        guard let problem = HostAddress.problem(with: address.value) else { return true }
        let mend =
            if address.value.hasPrefix("[") {
                "write the IPv6 address without brackets, in quotes"
            } else if address.value.contains(":") {
                "write the address alone; ports go under 'ports:'"
            } else {
                "write an IPv4 or IPv6 address, or a name of letters, digits, '-' and '.'"
            }
        problems.error(
            .hostAddress, at: address.location,
            "\(what) has '\(text)', which is neither an address nor a name: \(problem.reason)",
            mend: mend)
        return false
    }

    private static func isUsed(_ host: Draft.Host, in draft: Draft) -> Bool {
        guard let form = draft.servers else { return true }
        guard case .named(let servers, let isComplete) = form else { return false }
        return !isComplete || servers.value.contains { $0.host?.value == host.name.value }
    }

    /// In an ensemble over several machines a loopback address reaches another server on each of them.
    private static func checkLoopback(_ servers: [PlacedServer], into problems: inout Problems) {
        let known = servers.filter(\.isHostKnown)
        guard Set(known.map(\.machine)).count > 1 else { return }
        var reported: Set<SourceLocation> = []
        for server in known where HostAddress.isLoopback(server.server.host) {
            guard reported.insert(server.hostLocation).inserted else { continue }
            problems.error(
                .loopbackAddress, at: server.hostLocation,
                "server \(server.id) has the loopback address \(server.server.host), but the ensemble has other machines",
                mend: "write the address at which the other machines reach it")
        }
    }

    /// A machine whose loss takes the quorum with it, where there are others.
    private static func checkSpread(_ servers: [PlacedServer], _ draft: Draft, into problems: inout Problems) {
        let participants = servers.filter { $0.server.role == .participant }
        let isWeighted = participants.contains { $0.server.group != nil }
        guard participants.count >= 3, !isWeighted, servers.allSatisfy(\.isHostKnown),
            Set(servers.map(\.machine)).count > 1
        else { return }
        let quorum = participants.count / 2 + 1
        var reported: Set<String> = []
        for server in participants where reported.insert(server.machine).inserted {
            let count = participants.count { $0.machine == server.machine }
            guard participants.count - count < quorum else { continue }
            problems.warn(
                .hostHoldsQuorum, at: server.hostLocation,
                "\(count) of \(participants.count) participants are on \(server.server.host): when it fails, no quorum is left",
                mend: "spread the participants over at least three machines, fewer than half on each")
        }
    }
}
