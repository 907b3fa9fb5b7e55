import Diagnostics
import Membership
import ServerConfig
import Topology

/// Finds out which server each file belongs to, and whether all files mean the same ensemble.
struct ImportReader {
    private let files: [ZooCfgFile]
    private(set) var problems: [Diagnostic] = []

    init(_ files: [ZooCfgFile]) { self.files = files }

    /// Nil when there are errors.
    mutating func read() -> ImportedMembers? {
        for file in files {
            // What hinders ZooKeeper hinders us; the state of this host does not.
            let surroundings = ZooCfg.Surroundings(
                dynamicConfig: file.surroundings.dynamicConfig,
                myid: file.surroundings.myid.isText ? file.surroundings.myid : .unknown)
            // What the engine of the topology does not support is said of the topology.
            problems += file.cfg.check(file: file.path, surroundings: surroundings, engine: .apache)
                .filter { $0.severity == .error }
        }
        guard !problems.hasErrors, let first = files.first else { return nil }
        let quorum = first.quorum
        for file in files.dropFirst() {
            for difference in quorum.differences(from: file.quorum) {
                problems.append(
                    Diagnostic(
                        .error, rule: .importDiffers, file: file.path,
                        "the files are not of one ensemble: \(difference), in \(first.path)",
                        mend: "import the files of one ensemble, with the same server lines"))
            }
        }
        var owners: [ServerID: ZooCfgFile] = [:]
        var ownerless: ZooCfgFile?
        for file in files {
            guard let id = file.id ?? (quorum.servers.isEmpty ? 1 : nil) else {
                problems.append(
                    Diagnostic(
                        .warning, rule: .importNoMyID, file: file.path,
                        "nothing says which server this file is of: what it sets is taken for the servers without a file",
                        mend: "give the file together with its data directory's myid"))
                ownerless = ownerless ?? file
                continue
            }
            if let other = owners[id] {
                problems.append(
                    Diagnostic(
                        .error, rule: .importSameID, file: file.path,
                        "this is server \(id), and so is \(other.path)",
                        mend: "give each server's file once"))
            }
            owners[id] = file
        }
        guard !problems.hasErrors else { return nil }
        return members(quorum, owners, ownerless)
    }

    private mutating func members(
        _ quorum: EnsembleConfiguration, _ owners: [ServerID: ZooCfgFile], _ ownerless: ZooCfgFile?
    ) -> ImportedMembers {
        let isStandalone = !files[0].cfg.isDistributed(quorum)
        var lines = quorum.servers
        if isStandalone, let (id, file) = owners.first {
            // Standalone servers have no line, or one that is ignored.
            let host = file.cfg["clientPortAddress"].flatMap { ["0.0.0.0", "::"].contains($0) ? nil : $0 }
            lines = [ServerLine(id: id, host: host ?? "127.0.0.1", quorumPort: 0, electionPort: 0)]
        }
        let missing = lines.map(\.id).filter { owners[$0] == nil }
        if !missing.isEmpty, ownerless == nil {
            problems.append(
                Diagnostic(
                    .warning, rule: .importMissing, file: files[0].path,
                    "the zoo.cfg of \(missing.count == 1 ? "server" : "servers") "
                        + "\(missing.map(\.description).joined(separator: ", ")) was not given: settings of its own are not known",
                    mend: "import the files of all servers together"))
        }
        let servers = lines.map { line in
            let file = owners[line.id] ?? ownerless
            return ImportedServer(
                line: line, file: owners[line.id], settings: file.map { Self.settings($0.cfg, line) } ?? [],
                ports: Self.ports(line, file?.cfg, isStandalone: isStandalone),
                group: quorum.groups.first { $0.value.contains(line.id) }.map { Int($0.key) },
                weight: quorum.weights[line.id].flatMap { $0 == 1 ? nil : Int($0) })
        }
        let style: ServerLine.Style = isStandalone || lines.contains { $0.client != nil } ? .modern : .classic
        return ImportedMembers(servers: servers, isStandalone: isStandalone, style: style)
    }

    private static func ports(_ line: ServerLine, _ cfg: ZooCfg?, isStandalone: Bool) -> [PortKind: Int] {
        var ports: [PortKind: Int] = [:]
        ports[.client] = line.client?.port ?? cfg?["clientPort"].flatMap { Int($0) }
        if !isStandalone {
            ports[.quorum] = line.addresses[0].quorumPort
            ports[.election] = line.addresses[0].electionPort
        }
        ports[.admin] = cfg?["admin.serverPort"].flatMap { Int($0) }
        return ports
    }

    /// The entries of a file that a topology has under `settings`. A default of ZooKeeper's that differs from the
    /// generator's is spelt out.
    private static func settings(_ cfg: ZooCfg, _ line: ServerLine) -> [Setting] {
        let owned = [
            "dataDir", "clientPort", "clientPortAddress", "admin.serverPort", "peerType", "dynamicConfigFile",
        ]
        var settings = cfg["tickTime"] == nil ? [Setting("tickTime", "3000")] : []
        for entry in cfg.effectiveEntries {
            if owned.contains(entry.key) || EnsembleConfiguration.isKey(entry.key) { continue }
            if entry.key == "admin.serverAddress", entry.value == line.addresses[0].host { continue }
            if entry.key == "4lw.commands.whitelist", entry.value == ServerFiles.fourLetterWords { continue }
            settings.append(Setting(entry.key, entry.value))
        }
        return settings
    }
}

extension ZooCfgFile {
    /// The members: in the dynamic file when there is one.
    var quorum: EnsembleConfiguration {
        if case .text(let text, _) = surroundings.dynamicConfig {
            return EnsembleConfiguration.read(ZooCfg(text: text).effectiveEntries).config
        }
        return EnsembleConfiguration.read(cfg.effectiveEntries).config
    }

    /// By its myid, or by a `server.N` in its path.
    var id: ServerID? {
        if case .text(let text, _) = surroundings.myid, let id = MyID.parse(text) { return id }
        for part in path.split(separator: "/").reversed() where part.hasPrefix("server.") {
            if let id = ServerID(part.dropFirst(7)) { return id }
        }
        return nil
    }
}

extension ZooCfg.Companion {
    var isText: Bool {
        if case .text = self { true } else { false }
    }
}
