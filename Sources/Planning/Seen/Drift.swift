import Membership
import ZooKeeperProtocol

/// One thing in which the topology and the ensemble's own configuration differ: what was changed with `reconfig`, or
/// what has not reached the servers yet. The ensemble's word is what counts for votes and for where servers are.
package struct Drift: Hashable, Sendable {
    package enum Difference: Hashable, Sendable {
        case onlyInTopology
        case onlyInEnsemble
        case role(topology: ServerRole, ensemble: ServerRole)
        /// `what` is `quorum`, `election` or `client`.
        case address(_ what: String, topology: String, ensemble: String)
    }

    package var server: ServerID
    package var difference: Difference
    /// The version of the ensemble's configuration; 0 for one that came from files alone.
    package var version: Int64

    /// What differs between the members as the topology plans them and `configuration`, by id.
    package static func between(_ members: [Member], and configuration: EnsembleConfiguration) -> [Drift] {
        let ids = Set(members.map(\.id) + configuration.servers.map(\.id)).sorted()
        return ids.flatMap { id in
            differences(members.first { $0.id == id }, configuration.server(id)).map {
                Drift(server: id, difference: $0, version: configuration.version)
            }
        }
    }

    private static func differences(_ member: Member?, _ line: ServerLine?) -> [Difference] {
        guard let line else { return [.onlyInTopology] }
        guard let member else { return [.onlyInEnsemble] }
        var found: [Difference] = []
        if member.role != line.role { found.append(.role(topology: member.role, ensemble: line.role)) }
        func compare(_ what: String, _ planned: String?, _ actual: [String]) {
            guard let planned, !actual.isEmpty, !actual.contains(where: { isSame($0, planned) }) else { return }
            found.append(.address(what, topology: planned, ensemble: actual[0]))
        }
        func addresses(_ port: (ServerLine.Address) -> Int) -> [String] {
            line.addresses.map { "\(ServerLine.bracketed($0.host)):\(port($0))" }
        }
        compare("quorum", member.quorum, addresses(\.quorumPort))
        compare("election", member.election, addresses(\.electionPort))
        if let client = line.client {
            let host = client.host.flatMap { HostAddress.isWildcard($0) ? nil : $0 } ?? member.clientHost
            compare("client", member.client, ["\(ServerLine.bracketed(host)):\(client.port)"])
        }
        return found
    }

    /// Whether two `host:port` are one address; two names of loopback are.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        func parts(_ text: String) -> (machine: String, port: Substring)? {
            guard let colon = text.lastIndex(of: ":") else { return nil }
            let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
            return (HostAddress.machine(String(host)), text[text.index(after: colon)...])
        }
        guard let left = parts(left), let right = parts(right) else { return false }
        return left == right
    }

    /// What differs, and the two ways out.
    package var advice: Advice {
        let name = version == 0 ? "the running servers' configuration" : "the ensemble's configuration (\(versionText))"
        let apply = version == 0 ? "`paddock up` applies the topology" : "`paddock up` makes it as the topology says"
        switch difference {
        case .onlyInTopology:
            let back = version == 0 ? apply : "`paddock up` puts it back"
            return Advice(
                "the topology has server \(server), \(name) does not",
                mend: "\(back), or take it out of the topology and `paddock up FILE`")
        case .onlyInEnsemble:
            return Advice(
                "\(name) has server \(server), the topology does not",
                mend:
                    "add it to the topology and `paddock up FILE`, or take it out with `paddock shell -- reconfig -remove \(server)`"
            )
        case .role(let topology, let ensemble):
            return Advice(
                "server \(server) is \(Self.article(topology)) in the topology and \(Self.article(ensemble)) in \(name)",
                mend: "\(apply), or change the topology")
        case .address(let what, let topology, let ensemble):
            return Advice(
                "server \(server) has the \(what) address \(topology) in the topology and \(ensemble) in \(name)",
                mend: version == 0
                    ? "\(apply), or change the topology"
                    : "change the topology, or move it with `paddock shell -- reconfig -add server.\(server)=…`")
        }
    }

    package var sentence: String { advice.sentence }

    private var versionText: String { "version \(String(version, radix: 16))" }

    private static func article(_ role: ServerRole) -> String {
        switch role {
        case .participant: "a participant"
        case .observer: "an observer"
        }
    }
}
