import ServerConfig
import Supervision
import ZooKeeperProtocol

/// A server of the ensemble as its topology plans it: what status and procedures need to know beside what they see.
package struct Member: Hashable, Sendable {
    package var id: ServerID
    package var role: ServerRole
    package var engine: String
    /// Without brackets.
    package var clientHost: String
    package var clientPort: Int
    /// `host:port`. A standalone server has no quorum and election address, a server whose admin server is off no admin
    /// address.
    package var quorum: String?
    package var election: String?
    package var admin: String?
    package var directory: String

    package init(
        id: ServerID, role: ServerRole, engine: String, clientHost: String, clientPort: Int, quorum: String? = nil,
        election: String? = nil, admin: String? = nil, directory: String
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

        package init(
            role: RoleWord, zxid: ZXID, connections: Int = 1, latency: Double? = nil, syncedFollowers: Int? = nil,
            syncedObservers: Int? = nil
        ) {
            self.role = role
            self.zxid = zxid
            self.connections = connections
            self.latency = latency
            self.syncedFollowers = syncedFollowers
            self.syncedObservers = syncedObservers
        }
    }

    package var member: Member
    /// Nil when no supervisor could be asked.
    package var process: ServerProcess?
    package var answer: Answer
    /// Proportional set size, bytes.
    package var memory: Int?

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
        case .leader, .follower, .standalone: member.role == .participant
        case .observer, .looking, .unknown: false
        }
    }

    /// It could take part in decisions: it votes, or is alive and looks for a leader.
    package var isAbleToVote: Bool { votes || (role == .looking && member.role == .participant) }
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

    package init(supervisor: SupervisorFacts?, servers: [ServerObservation]) {
        self.supervisor = supervisor
        self.servers = servers.sorted { $0.id < $1.id }
    }

    package func server(_ id: ServerID) -> ServerObservation? { servers.first { $0.id == id } }

    package var voting: Set<ServerID> { Set(servers.filter(\.votes).map(\.id)) }
    package var ableToVote: Set<ServerID> { Set(servers.filter(\.isAbleToVote).map(\.id)) }

    /// Who leads: of two that say so (one of them was cut off and does not know yet) the one of the higher epoch,
    /// which has the higher zxid.
    package var leader: ServerObservation? {
        servers.filter { $0.role == .leader || $0.role == .standalone }
            .max { ($0.serving?.zxid ?? .zero) < ($1.serving?.zxid ?? .zero) }
    }
}
