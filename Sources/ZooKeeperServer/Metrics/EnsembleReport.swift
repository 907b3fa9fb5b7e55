import Membership
import RequestPipeline

/// What a server of an ensemble knows of its part in it: what the four-letter words, the monitor and the admin server tell
/// beyond a standalone server's answers. Whoever runs the quorum's state machines fills it in.
struct EnsembleReport: Sendable {
    enum Role: Sendable {
        /// Between two reigns: clients are not served.
        case looking
        case leader(LeaderReport)
        case follower
        /// With the server it gets its txns from.
        case observer(master: ServerID)
        /// Serves reads to clients that allow it, without a quorum.
        case readOnly
    }

    /// How far the server has come with its leader (Apache's `ZabState`).
    enum Phase: String, Sendable {
        case election, discovery, synchronization, broadcast
    }

    var id: ServerID
    var role: Role
    var phase: Phase
    var configuration: EnsembleConfiguration
    var initLimit: Int
    var syncLimit: Int
    var leader: ServerID?

    var ownLine: ServerLine? { configuration.server(id) }
    /// The voting members.
    var quorumSize: Int { configuration.voters.count }

    /// `Mode` of `srvr` and `zk_server_state`, and what `zk_peer_state` begins with, which Apache has none of in read-only mode.
    private var words: (mode: String, state: String?) {
        switch role {
        // Apache's server has no such word: it serves nobody then.
        case .looking: ("looking", "looking")
        case .leader: ("leader", "leading")
        case .follower: ("follower", "following")
        case .observer: ("observer", "observing")
        case .readOnly: ("read-only", nil)
        }
    }

    var modeName: String { words.mode }
    /// `zk_peer_state`: `leading - broadcast`.
    var peerState: String? { words.state.map { "\($0) - \(phase.rawValue)" } }

    var isReadOnly: Bool { if case .readOnly = role { true } else { false } }
    var isLooking: Bool { if case .looking = role { true } else { false } }
    var leading: LeaderReport? { if case .leader(let report) = role { report } else { nil } }
}

/// What only a leader knows.
struct LeaderReport: Sendable {
    struct Learner: Sendable {
        var id: ServerID
        /// `host:port` of its connection.
        var remote: String
        var isObserver: Bool
        /// Has the leader's history and takes part in what follows.
        var isSynced: Bool
    }

    /// Those connected, by id.
    var learners: [Learner]
    var pendingSyncs: Int
    /// Milliseconds since it began to lead.
    var uptime: Int64
    var proposalSizes: Sizes

    /// Synced learners that vote in `configuration`, that would and are not in it, and observers.
    func synced(_ configuration: EnsembleConfiguration) -> (followers: Int, nonVoting: Int, observers: Int) {
        let synced = learners.filter(\.isSynced)
        let voters = configuration.voters
        return (
            synced.count { !$0.isObserver && voters.contains($0.id) },
            synced.count { !$0.isObserver && !voters.contains($0.id) }, synced.count(where: \.isObserver)
        )
    }
}
