import Membership
import ZooKeeperProtocol

/// What a reconfig asks of a leader (reference 8.17); its commit is `Broadcast`'s.
extension Leader {
    func reconfiguration(_ request: ReconfigRequest, at zxid: ZXID, _ server: Server) -> Reconfiguration {
        let membership = server.membership
        if membership.proposed != nil { return .refused(.reconfigInProgress) }
        if request.currentConfigID != -1, request.currentConfigID != membership.committed.version {
            return .refused(.badVersion)
        }
        guard let configuration = membership.committed.changed(by: request, version: zxid.rawValue),
            configuration.voters.count >= (server.options.standaloneEnabled ? 2 : 1)
        else { return .refused(.badArguments) }
        return hasSynced(configuration.verifier, server)
            ? .accepted(configuration) : .refused(.newConfigNoQuorum)
    }

    /// Whether a quorum of `verifier` is connected and has this server's history, as a reconfig needs to be proposed.
    private func hasSynced(_ verifier: QuorumVerifier, _ server: Server) -> Bool {
        var here: ServerSet = [server.id]
        for learner in learners where learner.isServing && learner.isFollower {
            // One that follows and has just become an observer is about to leave and to come back as one.
            guard let id = learner.identity?.server, server.membership.committed.server(id)?.isVoter != false else {
                continue
            }
            here.insert(id)
        }
        return verifier.isQuorum(here)
    }
}
