import Membership
import ZooKeeperProtocol

/// What `paddock status` shows and its `--json` prints; every key is always there.
package struct EnsembleStatus: Codable, Hashable, Sendable {
    package enum Health: String, Codable, Hashable, Sendable {
        case healthy
        /// A quorum, but something is down or behind.
        case degraded
        case noQuorum = "no-quorum"
        case down

        /// Of `paddock status`.
        package var exitCode: Int32 {
            switch self {
            case .healthy: 0
            case .degraded: 3
            case .noQuorum: 4
            case .down: 5
            }
        }
    }

    package var version = 1
    package var ensemble: String
    package var health: Health
    @OrNull package var leader: ServerID?
    package var connect: String
    /// Nil when nobody says who votes.
    @OrNull package var votes: Votes?
    @OrNull package var supervisor: Sweep.SupervisorFacts?
    package var servers: [ServerStatus]
    /// Why it is not healthy, for people: one line a reason.
    package var problems: [String]
    /// What will need care, and is no fault yet: one line each.
    package var notes: [String]
}

extension EnsembleStatus {
    /// Days before its end from which on a certificate is spoken of, as the server does.
    private static let certificateNotice = 30

    /// What will need care of those who serve TLS.
    package static func endingCertificates(of sweep: Sweep) -> [Advice] {
        certificates(of: sweep) { (0..<certificateNotice).contains($0) }
    }

    private static func certificates(of sweep: Sweep, ending isMeant: (Int) -> Bool) -> [Advice] {
        sweep.servers.compactMap { server in
            guard let days = server.serving?.certificateDays, isMeant(days) else { return nil }
            let end = days < 0 ? "has ended" : "ends in \(days) day\(days == 1 ? "" : "s")"
            return Advice(
                "a TLS certificate of \(server.member.name) \(end)",
                mend: "put a new one in its place and restart the server")
        }
    }

    /// The health of what was seen. Pure: the same sweep is the same status.
    ///
    /// - Parameters:
    ///   - connect: where clients would connect by the topology; where a leader serves, the sweep knows better
    ///   - electorate: who votes by the topology, nil without one; where servers say who votes, that counts
    ///   - isHere: an ensemble of this machine, which has a supervisor. Of another one only what it says is known
    package init(
        ensemble: String, connect: String, electorate: QuorumVerifier?, sweep: Sweep, isHere: Bool = true
    ) {
        let leader = sweep.leader
        let electorate = electorate.map(sweep.electorate) ?? sweep.configuration?.verifier
        // Elsewhere not everybody can be reached from here; a server that serves has a quorum, whoever answers us.
        let serves = !isHere && sweep.servers.contains { $0.isMember && $0.serving != nil }
        let hasQuorum = serves || electorate?.isQuorum(sweep.voting) != false && leader != nil
        var problems = sweep.drift.map(\.sentence)
        var rows: [ServerStatus] = []
        for server in sweep.servers {
            let lag = Self.lag(of: server, behind: leader)
            rows.append(ServerStatus(server, lag: lag, isHere: isHere))
            // What is not in the ensemble is told above, and is missed by nobody.
            guard server.isMember else { continue }
            if let problem = Self.problem(of: server, leader: leader, lag: lag) { problems.append(problem) }
        }
        problems += sweep.suspects.map(\.sentence)
        problems += Self.certificates(of: sweep) { $0 < 0 }.map(\.sentence)
        notes = Self.endingCertificates(of: sweep).map(\.sentence)
        let isAnyAlive = sweep.servers.contains { server in
            if case .silent = server.answer {
                return server.process?.pid != nil || server.process?.state == .backingOff
            }
            return true
        }
        self.ensemble = ensemble
        let clients = sweep.servers.filter(\.isMember).map(\.member.client).joined(separator: ",")
        self.connect = leader == nil || clients.isEmpty ? connect : clients
        self.leader = leader.flatMap { $0.id < ServerID(0) ? nil : $0.id }
        // Without a leader nobody's vote counts.
        votes = electorate?.votes(of: leader == nil && !serves ? [] : sweep.voting)
        supervisor = sweep.supervisor
        servers = rows
        if !isAnyAlive {
            health = .down
        } else if !hasQuorum {
            health = .noQuorum
        } else {
            if leader == nil { problems.append("no server that answers leads: whom the others follow is unknown") }
            if isHere, sweep.supervisor == nil {
                problems.append("no supervisor runs: a server that dies stays dead; `paddock up` starts one")
            }
            health = problems.isEmpty ? .healthy : .degraded
        }
        self.problems = problems
    }

    /// Txns between where the leader was and where the server was; a server that was asked later may be ahead.
    private static func lag(of server: ServerObservation, behind leader: ServerObservation?) -> Int64? {
        guard let own = server.serving?.zxid, let ahead = leader?.serving?.zxid, own.epoch == ahead.epoch else {
            return nil
        }
        return max(0, ahead.rawValue - own.rawValue)
    }

    private static func problem(of server: ServerObservation, leader: ServerObservation?, lag: Int64?) -> String? {
        let name = server.member.name
        if let process = server.process {
            switch process.state {
            case .stopped: return "\(name) is stopped"
            case .paused: return "\(name) is paused"
            case .backingOff: return "\(name) died\(process.reason)\(process.nextStartInWords)"
            case .failed: return "\(name) failed\(process.reason)\(process.nextStartInWords)"
            case .starting, .running: break
            }
        }
        switch server.answer {
        case .silent(let why): return "\(name) does not answer at \(server.member.client): \(why)"
        case .notServing: return "\(name) has no leader"
        case .serving(let serving):
            guard server.isInItsRole else {
                return "\(name) is \(serving.role.rawValue) and should be \(server.member.role.rawValue)"
            }
            if serving.role == .leader, let leader, leader.id != server.id {
                return "\(name) believes that it leads, but \(leader.member.name) does"
            }
            if let lag, lag > 0 { return "\(name) is \(lag) txn\(lag == 1 ? "" : "s") behind the leader" }
            // Before the first txn of an epoch a synced server still shows the last zxid of the one before.
            if lag == nil, let ahead = leader?.serving?.zxid, ahead.counter > 0 {
                return "\(name) is behind the leader, in epoch \(serving.zxid.epoch) of \(ahead.epoch)"
            }
            return nil
        }
    }
}
