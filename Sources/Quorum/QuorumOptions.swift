import Jute
import ZooKeeperProtocol

/// A moment or a span on the shell's monotonic clock, in milliseconds. Only differences mean anything.
package typealias Milliseconds = Int64

/// What zoo.cfg says about elections and Zab, checked, in milliseconds instead of ticks.
package struct QuorumOptions: Hashable, Sendable {
    /// Length of a tick; the leader pings twice a tick.
    package var tickTime: Milliseconds = 2000
    /// Ticks a learner has to connect and synchronise, and a new leader to win its quorum.
    package var initLimit: Int64 = 10
    /// Ticks of silence after which a learner or leader is given up.
    package var syncLimit: Int64 = 5
    /// How long a quorum of equal votes waits for a better one, unless every voter that can be reached has voted the
    /// same (Apache's `finalizeWait`).
    package var electionWait: Milliseconds = 200
    /// First and longest pause before a vote is sent again.
    package var minNotificationInterval: Milliseconds = 200
    package var maxNotificationInterval: Milliseconds = 60_000
    /// How long a voter whose data differs waits for another candidate before it stands for election itself.
    package var reluctance: Milliseconds = 5000
    /// How long a learner tries to reach a leader that was just elected: its port may open a moment later.
    package var connectPatience: Milliseconds = 1000
    /// Committed txns kept for DIFF (Apache's `commitLogCount`).
    package var historyLimit = 500
    /// Bytes of them at most: the rest of what a learner has missed is in the log on disk.
    package var historyByteLimit = 32 << 20
    /// The longest txn that every server takes as a proposal, bytes. One that is longer, from a log that had no such
    /// limit, reaches learners in a snapshot.
    package var maxTxnLength = JuteLimits.standard.maxFieldLength
    /// Whether a learner behind that history may be given txns from the log on disk instead of a snapshot.
    package var syncFromDisk = true
    /// Every learner gets a snapshot (Apache's `forceSnapshotSync`).
    package var alwaysSnapshot = false
    /// Whether configurations change (`reconfigEnabled`). Must be the same everywhere.
    package var reconfigEnabled = false
    /// Whether a single server runs alone (`standaloneEnabled`): a reconfig must then leave two voters.
    package var standaloneEnabled = true
    /// Whether a leader turns away learners that are in no configuration, the one in force or the one proposed
    /// (`quorum.membersOnly`); else they follow without a vote, as with Apache's leaders.
    package var membersOnly = false
    /// Bugs to commit on purpose; none outside the simulator.
    package var faults: Faults = []

    package init() {}

    var initTimeout: Milliseconds { initLimit * tickTime }
    var syncTimeout: Milliseconds { syncLimit * tickTime }
}
