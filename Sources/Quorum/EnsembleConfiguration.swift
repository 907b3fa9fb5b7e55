import ZooKeeperProtocol

/// Who is in the ensemble, as the servers agree on it: the parsed form of the configuration text (reference 5.5) that
/// notifications and NEWLEADER carry.
package struct EnsembleConfiguration: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package var id: ServerID
        package var isVoter: Bool
        /// `host:quorumPort` as written. A designated leader keeps its office only if this stays the same (reference 8.17).
        package var quorumAddress: String

        package init(id: ServerID, isVoter: Bool, quorumAddress: String = "") {
            self.id = id
            self.isVoter = isVoter
            self.quorumAddress = quorumAddress
        }
    }

    /// The zxid of the reconfig that made it; 0 without dynamic reconfiguration.
    package var version: Int64
    /// Sorted by id.
    package let members: [Member]
    package let verifier: QuorumVerifier
    /// The text as it is sent.
    package let text: String

    package init(version: Int64 = 0, members: [Member], groups: [QuorumVerifier.Group] = [], text: String = "") {
        self.version = version
        self.members = members.sorted { $0.id < $1.id }
        self.text = text
        let voters = ServerSet(members.lazy.filter(\.isVoter).map(\.id))
        verifier = groups.isEmpty ? .majority(voters: voters) : .hierarchical(voters: voters, groups: groups)
    }

    private init(version: Int64, members: [Member], verifier: QuorumVerifier, text: String) {
        self.version = version
        self.members = members
        self.verifier = verifier
        self.text = text
    }

    package var voters: ServerSet { verifier.voters }

    package func member(_ id: ServerID) -> Member? { members.first { $0.id == id } }

    /// The same under another version.
    func withVersion(_ version: Int64) -> EnsembleConfiguration {
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("version=") }
        let text = (lines + ["version=\(String(version, radix: 16))"]).joined(separator: "\n")
        return EnsembleConfiguration(version: version, members: members, verifier: verifier, text: text)
    }
}

extension EnsembleConfiguration {
    /// Reads the lines that decide who votes: `server.N`, `group.N`, `weight.N` and `version` (hexadecimal).
    ///
    /// Nil when a line of those is not what a server would have written. Other lines are not looked at. The whole grammar,
    /// with its diagnostics, is `ServerConfig`'s; what arrives here was written by a server that had checked it.
    package init?(text: String) {
        var members: [Member] = []
        var groups: [[ServerID]] = []
        var weights: [ServerID: Int64] = [:]
        var version: Int64 = 0
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let key = line[..<equals]
            let value = line[line.index(after: equals)...]
            if key == "version" {
                guard let number = Int64(value, radix: 16) else { return nil }
                version = number
            } else if key.hasPrefix("server.") {
                guard let id = ServerID(key.dropFirst(7)), let line = MemberLine(value) else { return nil }
                members.append(Member(id: id, isVoter: line.isVoter, quorumAddress: line.quorumAddress))
            } else if key.hasPrefix("weight.") {
                guard let id = ServerID(key.dropFirst(7)), let weight = Int64(value), weight >= 0 else { return nil }
                weights[id] = weight
            } else if key.hasPrefix("group.") {
                var group: [ServerID] = []
                for part in value.split(separator: ":") {
                    guard let id = ServerID(part) else { return nil }
                    group.append(id)
                }
                groups.append(group)
            }
        }
        guard Set(members.map(\.id)).count == members.count else { return nil }
        self.init(
            version: version, members: members,
            groups: groups.map { group in
                QuorumVerifier.Group(group.map { .init(server: $0, weight: weights[$0] ?? 1) })
            },
            text: text)
    }
}

/// The configurations in force: the committed one and, while a reconfig is under way, the one that was proposed.
///
/// Elections, NEWLEADER, proposals and the liveness check need a quorum in each of them (reference 8.17).
package struct Membership: Hashable, Sendable {
    package var committed: EnsembleConfiguration
    /// Invariant: nil, or its version is above the committed one's.
    package private(set) var proposed: EnsembleConfiguration?

    package init(_ committed: EnsembleConfiguration, proposed: EnsembleConfiguration? = nil) {
        self.committed = committed
        propose(proposed)
    }

    /// What NEWLEADER and a leader's answers tell others.
    package var lastSeen: EnsembleConfiguration { proposed ?? committed }

    package var voters: ServerSet { proposed.map { committed.voters.union($0.voters) } ?? committed.voters }

    /// Whether a server is a member, or is about to become or has just been one.
    package func contains(_ server: ServerID) -> Bool {
        committed.member(server) != nil || proposed?.member(server) != nil
    }

    package func isQuorum(_ set: ServerSet) -> Bool {
        committed.verifier.isQuorum(set) && (proposed.map { $0.verifier.isQuorum(set) } ?? true)
    }

    package mutating func propose(_ configuration: EnsembleConfiguration?) {
        guard let configuration, configuration.version > committed.version else { return }
        proposed = configuration
    }

    mutating func withdrawProposed() { proposed = nil }

    /// What a leader brings with NEWLEADER stands, though it be older than what was proposed here and came to nothing.
    mutating func replaceProposed(_ configuration: EnsembleConfiguration) {
        proposed = configuration.version > committed.version ? configuration : nil
    }

    /// Makes `configuration` the committed one; what was proposed before it is history.
    package mutating func activate(_ configuration: EnsembleConfiguration) {
        committed = configuration
        if let pending = proposed, pending.version <= configuration.version { proposed = nil }
    }
}
