import Diagnostics
import Digests
import Membership
import Mustache
import ServerConfig
import Templates
import Topology

/// Where and how an ensemble is to be on Kubernetes, beside what its topology says.
package struct KubernetesOptions: Hashable, Sendable {
    /// Whether two servers of a kind may be on one node.
    package enum Spread: String, CaseIterable, Sendable {
        /// Never.
        case required
        /// Where there is no other node: on clusters for trying things out.
        case preferred
    }

    package var namespace: String
    /// The end of every name in the cluster: `cluster.local`.
    package var clusterDomain: String
    /// Of each claim, in Kubernetes' notation: `10Gi`.
    package var storage: String
    /// Nil: the cluster's default.
    package var storageClass: String?
    package var spread: Spread

    package init(
        namespace: String = "default", clusterDomain: String = "cluster.local", storage: String = "10Gi",
        storageClass: String? = nil, spread: Spread = .required
    ) {
        self.namespace = namespace
        self.clusterDomain = clusterDomain
        self.storage = storage
        self.storageClass = storageClass
        self.spread = spread
    }
}

/// Manifests for Kubernetes: participants in one stateful set, pod N being server N + 1, observers in a second.
package struct KubernetesExport {
    private let ensemble: ContainerEnsemble
    private let options: KubernetesOptions

    package init(
        _ original: Topology, moved: Topology, options: KubernetesOptions, containers: ContainerOptions
    ) {
        ensemble = ContainerEnsemble(original, moved: moved, options: containers)
        self.options = options
    }

    /// The name that a server's pod has in the cluster. It is in the pod's own /etc/hosts, so that a server can listen at it before the
    /// cluster's DNS knows it.
    package static func host(_ server: TopologyServer, in topology: Topology, _ options: KubernetesOptions) -> String {
        let set = PodSet.all(topology).first { $0.servers.contains { $0.id == server.id } }
        let number = set?.servers.firstIndex { $0.id == server.id } ?? 0
        return "\(set?.name ?? "")-\(number).\(headless(topology)).\(options.namespace).svc.\(options.clusterDomain)"
    }

    private static func headless(_ topology: Topology) -> String { "\(topology.ensemble)-headless" }

    package func export(file: String) -> Export {
        var problems = ExportProblems(file: file)
        ensemble.check(into: &problems)
        let sets = PodSet.all(ensemble.topology)
        for set in sets { check(set, into: &problems) }
        let configuration = Templates.kubernetesConfiguration(configurationValues)
        // What etcd takes of one object, with its metadata.
        let limit = 1_000_000
        if configuration.utf8.count > limit {
            problems.error(
                .exportSize,
                "the files of \(ensemble.servers.count) servers are \(configuration.utf8.count) bytes, and Kubernetes takes \(limit) of one \(kind)",
                mend: "export fewer servers")
        }
        var files = [
            Export.File(path: "manifests/configuration.yaml", content: configuration),
            Export.File(path: "manifests/services.yaml", content: Templates.kubernetesServices(serviceValues(sets))),
        ]
        for set in sets {
            files.append(
                Export.File(
                    path: "manifests/\(set.role.rawValue)s.yaml", content: Templates.kubernetesServers(values(set))))
        }
        files += [
            Export.File(path: "topology.yaml", content: ensemble.topologyFile("kubernetes")),
            Export.File(path: "README.md", content: Templates.kubernetesNote(note(sets))),
        ]
        return Export(files: files, problems: problems.all)
    }

    // MARK: What cannot be so

    /// Why its objects cannot have such names; before anything else, because they are parts of hosts.
    package static func nameProblems(_ topology: Topology, file: String) -> [Diagnostic] {
        var problems = ExportProblems(file: file)
        let name = topology.ensemble
        // A label of a pod is the set's name, a hyphen and a hash of ten characters.
        let longest = 52 - (PodSet.all(topology).map { $0.name.count - name.count }.max() ?? 0)
        let isLetter = name.first.map { $0.isASCII && $0.isLowercase } ?? false
        guard name.count > longest || !isLetter || name.hasSuffix("-") else { return [] }
        problems.error(
            .exportName, "the name '\(name)' cannot be that of a service and a stateful set on Kubernetes",
            mend:
                "give the ensemble a name of at most \(longest) characters that begins with a letter and does not end with '-'"
        )
        return problems.all
    }

    private func check(_ set: PodSet, into problems: inout ExportProblems) {
        for (index, server) in set.servers.enumerated() {
            let wanted = set.firstID.rawValue + Int64(index)
            guard server.id.rawValue != wanted else { continue }
            let rule =
                set.role == .participant
                ? "participant number \(index + 1) is pod \(set.name)-\(index), which is server \(wanted)"
                : "observers are numbered on from the first, server \(set.firstID), and pod \(set.name)-\(index) is server \(wanted)"
            problems.error(
                .exportIDs, "\(rule), and not server \(server.id)",
                mend:
                    "give the servers of the export such ids; the data of others come by `paddock backup` and `restore`"
            )
            break
        }
        // The pods of a set differ in their files and in nothing else.
        let containers = set.servers.compactMap { server in ensemble.servers.first { $0.server.id == server.id } }
        guard let first = containers.first else { return }
        for other in containers.dropFirst() {
            let differs: [(what: String, Bool)] = [
                ("its engine", first.server.engine.name != other.server.engine.name),
                ("its ports", first.ports.map(\.port) != other.ports.map(\.port)),
                ("its log level", first.server.logLevel != other.server.logLevel),
                ("TLS", first.server.hasTLS != other.server.hasTLS),
                (
                    "its heap, flags or variables",
                    first.environment.map { "\($0.name)=\($0.value)" }
                        != other.environment.map { "\($0.name)=\($0.value)" }
                ),
            ]
            guard let found = differs.first(where: \.1) else { continue }
            problems.error(
                .exportDiffer,
                "server \(other.server.id) differs from server \(first.server.id) in \(found.what), and the pods of one stateful set are alike",
                mend: "give all \(set.role.rawValue)s the same; settings of zoo.cfg may differ")
        }
        let directories = containers.flatMap(\.files).uniqued
        let long = directories.first { $0.utf8.count > 253 }
        if let long {
            problems.error(
                .exportFile, "the path \(long.prefix(60))… is too long", mend: "give the file a shorter name")
        }
    }

    // MARK: Values of the templates

    private var kind: String { ensemble.hasSecrets ? "Secret" : "ConfigMap" }
    private var configurationName: String { "\(ensemble.topology.ensemble)-configuration" }
    private var logging: (name: String, text: String)? { ensemble.servers.lazy.compactMap(\.logging).first }

    private var configurationValues: MustacheValue {
        let servers = ensemble.servers.map { container -> MustacheValue in
            [
                "id": "\(container.server.id)",
                "zooCfg": .text(ensemble.zooCfg(container.server).withoutLastLineEnd.indented(4)),
            ]
        }
        let logging = self.logging.map { logging -> [MustacheValue] in
            [["name": .text(logging.name), "text": .text(logging.text.withoutLastLineEnd.indented(4))]]
        }
        return common([
            "kind": .text(kind), "field": .text(ensemble.hasSecrets ? "stringData" : "data"),
            "name": .text(configurationName),
            "servers": .list(servers, text: ""), "logging": .list(logging ?? [], text: ""),
        ])
    }

    private func common(_ values: [String: MustacheValue]) -> MustacheValue {
        let shared: [String: MustacheValue] = [
            "ensemble": .text(ensemble.topology.ensemble), "namespace": .text(options.namespace),
            "headless": .text(Self.headless(ensemble.topology)), "clusterDomain": .text(options.clusterDomain),
        ]
        return .members(shared.merging(values) { $1 })
    }

    private func serviceValues(_ sets: [PodSet]) -> MustacheValue {
        func list(_ ports: [(name: String, port: Int)]) -> MustacheValue {
            .list(ports.map { ["name": .text($0.name), "port": "\($0.port)"] }, text: "")
        }
        let ports = (ensemble.servers.first { $0.server.role == .participant } ?? ensemble.servers[0]).ports
        return common([
            "ports": list(ports), "clientPorts": list(ports.filter { ["client", "secure"].contains($0.name) }),
            "budgets": .list(
                sets.map { set -> MustacheValue in
                    let most = mostAway(set)
                    return [
                        "set": .text(set.name), "component": .text(set.role.rawValue), "most": "\(most)",
                        "why": most == 0
                            ? "The quorum does not stay when one is away: nothing evicts it as long as this says so."
                            : "One at a time.",
                    ]
                }, text: ""),
        ])
    }

    /// How many of a set may be away by somebody's will: one where a quorum stays whichever that is, else none.
    private func mostAway(_ set: PodSet) -> Int {
        guard set.role == .participant else { return 1 }
        guard !ensemble.topology.isStandalone else { return 0 }
        let verifier = ensemble.topology.configuration.verifier
        let ids = set.servers.map(\.id)
        return ids.allSatisfy { away in verifier.isQuorum(ServerSet(ids.filter { $0 != away })) } ? 1 : 0
    }

    private func values(_ set: PodSet) -> MustacheValue {
        let containers = set.servers.compactMap { server in ensemble.servers.first { $0.server.id == server.id } }
        let first = containers[0]
        let digested = containers.map { ensemble.zooCfg($0.server) }.joined() + (first.logging?.text ?? "")
        let items = containers.enumerated().flatMap { index, container -> [MustacheValue] in
            let directory = "\(set.name)-\(index)"
            var items: [MustacheValue] = [
                ["key": "zoo.cfg.\(container.server.id)", "path": "\(directory)/zoo.cfg"],
                ["key": "myid.\(container.server.id)", "path": "\(directory)/myid"],
            ]
            if let logging = first.logging {
                items.append(["key": .text(logging.name), "path": "\(directory)/\(logging.name)"])
            }
            return items
        }
        let claims = ["data"] + (ensemble.hasDataLog ? ["datalog"] : [])
        return common([
            "set": .text(set.name), "component": .text(set.role.rawValue), "count": "\(set.servers.count)",
            "offsetText": .text(set.numbering),
            "digest": .text(SHA256.hash(Array(digested.utf8)).hexadecimal), "user": "\(first.user)",
            "spreadIsRequired": .flag(options.spread == .required), "image": .text(first.image.jsonQuoted),
            "hasEntryPoint": .flag(first.entryPoint != nil),
            "entryPoint": .text(Self.words(first.entryPoint ?? [])), "arguments": .text(Self.words(first.arguments)),
            "environment": .list(
                first.environment.map { variable -> MustacheValue in
                    [
                        "name": .text(variable.name.jsonQuoted),
                        "value": .text(Self.literal(variable.value).jsonQuoted),
                    ]
                }, text: ""),
            "ports": .list(first.ports.map { ["name": .text($0.name), "port": "\($0.port)"] }, text: ""),
            // Nothing is replaced in the command of a probe.
            "live": .text(Self.plainWords(first.command(.live, host: "$HOSTNAME"))),
            "ready": .text(Self.plainWords(first.command(.ready, host: "$HOSTNAME"))),
            "startAttempts": "\(Patience.ofStart(first.server) / 2)", "memory": "\(first.memory)",
            "hasDataLog": .flag(ensemble.hasDataLog),
            "files": .list(
                fileDirectories(containers).map { directory -> MustacheValue in
                    [
                        "name": .text(directory.volume), "directory": .text(directory.path.jsonQuoted),
                        "secret": .text(directory.secret),
                    ]
                }, text: ""),
            "scratch": .list(
                first.scratch.map { ["path": .text($0), "name": .text(String($0.dropFirst()))] }, text: ""),
            "volume": ensemble.hasSecrets ? "secret" : "configMap",
            "volumeKey": ensemble.hasSecrets ? "secretName" : "name",
            "configuration": .text(configurationName), "items": .list(items, text: ""),
            "hasStorageClass": .flag(options.storageClass != nil),
            "storageClass": .text(options.storageClass ?? ""), "storage": .text(options.storage),
            "claims": .list(claims.map { ["claim": .text($0)] }, text: ""),
        ])
    }

    /// The directories of files that settings name: each becomes a Secret.
    private func fileDirectories(
        _ containers: [ContainerServer]
    ) -> [(path: String, volume: String, secret: String, keys: [String])] {
        func split(_ path: String) -> (directory: String, name: String) {
            let slash = path.lastIndex(of: "/") ?? path.startIndex
            return (String(path[..<slash]), String(path[path.index(after: slash)...]))
        }
        // Numbered over the whole ensemble, so that both sets call a Secret the same.
        let all = ensemble.servers.flatMap(\.files).map { split($0).directory }.uniqued.sorted()
        let own = Set(containers.flatMap(\.files).map { split($0).directory })
        return all.enumerated().filter { own.contains($0.element) }.map { index, directory in
            let number = index == 0 ? "" : "-\(index + 1)"
            let keys = ensemble.servers.flatMap(\.files).map(split).filter { $0.directory == directory }.map(\.name)
            return (directory, "files\(number)", "\(ensemble.topology.ensemble)-files\(number)", keys.uniqued.sorted())
        }
    }

    private func note(_ sets: [PodSet]) -> MustacheValue {
        let secrets = fileDirectories(ensemble.servers)
        let ours = ensemble.servers.first { $0.entryPoint != nil }
        return common([
            "sets": .list(
                sets.map { set -> MustacheValue in
                    [
                        "set": .text(set.name), "offsetText": .text(set.numbering),
                        "members": "\(set.servers.count) \(set.role.rawValue)\(set.servers.count == 1 ? "" : "s")",
                    ]
                }, text: ""),
            "port": "\(ensemble.servers[0].server.ports.client)", "kind": .text(kind),
            "configuration": .text(configurationName), "isOurs": .flag(ours != nil),
            "paddockImage": .text(ours?.image ?? ""), "hasFiles": .flag(!secrets.isEmpty),
            "secrets": .list(
                secrets.map { secret -> MustacheValue in
                    [
                        "secret": .text(secret.secret), "directory": .text(secret.path),
                        "keys": .list(secret.keys.map { .text($0) }, text: ""),
                    ]
                }, text: ""),
        ])
    }

    /// A list of words in which Kubernetes would replace `$(NAME)`.
    private static func words(_ words: [String]) -> String { plainWords(words.map(literal)) }

    private static func plainWords(_ words: [String]) -> String {
        "[" + words.map(\.jsonQuoted).joined(separator: ", ") + "]"
    }

    private static func literal(_ text: String) -> String { text.replacing("$", with: "$$") }
}

/// The servers of one stateful set, ascending by id.
private struct PodSet {
    var name: String
    var role: ServerRole
    var servers: [TopologyServer]

    static func all(_ topology: Topology) -> [PodSet] {
        [
            PodSet(name: topology.ensemble, role: .participant, servers: topology.participants),
            PodSet(name: "\(topology.ensemble)-observer", role: .observer, servers: topology.observers),
        ].filter { !$0.servers.isEmpty }
    }

    /// The server of pod 0.
    var firstID: ServerID { role == .participant ? 1 : servers[0].id }

    /// The id of pod N, in words.
    var numbering: String { "N + \(firstID)" }
}
