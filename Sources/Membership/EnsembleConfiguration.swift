/// Who belongs to an ensemble and how its votes are counted: the server, group and weight lines, which ZooKeeper
/// keeps in zoo.cfg, in a dynamic file, in /zookeeper/config, and sends in NEWLEADER and in notifications (reference
/// 5.5).
package struct EnsembleConfiguration: Sendable {
    /// Ascending ids.
    package let servers: [ServerLine]
    /// The servers of each group, ascending; empty for a plain majority.
    package let groups: [Int64: [ServerID]]
    /// Only what was written; a server without an entry weighs 1.
    package let weights: [ServerID: Int64]
    /// The zxid of the reconfig that made it; 0 until the first one.
    package let version: Int64
    package let verifier: QuorumVerifier
    /// The text that servers send to each other and keep in /zookeeper/config: the version comes last, in hex.
    package let text: String

    /// - Parameter text: as it was received, if it was.
    package init(
        servers: [ServerLine], groups: [Int64: [ServerID]] = [:], weights: [ServerID: Int64] = [:], version: Int64 = 0,
        text: String? = nil
    ) {
        let servers = servers.sorted { $0.id < $1.id }
        let groups = groups.mapValues { $0.sorted() }
        self.servers = servers
        self.groups = groups
        self.weights = weights
        self.version = version
        let voters = ServerSet(servers.lazy.filter(\.isVoter).map(\.id))
        // One group or weight line is enough, as in Apache's `QuorumPeerConfig.parseDynamicConfig`: weights without
        // groups are a hierarchy without a quorum, and a fault where they are read.
        verifier =
            groups.isEmpty && weights.isEmpty
            ? .majority(voters: voters)
            : .hierarchical(
                voters: voters,
                groups: groups.sorted { $0.key < $1.key }.map { group in
                    QuorumVerifier.Group(group.value.map { .init(server: $0, weight: weights[$0] ?? 1) })
                })
        let lines = Self.lines(servers, groups, weights, .modern)
        self.text = text ?? (lines + [Self.line(of: version)]).joined(separator: "\n")
    }

    package var voters: ServerSet { verifier.voters }
    package var participants: [ServerLine] { servers.filter(\.isVoter) }
    package var observers: [ServerLine] { servers.filter { !$0.isVoter } }

    package func server(_ id: ServerID) -> ServerLine? { servers.first { $0.id == id } }

    /// The same under another version.
    package func withVersion(_ version: Int64) -> EnsembleConfiguration {
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("version=") }.map(String.init)
        return EnsembleConfiguration(
            servers: servers, groups: groups, weights: weights, version: version,
            text: (lines + [Self.line(of: version)]).joined(separator: "\n"))
    }
}

/// Its lines, in files and on the wire.
extension EnsembleConfiguration {
    /// `server.1=…`, …, `group.1=1:2`, …, `weight.1=3`, …
    package func lines(_ style: ServerLine.Style) -> [String] { Self.lines(servers, groups, weights, style) }

    package var hierarchyLines: [String] { Self.lines([], groups, weights, .modern) }

    private static func lines(
        _ servers: [ServerLine], _ groups: [Int64: [ServerID]], _ weights: [ServerID: Int64], _ style: ServerLine.Style
    ) -> [String] {
        servers.map { $0.text(style) }
            + groups.sorted { $0.key < $1.key }.map { group, members in
                "group.\(group)=" + members.map(\.description).joined(separator: ":")
            } + weights.sorted { $0.key < $1.key }.map { "weight.\($0.key)=\($0.value)" }
    }

    static func line(of version: Int64) -> String { "version=\(String(version, radix: 16))" }

    /// What `<zoo.cfg>.dynamic.<version>` holds: the lines in order, without a version, and without a final line end
    /// (Apache's `QuorumPeerConfig.writeDynamicConfig`; reference 5.6).
    package var dynamicFileText: String { lines(.modern).sorted().joined(separator: "\n") }

    /// The name of that file, beside zoo.cfg.
    package func dynamicFileName(besides zooCfg: String) -> String {
        "\(zooCfg).dynamic.\(String(version, radix: 16))"
    }

    /// The version in the name of a dynamic file: hex after the last dot (`zoo.cfg.dynamic.100000004`), else 0.
    /// Source: `QuorumPeerConfig.getVersionFromFilename`.
    package static func version(ofFileNamed name: String) -> Int64 {
        guard let dot = name.lastIndex(of: ".") else { return 0 }
        return Int64(name[name.index(after: dot)...], radix: 16) ?? 0
    }
}

/// Two texts may say the same.
extension EnsembleConfiguration: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        left.version == right.version && left.servers == right.servers && left.groups == right.groups
            && left.weights == right.weights
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(version)
        hasher.combine(servers)
    }
}
