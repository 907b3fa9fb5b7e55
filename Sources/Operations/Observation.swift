import ServerConfig
import Supervision
import ZooKeeperProtocol

/// A server of the ensemble as its topology plans it: what status and procedures need to know beside what they see.
package struct Member: Hashable, Sendable {
    package var id: ServerID
    package var role: ServerRole
    /// `unknown` for a server that the topology does not have.
    package var engine: String
    /// Without brackets.
    package var clientHost: String
    package var clientPort: Int
    /// `host:port`. A standalone server has no quorum and election address, a server whose admin server is off no admin
    /// address.
    package var quorum: String?
    package var election: String?
    package var admin: String?
    /// Empty for a server that the topology does not have.
    package var directory: String
    /// False for one that takes no clients while it leads (`leaderServes=no`).
    package var servesWhenLeading: Bool
    /// False for one that only the ensemble's own configuration has.
    package var isInTopology: Bool

    package init(
        id: ServerID, role: ServerRole, engine: String, clientHost: String, clientPort: Int, quorum: String? = nil,
        election: String? = nil, admin: String? = nil, directory: String, servesWhenLeading: Bool = true,
        isInTopology: Bool = true
    ) {
        self.id = id
        self.role = role
        self.engine = engine
        self.clientHost = clientHost
        self.clientPort = clientPort
        self.quorum = quorum
        self.election = election
        self.admin = admin
        self.directory = directory
        self.servesWhenLeading = servesWhenLeading
        self.isInTopology = isInTopology
    }

    /// `host:port`, as clients reach it.
    package var client: String { "\(ServerLine.bracketed(clientHost)):\(clientPort)" }

    package var logFile: String { "\(directory)/logs/server.log" }
}

/// What a server says of its part in the ensemble.
package enum RoleWord: String, Codable, Hashable, Sendable {
    case leader, follower, observer, standalone
    /// It answers and has found no leader, or serves reads only for want of one.
    case looking
    /// It does not answer.
    case unknown
}

/// One server at one moment: its process, and what it answers on its client port.
package struct ServerObservation: Hashable, Sendable {
    package enum Answer: Hashable, Sendable {
        /// Nothing listens there, or it did not answer in time: why.
        case silent(String)
        /// It answers that it serves nobody.
        case notServing
        case serving(Serving)
    }

    /// From `srvr` and, where the server allows that word, `mntr`.
    package struct Serving: Hashable, Sendable {
        package var role: RoleWord
        package var zxid: ZXID
        package var connections: Int
        /// Milliseconds, since the server's start.
        package var latency: Double?
        /// What a leader counts in `mntr`; nil elsewhere and where `mntr` is not allowed.
        package var syncedFollowers: Int?
        package var syncedObservers: Int?
        /// How often since its start its tree was not what the leader's was (`zk_digest_mismatches_count`).
        package var digestMismatches: Int?
        /// Days until a TLS certificate that the server shows has ended; negative when it has.
        package var certificateDays: Int?

        package init(
            role: RoleWord, zxid: ZXID, connections: Int = 1, latency: Double? = nil, syncedFollowers: Int? = nil,
            syncedObservers: Int? = nil, digestMismatches: Int? = nil
        ) {
            self.role = role
            self.zxid = zxid
            self.connections = connections
            self.latency = latency
            self.syncedFollowers = syncedFollowers
            self.syncedObservers = syncedObservers
            self.digestMismatches = digestMismatches
        }
    }

    package var member: Member
    /// Nil when no supervisor could be asked.
    package var process: ServerProcess?
    package var answer: Answer
    /// Proportional set size, bytes.
    package var memory: Int?
    /// False when the ensemble has a configuration of its own, and this server is not in it: it has no vote, and nobody waits for it.
    package var isMember = true

    package init(member: Member, process: ServerProcess?, answer: Answer, memory: Int? = nil) {
        self.member = member
        self.process = process
        self.answer = answer
        self.memory = memory
    }

    package var id: ServerID { member.id }

    package var serving: Serving? {
        if case .serving(let serving) = answer, serving.role != .looking { serving } else { nil }
    }

    package var role: RoleWord {
        switch answer {
        case .silent: .unknown
        case .notServing: .looking
        case .serving(let serving): serving.role
        }
    }

    /// It does what the topology wants of it, as far as it can tell itself.
    package var isInItsRole: Bool {
        switch (role, member.role) {
        case (.leader, .participant), (.follower, .participant), (.standalone, .participant), (.observer, .observer):
            true
        default: false
        }
    }

    /// It takes part in decisions now.
    package var votes: Bool {
        switch role {
        case .leader, .follower, .standalone: isMember && member.role == .participant
        case .observer, .looking, .unknown: false
        }
    }

    /// It could take part in decisions: it votes, or is alive and looks for a leader.
    package var isAbleToVote: Bool { votes || (isMember && role == .looking && member.role == .participant) }
}

/// All servers of an ensemble, asked at about the same time.
package struct Sweep: Hashable, Sendable {
    package struct SupervisorFacts: Codable, Hashable, Sendable {
        package var pid: Int32
        /// Seconds.
        package var uptime: Double

        package init(pid: Int32, uptime: Double) {
            self.pid = pid
            self.uptime = uptime
        }
    }

    /// Nil when no supervisor runs.
    package var supervisor: SupervisorFacts?
    /// By id, ascending.
    package var servers: [ServerObservation]
    /// Who is in the ensemble as its servers say; nil when none of them said it.
    package let configuration: QuorumConfig?
    /// Where the topology says otherwise, by id.
    package let drift: [Drift]

    /// - Parameters:
    ///   - servers: with the roles that the topology plans; what `configuration` says of them goes before that
    ///   - planned: the members as the topology plans them; nil when they are those of `servers`
    package init(
        supervisor: SupervisorFacts?, servers: [ServerObservation], configuration: QuorumConfig? = nil,
        planned: [Member]? = nil
    ) {
        self.supervisor = supervisor
        self.configuration = configuration
        let planned = planned ?? servers.map(\.member).filter(\.isInTopology)
        drift = configuration.map { Drift.between(planned, and: $0) } ?? []
        self.servers = Self.withLeaderThatIsSilent(
            servers.sorted { $0.id < $1.id }.map { server in
                guard let configuration else { return server }
                var server = server
                let line = configuration.server(server.id)
                server.isMember = line != nil
                server.member.role = line?.role ?? server.member.role
                if let address = line?.addresses.first, server.member.quorum != nil {
                    server.member.quorum = "\(ServerLine.bracketed(address.host)):\(address.quorumPort)"
                    server.member.election = "\(ServerLine.bracketed(address.host)):\(address.electionPort)"
                }
                return server
            })
    }

    /// Apache's leader with `leaderServes=no` answers on its client port that it serves nobody, like one that has no leader. It is
    /// the one that leads when others follow somebody and nobody else can be whom they follow.
    private static func withLeaderThatIsSilent(_ servers: [ServerObservation]) -> [ServerObservation] {
        let following = servers.compactMap { $0.role == .follower || $0.role == .observer ? $0.serving?.zxid : nil }
        let isLed = servers.contains { $0.role == .leader || $0.role == .standalone }
        let candidates = servers.indices.filter { index in
            servers[index].answer == .notServing && servers[index].member.role == .participant
                && servers[index].isMember
        }
        guard !isLed, let mark = following.max(), candidates.count == 1, let index = candidates.first,
            !servers[index].member.servesWhenLeading,
            servers.allSatisfy({ $0.role != .unknown || $0.member.role == .observer || $0.process?.pid == nil })
        else { return servers }
        var servers = servers
        servers[index].answer = .serving(ServerObservation.Serving(role: .leader, zxid: mark, connections: 0))
        return servers
    }

    /// How votes are counted now: as the servers say, else as the topology plans it.
    package func electorate(planned: Electorate) -> Electorate { configuration.map(Electorate.init) ?? planned }

    package func server(_ id: ServerID) -> ServerObservation? { servers.first { $0.id == id } }

    /// The servers whose data cannot be trusted, by id: those that found theirs different from the leader's. Where all of several
    /// followers did, it is the leader.
    package var suspects: [Suspect] {
        let diverged = servers.filter { ($0.serving?.digestMismatches ?? 0) > 0 }
        let followers = servers.filter { $0.role == .follower && $0.votes }.map(\.id)
        let complaining = diverged.map(\.id)
        if let leader, followers.count > 1, followers.allSatisfy(complaining.contains), !complaining.contains(leader.id)
        {
            return [Suspect(id: leader.id, reason: .isLeader(of: followers))]
        }
        return diverged.map { Suspect(id: $0.id, reason: .counted($0.serving?.digestMismatches ?? 0)) }
    }

    /// The servers that can be restarted for good: one that a reconfiguration took out of the ensemble could not start again.
    package var restartable: Set<ServerID> {
        Set(servers.filter { $0.isMember && $0.member.isInTopology }.map(\.id))
    }

    package var voting: Set<ServerID> { Set(servers.filter(\.votes).map(\.id)) }
    package var ableToVote: Set<ServerID> { Set(servers.filter(\.isAbleToVote).map(\.id)) }

    /// Who leads: of two that say so (one of them was cut off and does not know yet) the one of the higher epoch,
    /// which has the higher zxid.
    package var leader: ServerObservation? {
        servers.filter { $0.role == .leader || $0.role == .standalone }
            .max { ($0.serving?.zxid ?? .zero) < ($1.serving?.zxid ?? .zero) }
    }
}

/// A server whose data cannot be trusted.
package struct Suspect: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// It counted that many digest mismatches.
        case counted(Int)
        /// It leads, and all of these that follow counted some.
        case isLeader(of: [ServerID])
    }

    package var id: ServerID
    package var reason: Reason

    /// What was seen, and how it is mended.
    package var sentence: String {
        let mend = "it cannot be trusted, and `paddock reset \(id)` fetches it anew"
        return switch reason {
        case .counted(let count):
            "server \(id) found \(Wording.count(count, "time")) that its data is not what the leader has: \(mend)"
        case .isLeader(let followers):
            "\(Wording.servers(followers)) found that their data is not what server \(id), which leads, has: \(mend)"
        }
    }
}
