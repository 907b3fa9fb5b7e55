import Membership
import Planning
import Provisioning

/// Names of servers that mean this machine's loopback here: Debian's installer gives a host's own name the address 127.0.1.1 in
/// /etc/hosts, and a server that listens on it is reached by nobody else.
enum LoopbackNames {
    /// One for each such name of an ensemble of several hosts; empty for a pseudo-cluster, whose servers all share this machine.
    static func notes(
        _ configuration: EnsembleConfiguration?, resolve: (String) -> [String] = LocalAddresses.addresses
    ) -> [RemoteNote] {
        let servers = configuration?.servers ?? []
        guard Set(servers.flatMap(\.addresses).map { HostAddress.machine($0.host) }).count > 1 else { return [] }
        var notes: [RemoteNote] = []
        for server in servers {
            for host in Set(server.addresses.map(\.host)).sorted() {
                guard !HostAddress.isIPv4(host), !HostAddress.isIPv6(host) else { continue }
                let addresses = resolve(host)
                guard let loopback = addresses.first, addresses.allSatisfy(HostAddress.isLoopback) else { continue }
                notes.append(
                    RemoteNote(
                        .loopbackName,
                        "the name \(host) of server \(server.id) means \(loopback) on this machine, where no other server reaches it",
                        mend:
                            "give \(host) this machine's own address in /etc/hosts (Debian's installer writes 127.0.1.1 there), and restart the server"
                    ))
            }
        }
        return notes
    }
}
