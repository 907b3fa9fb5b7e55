/// Who belongs to an ensemble and how its votes are counted: the server, group and weight lines, which ZooKeeper keeps
/// in zoo.cfg, in a dynamic file, in /zookeeper/config, and sends in NEWLEADER and in votes.
package struct QuorumConfig: Hashable, Sendable {
    /// Ascending ids.
    package var servers: [ServerLine]
    /// The servers of each group, ascending; empty for a plain majority.
    package var groups: [Int64: [ServerID]]
    /// Only what was written; a server without an entry weighs 1.
    package var weights: [ServerID: Int64]
    /// 0 until the first reconfiguration.
    package var version: Int64

    package init(
        servers: [ServerLine], groups: [Int64: [ServerID]] = [:], weights: [ServerID: Int64] = [:], version: Int64 = 0
    ) {
        self.servers = servers.sorted { $0.id < $1.id }
        self.groups = groups.mapValues { $0.sorted() }
        self.weights = weights
        self.version = version
    }

    /// Group or weight lines make the quorum hierarchical: a majority of groups, each by a majority of its weight.
    package var isHierarchical: Bool { !groups.isEmpty || !weights.isEmpty }

    package var participants: [ServerLine] { servers.filter { $0.role == .participant } }
    package var observers: [ServerLine] { servers.filter { $0.role == .observer } }

    package func server(_ id: ServerID) -> ServerLine? { servers.first { $0.id == id } }

    /// Whether `votes` may decide. Source: `QuorumMaj.containsQuorum`, `QuorumHierarchical.containsQuorum`.
    package func isQuorum(_ votes: Set<ServerID>) -> Bool {
        guard isHierarchical else {
            return participants.count { votes.contains($0.id) } > participants.count / 2
        }
        var counting = 0
        var won = 0
        for members in groups.values {
            let weight = members.reduce(0) { $0 + (weights[$1] ?? 1) }
            if weight == 0 { continue }
            counting += 1
            let voted = members.reduce(0) { $0 + (votes.contains($1) ? weights[$1] ?? 1 : 0) }
            if voted > weight / 2 { won += 1 }
        }
        return won > counting / 2
    }

    /// The lines without a version and without a final line end, as in a dynamic file.
    package func text(_ style: ServerLine.Style = .modern) -> String { lines(style).joined(separator: "\n") }

    /// The text that servers send to each other and keep in /zookeeper/config: the version comes last, in hex.
    package var versionedText: String {
        (lines(.modern) + ["version=\(String(version, radix: 16))"]).joined(separator: "\n")
    }

    /// `server.1=…`, …, `group.1=1:2`, …, `weight.1=3`, …
    package func lines(_ style: ServerLine.Style) -> [String] {
        servers.map { $0.text(style) } + hierarchyLines
    }

    package var hierarchyLines: [String] {
        groups.sorted { $0.key < $1.key }.map { group, members in
            "group.\(group)=" + members.map(\.description).joined(separator: ":")
        } + weights.sorted { $0.key < $1.key }.map { "weight.\($0.key)=\($0.value)" }
    }

    /// Whether both describe the same ensemble: equal versions count as equal, as in ZooKeeper's verifiers.
    package func isEquivalent(to other: QuorumConfig) -> Bool {
        version == other.version
            || (servers == other.servers && groups == other.groups && weights == other.weights)
    }

    /// The version in the name of a dynamic file: hex after the last dot (`zoo.cfg.dynamic.100000004`), else 0.
    /// Source: `QuorumPeerConfig.getVersionFromFilename`.
    package static func version(ofFileNamed name: String) -> Int64 {
        guard let dot = name.lastIndex(of: ".") else { return 0 }
        return Int64(name[name.index(after: dot)...], radix: 16) ?? 0
    }
}

extension QuorumConfig {
    /// In what this configuration differs from `other`, in words, line by line; empty when both mean the same members and
    /// votes.
    package func differences(from other: QuorumConfig) -> [String] {
        var differences: [String] = []
        for id in Set(servers.map(\.id) + other.servers.map(\.id)).sorted() {
            let (mine, theirs) = (server(id), other.server(id))
            guard mine != theirs else { continue }
            switch (mine, theirs) {
            case (let mine?, let theirs?):
                differences.append("server.\(id) is \(theirs.value()) here and \(mine.value())")
            case (nil, let theirs?): differences.append("server.\(id)=\(theirs.value()) is here only and not")
            case (let mine?, nil): differences.append("server.\(id) is not here but \(mine.value())")
            case (nil, nil): break
            }
        }
        if hierarchyLines != other.hierarchyLines {
            differences.append(
                "groups and weights are \(Self.listed(other.hierarchyLines)) here and \(Self.listed(hierarchyLines))")
        }
        return differences
    }

    private static func listed(_ lines: [String]) -> String { lines.isEmpty ? "none" : lines.joined(separator: " ") }
}
