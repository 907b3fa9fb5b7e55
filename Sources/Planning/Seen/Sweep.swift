import Membership
import ZooKeeperProtocol

/// All servers of an ensemble, asked at about the same time.
package struct Sweep: Hashable, Sendable {
    package struct SupervisorFacts: Codable, Hashable, Sendable {
        package var pid: Int32
        package var uptime: Seconds

        package init(pid: Int32, uptime: Seconds) {
            self.pid = pid
            self.uptime = uptime
        }
    }

    /// Nil when no supervisor runs.
    package var supervisor: SupervisorFacts?
    /// By id, ascending.
    package var servers: [ServerObservation]
    /// Who is in the ensemble as its servers say; nil when none of them said it.
    package let configuration: EnsembleConfiguration?
    /// Where the topology says otherwise, by id.
    package let drift: [Drift]

    /// - Parameters:
    ///   - servers: with the roles that the topology plans; what `configuration` says of them goes before that
    ///   - planned: the members as the topology plans them; nil when they are those of `servers`
    package init(
        supervisor: SupervisorFacts?, servers: [ServerObservation], configuration: EnsembleConfiguration? = nil,
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

    /// Apache's leader with `leaderServes=no` answers on its client port that it serves nobody, like one that has no
    /// leader. It is the one that leads when others follow somebody and nobody else can be whom they follow.
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
    package func electorate(planned: QuorumVerifier) -> QuorumVerifier { configuration?.verifier ?? planned }

    package func server(_ id: ServerID) -> ServerObservation? { servers.first { $0.id == id } }

    /// The servers whose data cannot be trusted, by id: those that found theirs different from the leader's. Where
    /// all of several followers did, it is the leader.
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

    /// The servers that can be restarted for good: one that a reconfiguration took out of the ensemble could not
    /// start again.
    package var restartable: Set<ServerID> {
        Set(servers.filter { $0.isMember && $0.member.isInTopology }.map(\.id))
    }

    /// Why this server takes no clients now; nil when it does, as far as its settings go.
    package func refusalOfClients(by id: ServerID) -> String? {
        guard leader?.id == id, server(id)?.member.servesWhenLeading == false else { return nil }
        return "server \(id) leads and takes no clients while it does (leaderServes: no)"
    }

    package var voting: Set<ServerID> { Set(servers.filter(\.votes).map(\.id)) }
    package var ableToVote: Set<ServerID> { Set(servers.filter(\.isAbleToVote).map(\.id)) }

    /// Who leads: of two that say so (one of them was cut off and does not know yet) the one of the higher epoch,
    /// which has the higher zxid.
    package var leader: ServerObservation? {
        servers.filter { $0.role == .leader || $0.role == .standalone }
            .max { ($0.serving?.zxid ?? .zero) < ($1.serving?.zxid ?? .zero) }
    }

    /// Observers, then followers, then who leads; by id among equals.
    package func stopOrder(_ ids: [ServerID]) -> [ServerID] {
        func rank(_ id: ServerID) -> Int {
            if leader?.id == id { return 2 }
            return server(id)?.member.role == .observer ? 0 : 1
        }
        return ids.sorted { (rank($0), $0) < (rank($1), $1) }
    }
}
