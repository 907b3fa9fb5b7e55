import DataTree
import ZooKeeperProtocol

/// What the server counts beyond `RequestStatistics`, in the words of Apache's `ServerMetrics`.
package struct Metrics: Sendable {
    /// Milliseconds a sync of the log took.
    package var fsync = Summary()
    /// Txns a sync covered.
    package var syncBatchSize = Summary()
    /// Milliseconds a snapshot took.
    package var snapshots = Summary()
    /// Milliseconds from the leader's preparing a txn to its effect here.
    package var propagation = Histogram()
    package var slowSyncs: Int64 = 0
    package var connectionRequests: Int64 = 0
    package var connectionsRejected: Int64 = 0
    package var connectionDrops: Int64 = 0
    package var connectionRevalidations: Int64 = 0
    package var sessionsExpired: Int64 = 0
    package var sessionlessExpired: Int64 = 0
    /// TLS handshakes that came to nothing.
    package var handshakesFailed: Int64 = 0
    /// Milliseconds that loading the data took at start.
    package var loadTime = Summary()
    package var loadedTxns = Summary()
    package var largeRequestsRejected: Int64 = 0
}

/// What a server of an ensemble counts of elections, synchronisation and broadcast. Times are milliseconds.
package struct QuorumMetrics: Sendable {
    package var elections: Int64 = 0
    package var electionTime = Summary()
    /// Between two reigns: without a leader, and not serving.
    package var leaderUnavailable = Summary()
    package var unavailable = Summary()

    // MARK: As a leader

    package var proposals: Int64 = 0
    package var commits: Int64 = 0
    /// Learners that were synchronised with txns, and with a snapshot.
    package var diffs: Int64 = 0
    package var snaps: Int64 = 0
    package var diffsInFlight = Summary()
    package var snapsInFlight = Summary()
    package var disloyalVoters: Int64 = 0
    /// From proposing to the quorum's last ACK, and to the first of this server.
    package var ackLatency = Histogram()
    package var ackCreation = Histogram()
    package var proposalLatency = Histogram()

    // MARK: As a learner

    package var proposalsReceived: Int64 = 0
    package var commitsReceived: Int64 = 0
    package var revalidations: Int64 = 0
    package var followerSync = Summary()
    package var observerSync = Summary()
    package var commitPropagation = Histogram()

    package init() {}
}

/// The tree digests of every 128th zxid, the last 1024 of them, for `hash`.
package struct DigestHistory: Sendable {
    package private(set) var entries: [(zxid: ZXID, digest: UInt64)] = []

    mutating func add(_ zxid: ZXID, _ digest: UInt64) {
        if entries.count == 1024 { entries.removeFirst() }
        entries.append((zxid, digest))
    }
}
