import Diagnostics
import Membership
import ServerConfig
import Topology

/// What the topology would generate, against what there is: every difference is said, none is a surprise.
struct ImportComparison {
    private let topology: Topology
    private let members: ImportedMembers

    init(_ topology: Topology, _ members: ImportedMembers) {
        self.topology = topology
        self.members = members
    }

    func problems() -> [Diagnostic] {
        let files = ServerFiles(topology: topology, layout: EnsembleLayout(root: "DIR"))
        var problems: [Diagnostic] = []
        for server in members.servers {
            guard let file = server.file, let generated = topology[server.line.id] else { continue }
            let new = ZooCfg(text: files.zooCfg(generated))
            problems += keys(file, new, server)
            problems += line(file, generated, server)
        }
        return problems
    }

    private func keys(_ file: ZooCfgFile, _ new: ZooCfg, _ server: ImportedServer) -> [Diagnostic] {
        let old = file.cfg
        var names = old.effectiveEntries.map(\.key)
        names += new.effectiveEntries.map(\.key).filter { !names.contains($0) }
        return names.flatMap { (key) -> [Diagnostic] in
            guard !EnsembleConfiguration.isKey(key), !Self.followsFromTheLine.contains(key) else { return [] }
            // Without a quorum nobody reads these.
            if members.isStandalone, ["initLimit", "syncLimit", "peerType"].contains(key) { return [] }
            let place = old.entry(key)?.location
            if key == "dataDir" { return dataDir(file, old[key] ?? "", new[key] ?? "", place, server) }
            let before = old[key] ?? KnownKeys.key(key)?.defaultValue
            guard before != new[key] else { return [] }
            let was = old[key] == nil ? "the default \(before ?? "")" : "'\(before ?? "")'"
            return [
                Diagnostic(
                    .warning, rule: .importChanges, file: file.path, at: place,
                    new[key].map { "server \(server.line.id): \(key) becomes '\($0)', it is \(was)" }
                        ?? "server \(server.line.id): \(key) is left out, it is \(was)",
                    mend: "see that this is what you want")
            ]
        }
    }

    /// Compared as part of the server's line, or of no consequence: they name what generated files have elsewhere, or keep out who is
    /// not in those lines.
    private static let followsFromTheLine: Set<String> = [
        "clientPort", "clientPortAddress", "dynamicConfigFile", "peerType", "quorum.membersOnly",
    ]

    private func dataDir(
        _ file: ZooCfgFile, _ old: String, _ new: String, _ place: SourceLocation?, _ server: ImportedServer
    ) -> [Diagnostic] {
        let suffix = new.dropFirst("DIR/".count)
        guard !old.hasSuffix("/\(suffix)") else { return [] }
        var problems = [
            Diagnostic(
                .warning, rule: .importDataDir, file: file.path, at: place,
                "server \(server.line.id) has its data in \(old); generated, it would start empty in \(new)",
                mend: "copy \(old) to \(new) while the server is stopped, before its first start there")
        ]
        if let logs = file.cfg["dataLogDir"] {
            problems.append(
                Diagnostic(
                    .warning, rule: .importDataLogDir, file: file.path, at: file.cfg.entry("dataLogDir")?.location,
                    "server \(server.line.id) keeps the dataLogDir of the server there is, \(logs): running side by side, the two would destroy each other's log",
                    mend:
                        "leave the old server stopped from the copy of its data on; or give the new one a dataLogDir of its own, and copy \(logs) there as well"
                ))
        }
        return problems
    }

    /// Addresses: a topology has one a server, for servers and clients alike.
    private func line(_ file: ZooCfgFile, _ generated: TopologyServer, _ server: ImportedServer) -> [Diagnostic] {
        let old = server.line
        var problems: [Diagnostic] = []
        func changes(_ message: String) {
            problems.append(
                Diagnostic(
                    .warning, rule: .importChanges, file: file.path, "server \(old.id): \(message)",
                    mend: "see that this is what you want"))
        }
        if old.addresses.count > 1 {
            changes("only the first of its \(old.addresses.count) addresses is kept: a topology has one a server")
        }
        let clientHost = old.client.map { $0.host ?? "0.0.0.0" } ?? file.cfg["clientPortAddress"] ?? "0.0.0.0"
        if clientHost != generated.host { changes("clients come to \(generated.host), it is \(clientHost)") }
        if server.ports[.client] == nil { changes("clients come to port \(generated.ports.client), there is none") }
        return problems
    }
}
