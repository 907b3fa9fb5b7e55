import Digests
import Mustache
import ServerConfig
import Templates
import Topology

/// Units of systemd with the files that they need: a directory a host, in it what belongs below that host's `/`.
package struct SystemdExport {
    private let topology: Topology
    private let layout: EnsembleLayout
    private let files: ServerFiles

    /// - Parameter layout: where the servers' files will be on their hosts.
    package init(_ topology: Topology, layout: EnsembleLayout) {
        self.topology = topology
        self.layout = layout
        files = ServerFiles(topology: topology, layout: layout)
    }

    // As the role `zookeeper` of the playbooks has it by itself.
    private static let user = "zookeeper"
    private static let tools = "/opt/paddock"
    private static let java = "/usr/bin/java"
    /// zookeeper.jar names most of what it needs in its manifest; TLS, the admin server and any log output take these, too.
    private static let debianJars = [
        "zookeeper", "netty-codec", "netty-resolver", "netty-transport-native-unix-common", "netty-tcnative",
        "servlet-api", "slf4j-log4j12", "log4j-1.2",
    ]

    package func export(file: String) -> Export {
        var problems = ExportProblems(file: file)
        var exported: [Export.File] = []
        for server in topology.servers {
            check(server, into: &problems)
            let place = layout.server(server.id)
            let root = server.host
            let (zooCfg, unit) = (files.zooCfg(server), Templates.unit(values(server)))
            let logging = logging(server)
            let revision = SHA256.hash(Array((zooCfg + unit + (logging?.fileContent() ?? "")).utf8)).hexadecimal + "\n"
            exported += [
                Export.File(path: root + unitPath(server), content: unit),
                Export.File(path: root + place.zooCfg, content: zooCfg),
                Export.File(path: root + place.conf + "/revision", content: revision),
            ]
            if let logging {
                exported.append(
                    Export.File(path: "\(root)\(place.conf)/\(logging.fileName)", content: logging.fileContent()))
            }
            exported.append(Export.File(path: root + place.myid, content: files.myid(server)))
        }
        exported.append(Export.File(path: "README.md", content: Templates.systemdNote(note)))
        return Export(files: exported, problems: problems.all, readers: .ownerBelowOpenDirectories)
    }

    private func check(_ server: TopologyServer, into problems: inout ExportProblems) {
        let place = layout.server(server.id)
        for path in [place.directory, place.data, place.dataLog].compactMap(\.self)
        where !path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) || path.contains(where: { "%\"'\\;$".contains($0) }) {
            problems.error(
                .exportPath, "systemd would read the path \(path) of server \(server.id) in a way of its own",
                mend: "take one without blanks, quotes and % \\ ; $")
        }
        if case .apache(let apache) = server.engine {
            for flag in apache.jvmFlags + server.properties where flag.contains("$") || flag.contains("\n") {
                problems.error(
                    .exportFlag,
                    "systemd would replace what stands behind the $ in the flag \(flag) of server \(server.id)",
                    mend: "write it without $ and line ends")
            }
        }
    }

    private func unitName(_ server: TopologyServer) -> String { "paddock-\(topology.ensemble)-\(server.id)" }
    private func unitPath(_ server: TopologyServer) -> String { "/etc/systemd/system/\(unitName(server)).service" }

    /// Debian's package logs through log4j, a distribution of Apache's from 3.8 on through logback.
    private func logging(_ server: TopologyServer) -> ApacheLogging? {
        guard case .apache(let apache) = server.engine else { return nil }
        return apache.home == nil ? .log4j : .logback
    }

    private func values(_ server: TopologyServer) -> MustacheValue {
        let place = layout.server(server.id)
        var options = ApacheOptions()
        if case .apache(let chosen) = server.engine { options = chosen }
        let home = options.home
        let classPath =
            home.map { "\($0)/*:\($0)/lib/*" }
            ?? Self.debianJars.map { "/usr/share/java/\($0).jar" }.joined(separator: ":")
        let isBundled = server.engine.name == "bundled"
        let level = server.logLevel?.rawValue ?? "info"
        let loggingOptions = logging(server).map {
            $0.options(file: "\(place.directory)/conf/\($0.fileName)", level: level.uppercased()).joined(separator: " ")
        }
        let dataLog = place.dataLog ?? server.setting("dataLogDir")
        let outside = [place.data, dataLog].compactMap(\.self).uniqued.filter { !$0.hasPrefix(place.directory + "/") }
        return [
            "ensemble": .text(topology.ensemble), "id": "\(server.id)", "engine": .text(server.engine.name),
            "user": .text(Self.user), "directory": .text(place.directory), "tools": .text(Self.tools),
            "java": .text(Self.java), "isBundled": .flag(isBundled), "logLevel": .text(level),
            "program": .text("zkserver" + (server.hasTLS ? "-tls" : "")),
            "environment": .list(
                options.environment.sorted { $0.key < $1.key }.map {
                    .text(Self.literal("\($0.key)=\($0.value)").jsonQuoted)
                }, text: ""),
            "flags": .list(
                (server.properties + options.jvmFlags).map { .text(Self.quoted(Self.literal($0))) }, text: ""),
            "heap": .text(options.heap ?? ContainerServer.defaultHeap), "classPath": .text(classPath),
            "loggingOptions": .text(loggingOptions ?? ""),
            "host": .text(server.host), "port": "\(server.ports.client)",
            "paths": .list(outside.map { .text($0) }, text: ""), "processes": isBundled ? "pid" : "all",
        ]
    }

    private var note: MustacheValue {
        let hosts = topology.servers.map(\.host).uniqued.map { host -> MustacheValue in
            let servers = topology.servers.filter { $0.host == host }
            let directories = servers.flatMap { server -> [String] in
                let place = layout.server(server.id)
                return [place.directory]
                    + [place.data, place.dataLog ?? server.setting("dataLogDir")]
                    .compactMap(\.self).filter { !$0.hasPrefix(place.directory + "/") }
            }.uniqued
            return [
                "host": .text(host), "shellHost": .text(Self.quoted(host)),
                "servers": .text(servers.map { "\($0.id) (\($0.role.rawValue))" }.joined(separator: ", ")),
                "needs": .list(needs(servers).map { .text($0) }, text: ""),
                "prefix": .text(layout.root), "user": .text(Self.user),
                "directories": .text(directories.joined(separator: " ")),
                "units": .text(servers.map(unitPath).joined(separator: " ")),
                "names": .text(servers.map(unitName).joined(separator: " ")),
            ]
        }
        return [
            "ensemble": .text(topology.ensemble), "hosts": .list(hosts, text: ""),
            "anyMyid": .text(layout.server(topology.servers[0].id).myid), "connect": .text(topology.connectString),
        ]
    }

    /// What must be on a host besides, in sentences.
    private func needs(_ servers: [TopologyServer]) -> [String] {
        var needs: [String] = []
        let programs = servers.filter { $0.engine == .bundled }.map { $0.hasTLS ? "zkserver-tls" : "zkserver" }.uniqued
        if !programs.isEmpty {
            needs.append(
                "It needs \(programs.map { "\(Self.tools)/bin/\($0)" }.joined(separator: ", ")), which `./install.sh --prefix \(Self.tools)` of Paddock's tarball puts there (programs with TLS are in lib/paddock: link them)."
            )
        }
        for case .apache(let options) in servers.map(\.engine).uniqued {
            needs.append(
                options.home.map { "It needs Apache ZooKeeper in \($0), and Java as \(Self.java)." }
                    ?? "It needs Debian's packages zookeeper and default-jre-headless.")
        }
        let paths = servers.flatMap { server in
            server.settings.filter { KnownKeys.key($0.key)?.kind == .path && $0.key != "dataLogDir" }.map(\.value)
        }.uniqued
        if !paths.isEmpty {
            needs.append("It needs these files, readable for \(Self.user): \(paths.joined(separator: ", ")).")
        }
        return needs
    }

    /// Without the specifiers of systemd.
    private static func literal(_ text: String) -> String { text.replacing("%", with: "%%") }

    /// As a shell, and systemd, read one word.
    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || "0123456789_@%+=:,./-".unicodeScalars.contains(scalar))
            }
        return isPlain ? word : "'\(word.replacing("'", with: "'\"'\"'"))'"
    }
}
