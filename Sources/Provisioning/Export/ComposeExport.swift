import Diagnostics
import Mustache
import Templates
import Topology

/// A Compose project: a service a server, whose name is its host.
package struct ComposeExport {
    private let ensemble: ContainerEnsemble

    package init(_ original: Topology, moved: Topology, options: ContainerOptions) {
        ensemble = ContainerEnsemble(original, moved: moved, options: options)
    }

    /// The name of a server's service: its host name.
    package static func service(_ server: TopologyServer, _ ensemble: String) -> String { "\(ensemble)-\(server.id)" }

    /// Why its services cannot have such names; before anything else, because they are hosts.
    package static func nameProblems(_ topology: Topology, file: String) -> [Diagnostic] {
        var problems = ExportProblems(file: file)
        let longest = topology.servers.map { service($0, topology.ensemble) }.max { $0.count < $1.count } ?? ""
        if longest.count > 63 {
            problems.error(
                .exportName,
                "the service '\(longest)' has a name that is too long for a host: \(longest.count) characters, and not 63",
                mend: "give the ensemble a name of at most 59 characters")
        }
        return problems.all
    }

    package func export(file: String) -> Export {
        var problems = ExportProblems(file: file)
        ensemble.check(into: &problems)
        if ensemble.hasSecrets {
            problems.warn(
                .exportSecrets,
                "zoo.cfg holds passwords, and the servers in the containers read it as users of their own: everybody on this machine may read it",
                mend: "keep the directory of the export in one that is yours alone")
        }
        var files: [Export.File] = []
        for container in ensemble.servers {
            let server = container.server
            let directory = "server.\(server.id)"
            files.append(Export.File(path: "\(directory)/conf/zoo.cfg", content: ensemble.zooCfg(server)))
            if let logging = container.logging {
                files.append(Export.File(path: "\(directory)/conf/\(logging.name)", content: logging.text))
            }
            files.append(Export.File(path: "\(directory)/myid", content: ensemble.myid(server)))
        }
        let published = self.published
        files += [
            Export.File(path: "compose.yaml", content: Templates.compose(values(published))),
            Export.File(path: "topology.yaml", content: ensemble.topologyFile("compose")),
            Export.File(path: "README.md", content: Templates.composeNote(note(published))),
        ]
        return Export(files: files, problems: problems.all, readers: .everybody)
    }

    /// The port of this machine for each server's clients: the server's own, or the next that no server before it has.
    private var published: [Int] {
        var taken: Set<Int> = []
        return ensemble.original.servers.map { server in
            var port = server.ports.client
            while port < 65535, !taken.insert(port).inserted { port += 1 }
            return port
        }
    }

    private func values(_ published: [Int]) -> MustacheValue {
        let topology = ensemble.topology
        let services = zip(ensemble.servers, published).map { container, port -> MustacheValue in
            let server = container.server
            let name = Self.service(server, topology.ensemble)
            return [
                "name": .text(name), "id": "\(server.id)", "image": .text(container.image.jsonQuoted),
                "user": "\(container.user)", "hasEntryPoint": .flag(container.entryPoint != nil),
                "entryPoint": .text(Self.words(container.entryPoint ?? [])),
                "command": .text(Self.words(container.arguments)),
                "environment": .list(
                    container.environment.map { variable -> MustacheValue in
                        [
                            "name": .text(variable.name.jsonQuoted),
                            "value": .text(Self.literal(variable.value).jsonQuoted),
                        ]
                    }, text: ""),
                "port": "\(server.ports.client)", "published": "\(port)",
                "scratch": .text("[" + container.scratch.joined(separator: ", ") + "]"),
                "hasDataLog": .flag(ensemble.hasDataLog),
                "files": .list(
                    container.files.uniqued.map { path -> MustacheValue in
                        ["source": .text("./files\(path)".jsonQuoted), "target": .text(path.jsonQuoted)]
                    }, text: ""),
                "probe": .text(Self.words(["CMD"] + container.command(.ready, host: name))),
                "patience": "\(Patience.ofStart(server))",
            ]
        }
        return [
            "ensemble": .text(topology.ensemble), "services": .list(services, text: ""),
            "hasDataLog": .flag(ensemble.hasDataLog),
        ]
    }

    private func note(_ published: [Int]) -> MustacheValue {
        let files = ensemble.servers.flatMap(\.files).uniqued.sorted()
        let images = ensemble.servers.map(\.image).uniqued
        return [
            "ensemble": .text(ensemble.topology.ensemble),
            "connect": .text(published.map { "127.0.0.1:\($0)" }.joined(separator: ",")),
            "connectInside": .text(ensemble.topology.connectString),
            "images": .list(images.map { .text($0) }, text: ""),
            "isOurs": .flag(ensemble.servers.contains { $0.entryPoint != nil }),
            "hasFiles": .flag(!files.isEmpty), "files": .list(files.map { .text("files\($0)") }, text: ""),
            "options": .text(ensemble.generateOptions),
        ]
    }

    /// A list of words for Compose, which would replace variables in them.
    private static func words(_ words: [String]) -> String {
        "[" + words.map { literal($0).jsonQuoted }.joined(separator: ", ") + "]"
    }

    private static func literal(_ text: String) -> String { text.replacing("$", with: "$$") }
}

/// How long a server is given, in seconds.
enum Patience {
    /// To load what it has and find the others: five minutes, or as long as initLimit has it twice.
    static func ofStart(_ server: TopologyServer) -> Int {
        let ticks = Int(server.setting("initLimit") ?? "") ?? 10
        let milliseconds = Int(server.setting("tickTime") ?? "") ?? 2000
        let (wanted, isTooMuch) = ticks.multipliedReportingOverflow(by: milliseconds)
        return isTooMuch ? 3600 : min(max(300, wanted / 500), 3600)
    }
}

extension Sequence where Element: Hashable {
    /// Each once, where it stands first.
    var uniqued: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
