import Quorum
import RequestPipeline
import ZooKeeperProtocol

/// What the four-letter words, the monitor and the admin server ask a member.
extension EnsembleMember {
    func report() -> EnsembleReport {
        let (role, phase): (EnsembleReport.Role, EnsembleReport.Phase)
        var leader: ServerID?
        switch status {
        case .looking where core.pipeline.service == .readOnly: (role, phase) = (.readOnly, .election)
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
            learners: replication.quorum.learners.map {
                LeaderReport.Learner(
                    id: $0.id, remote: remote(of: $0.connection), isObserver: $0.isObserver, isSynced: $0.isSynced)
            }.sorted { $0.id < $1.id }, pendingSyncs: core.pipeline.outstandingSyncs,
            uptime: core.pipeline.now - replication.reign.began, proposalSizes: replication.reign.proposalSizes)
    }
}
