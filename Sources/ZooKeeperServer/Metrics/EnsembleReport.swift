import DataTree
import Membership
import RequestPipeline

/// What a server of an ensemble knows of its part in it: what the four-letter words, the monitor and the admin server tell
/// beyond a standalone server's answers. Whoever runs the quorum's state machines fills it in.
package struct EnsembleReport: Sendable {
    package enum Role: Sendable {
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
    package enum Phase: String, Sendable {
        case election, discovery, synchronization, broadcast
    }

    /// How a learner got what it missed (Apache's `SyncMode`).
    package enum SyncMode: String, Sendable {
        case diff, snap, trunc
    }

    package var id: ServerID
    package var role: Role
    package var phase: Phase
    /// While a learner synchronises.
    package var syncMode: SyncMode?
    package var configuration: EnsembleConfiguration
    package var initLimit: Int
    package var syncLimit: Int
    package var leader: ServerID?

    package init(
        id: ServerID, role: Role, phase: Phase, syncMode: SyncMode? = nil, configuration: EnsembleConfiguration,
        initLimit: Int,
        syncLimit: Int, leader: ServerID? = nil
    ) {
        self.id = id
        self.role = role
        self.phase = phase
        self.syncMode = syncMode
        self.configuration = configuration
        self.initLimit = initLimit
        self.syncLimit = syncLimit
        self.leader = leader
    }

    var ownLine: ServerLine? { configuration.server(id) }
    /// The voting members.
    var quorumSize: Int { configuration.participants.count }

    /// As `Mode` of `srvr` and `zk_server_state` say it.
    var modeName: String {
        switch role {
        // Apache's server has no such word: it serves nobody then.
        case .looking: "looking"
        case .leader: "leader"
        case .follower: "follower"
        case .observer: "observer"
        case .readOnly: "read-only"
        }
    }

    var isReadOnly: Bool { if case .readOnly = role { true } else { false } }
    var isLooking: Bool { if case .looking = role { true } else { false } }
    var leading: LeaderReport? { if case .leader(let report) = role { report } else { nil } }

    /// `zk_peer_state`: `leading - broadcast`, `following - synchronization - snap`. Apache has none in read-only mode.
    var peerState: String? {
        let state: String
        switch role {
        case .looking: state = "looking"
        case .leader: state = "leading"
        case .follower: state = "following"
        case .observer: state = "observing"
        case .readOnly: return nil
        }
        return ([state, phase.rawValue] + (syncMode.map { [$0.rawValue] } ?? [])).joined(separator: " - ")
    }
}

/// What only a leader knows.
package struct LeaderReport: Sendable {
    package struct Learner: Sendable {
        package var id: ServerID
        /// `host:port` of its connection.
        package var remote: String
        package var isObserver: Bool
        /// Has the leader's history and takes part in what follows.
        package var isSynced: Bool
        /// Sizes of its queue of packets, and how long they waited there in milliseconds.
        package var queueSizes: Summary
        package var queueTimes: Histogram

        package init(
            id: ServerID, remote: String, isObserver: Bool, isSynced: Bool, queueSizes: Summary = Summary(),
            queueTimes: Histogram = Histogram()
        ) {
            self.id = id
            self.remote = remote
            self.isObserver = isObserver
            self.isSynced = isSynced
            self.queueSizes = queueSizes
            self.queueTimes = queueTimes
        }
    }

    /// Those connected, by id.
    package var learners: [Learner]
    package var pendingSyncs: Int
    /// Milliseconds since it began to lead.
    package var uptime: Int64
    package var proposalSizes: ProposalSizes

    package init(learners: [Learner], pendingSyncs: Int, uptime: Int64, proposalSizes: ProposalSizes) {
        self.learners = learners
        self.pendingSyncs = pendingSyncs
        self.uptime = uptime
        self.proposalSizes = proposalSizes
    }

    /// Synced learners that vote in `configuration`, that would and are not in it, and observers.
    func synced(_ configuration: EnsembleConfiguration) -> (followers: Int, nonVoting: Int, observers: Int) {
        let synced = learners.filter(\.isSynced)
        let voters = Set(configuration.participants.map(\.id))
        return (
            synced.count { !$0.isObserver && voters.contains($0.id) },
            synced.count { !$0.isObserver && !voters.contains($0.id) }, synced.count(where: \.isObserver)
        )
    }
}
