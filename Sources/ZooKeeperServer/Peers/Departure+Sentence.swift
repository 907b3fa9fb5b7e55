import Quorum

extension Quorum.Departure {
    /// For the server's log.
    var sentence: String {
        switch self {
        case .started: "starting"
        case .leaderUnreachable(let leader): "leader \(leader) could not be reached"
        case .leaderSilent(let leader, let time): "leader \(leader) has said nothing for \(time) ms"
        case .connectionLost(let leader): "the connection to leader \(leader) is lost"
        case .epochTooLow(let epoch, let accepted): "the leader offers epoch \(epoch), \(accepted) was promised before"
        case .unexpected(let type, let leader): "leader \(leader) sent an unexpected \(type)"
        case .leaderLooks(let leader): "server \(leader), which was to lead, looks for a leader itself"
        case .betterVote(let candidate, let sender):
            "server \(sender) has come with a better candidate, server \(candidate)"
        case .cannotTruncate(let zxid):
            "the log cannot be cut at \(zxid), below the oldest snapshot; the leader is asked for its whole tree"
        case .noQuorumInTime(.awaitingLearners): "no quorum of followers came within initLimit"
        case .noQuorumInTime(.awaitingPromises(let epoch)):
            "no quorum of followers promised epoch \(epoch) within initLimit"
        case .noQuorumInTime(.awaitingNewLeaderAcks(let epoch)):
            "no quorum of followers entered epoch \(epoch) within initLimit"
        case .quorumLost(let here): "the quorum is lost: only \(here) are here"
        case .higherEpochPromised(let epoch, let server): "server \(server) has promised the higher epoch \(epoch)"
        case .epochPromisedBefore(let epoch, let server): "server \(server) had promised epoch \(epoch) before"
        case .zxidsExhausted(let epoch): "epoch \(epoch) has no more zxids; a new one begins"
        case .configurationChanged: "the ensemble's configuration has changed"
        case .shutDown: "shutting down"
        }
    }
}
