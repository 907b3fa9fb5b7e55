import Quorum
import ZooKeeperProtocol

/// What the four-letter words, the monitor and the admin server ask a member.
extension EnsembleMember {
    func report() -> EnsembleReport {
        let (role, phase): (EnsembleReport.Role, EnsembleReport.Phase)
        var leader: ServerID?
        switch status {
        case .looking where core.service == .readOnly: (role, phase) = (.readOnly, .election)
        case .looking, .stopped: (role, phase) = (.looking, .election)
        case .preparingToLead: (role, phase, leader) = (.leader(leading), .synchronization, settings.id)
        case .leading: (role, phase, leader) = (.leader(leading), .broadcast, settings.id)
        case .joining(let other):
            leader = other
            phase = .synchronization
            role = settings.line.role == .observer ? .observer(master: other) : .follower
        case .following(let other, _): (role, phase, leader) = (.follower, .broadcast, other)
        case .observing(let other, _): (role, phase, leader) = (.observer(master: other), .broadcast, other)
        }
        return EnsembleReport(
            id: settings.id, role: role, phase: phase, configuration: settings.members,
            initLimit: Int(settings.options.initLimit), syncLimit: Int(settings.options.syncLimit), leader: leader)
    }

    private var leading: LeaderReport {
        LeaderReport(
            learners: learners.map {
                LeaderReport.Learner(
                    id: $0.id, remote: remote(of: $0.connection), isObserver: $0.isObserver, isSynced: $0.isSynced)
            }.sorted { $0.id < $1.id }, pendingSyncs: core.syncs.count, uptime: core.now - reign.began,
            proposalSizes: reign.proposalSizes)
    }
}

/// What a member remembers of its reign as a leader, and of the time without one.
struct ReignHistory {
    /// Monotonic milliseconds.
    private(set) var began: Int64 = 0
    private(set) var proposalSizes = ProposalSizes()
    private var leaderlessSince: Int64?

    mutating func became(_ status: Quorum.Status, now: Int64, _ metrics: inout QuorumMetrics) {
        switch status {
        case .looking:
            metrics.elections += 1
            leaderlessSince = leaderlessSince ?? now
        case .preparingToLead, .joining:
            if let leaderlessSince { metrics.electionTime.add(now - leaderlessSince) }
        case .leading, .following, .observing:
            began = now
            proposalSizes = ProposalSizes()
            if let leaderlessSince {
                metrics.leaderUnavailable.add(now - leaderlessSince)
                metrics.unavailable.add(now - leaderlessSince)
            }
            leaderlessSince = nil
        case .stopped: break
        }
    }

    mutating func proposed(bytes: Int, _ metrics: inout QuorumMetrics) {
        proposalSizes.add(Int64(bytes))
        metrics.proposals += 1
    }
}
