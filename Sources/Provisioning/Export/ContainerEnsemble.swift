import Diagnostics
import ServerConfig
import Topology

/// An ensemble whose servers run in containers, each at an address of its own: its files, and what of the topology cannot be so there.
struct ContainerEnsemble {
    /// As it was written, for the hosts that it names.
    let original: Topology
    /// With the containers' names as hosts.
    let topology: Topology
    let servers: [ContainerServer]
    let hasDataLog: Bool
    private let files: ServerFiles

    init(_ original: Topology, moved topology: Topology, options: ContainerOptions) {
        self.original = original
        self.topology = topology
        servers = topology.servers.map { ContainerServer(server: $0, options: options) }
        hasDataLog = options.hasDataLog || topology.servers.contains { $0.setting("dataLogDir") != nil }
        let templates = DirectoryTemplates(
            data: ContainerServer.dataDirectory, dataLog: hasDataLog ? ContainerServer.dataLogDirectory : nil)
        files = ServerFiles(topology: topology, layout: EnsembleLayout(root: "/", templates: templates))
    }

    func zooCfg(_ server: TopologyServer) -> String { files.zooCfg(server) }
    func myid(_ server: TopologyServer) -> String { files.myid(server) }

    /// Whether zoo.cfg holds what is for nobody else.
    var hasSecrets: Bool {
        topology.servers.contains { $0.settings.contains { ZooCfg.isSecret($0.key) } }
    }

    /// The options with which `generate` writes the same zoo.cfg.
    var generateOptions: String {
        "--data-dir \(ContainerServer.dataDirectory)"
            + (hasDataLog ? " --data-log-dir \(ContainerServer.dataLogDirectory)" : "")
    }

    /// The topology of the containers, for whoever asks the ensemble from among them.
    func topologyFile(_ command: String) -> String {
        topology.written(comment: [
            "\(topology.ensemble) as it is exported: `paddock generate topology.yaml -o DIR \(generateOptions)` writes the same zoo.cfg.",
            "Written by `paddock export \(command)`: change the topology it came from, not this file.",
        ])
    }

    // MARK: What cannot be so

    func check(into problems: inout ExportProblems) {
        let machines = Set(original.servers.map(\.host))
        for container in servers {
            let server = container.server
            let whom = "server \(server.id)"
            if server.setting("reconfigEnabled")?.lowercased() == "true" {
                problems.error(
                    .exportReconfig,
                    "\(whom) has reconfigEnabled: true, and the servers would write their members into files that come from the export and cannot be written there",
                    mend: "remove reconfigEnabled; change members by another export")
            }
            for setting in server.settings
            where machines.contains(setting.value) && !["127.0.0.1", "::1", "localhost"].contains(setting.value) {
                problems.error(
                    .exportAddress, "\(setting.key) of \(whom) is \(setting.value), an address that no container has",
                    mend: "remove it: a server listens at its own name")
            }
            checkFiles(container, whom, into: &problems)
            for (name, port) in container.ports where port < 1024 {
                problems.warn(
                    .exportLowPort,
                    "the \(name) port of \(whom) is \(port): a server that does not run as root may not listen there in every cluster",
                    mend: "take one from 1024 to 65535")
            }
            checkEngine(server, whom, into: &problems)
        }
        if hasDataLog, let setting = topology.servers.lazy.compactMap({ $0.setting("dataLogDir") }).first {
            problems.warn(
                .exportDataLog,
                "dataLogDir is \(ContainerServer.dataLogDirectory) in the containers, a volume of its own, and not \(setting)",
                mend: "nothing needs to be done")
        }
    }

    private func checkFiles(_ container: ContainerServer, _ whom: String, into problems: inout ExportProblems) {
        let server = container.server
        for path in container.files {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            let isOurs = ["conf", "data", "datalog", "tmp", "logs", "proc", "sys", "dev"].contains(parts.first ?? "")
            let isPlain = path.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "/") || UInt8.isFileNameByte(byte)
            }
            guard path.hasPrefix("/"), parts.count >= 3, !parts.contains(""), !parts.contains(".."), isPlain, !isOurs
            else {
                problems.error(
                    .exportFile, "\(whom) reads the file \(path), which has no place of its own in a container",
                    mend:
                        "name it in a directory of its own, such as /etc/zookeeper/tls/server.pem (letters, digits, '-', '_' and '.')"
                )
                continue
            }
        }
        for setting in server.settings
        where KnownKeys.key(setting.key) == nil && setting.value.hasPrefix("/") {
            problems.warn(
                .exportUnknownFile,
                "\(setting.key) of \(whom) is \(setting.value): if that is a file, the image must have it",
                mend: "put it into the image, or mount it there")
        }
    }

    private func checkEngine(_ server: TopologyServer, _ whom: String, into problems: inout ExportProblems) {
        guard case .apache(let apache) = server.engine else { return }
        if let home = apache.home {
            problems.warn(
                .exportHome,
                "\(whom) is to run \(home), a directory of a host; in a container it runs what its image has",
                mend: "choose the version by the image: --apache-image NAME")
        }
        for name in apache.environment.keys.sorted() where ContainerServer.ownVariables.contains(name) {
            problems.error(
                .exportEnvironment, "\(whom) sets the variable \(name), with which the export starts the server",
                mend: "say heap, jvmFlags and logLevel instead")
        }
        // The image's script takes them apart at blanks, and lets the shell look for files that fit them.
        for flag in apache.jvmFlags + server.properties where flag.contains(where: { " \t\n*?[\\\"'".contains($0) }) {
            problems.error(
                .exportFlag, "the image's script cannot pass on the flag \(flag) of \(whom): it would be taken apart",
                mend: "write it without blanks, quotes, backslashes and * ? [")
        }
        for flag in apache.jvmFlags where flag.contains("=/") || flag.contains(":/") {
            problems.warn(
                .exportFlagFile, "the flag \(flag) of \(whom) names a file: the image must have it",
                mend: "where there is a setting for it, write that instead: its file is then mounted")
        }
    }
}

extension UInt8 {
    /// Letters, digits, `-`, `_` and `.`: what the names of files in ConfigMaps and Secrets are made of.
    fileprivate static func isFileNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
