import ZooKeeperProtocol

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
        /// As the server says it: `3.8.0-…, built on …`.
        package var version: String?
        /// Of the process, as it says.
        package var uptime: Duration?

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
    /// False when the ensemble has a configuration of its own, and this server is not in it: it has no vote, and
    /// nobody waits for it.
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
