import DataTree
import ZooKeeperProtocol

/// What the server counts beyond `RequestStatistics`, in the words of Apache's `ServerMetrics`.
struct Metrics {
    /// Milliseconds a sync of the log took.
    var fsync = Summary()
    /// Txns a sync covered.
    var syncBatchSize = Summary()
    /// Milliseconds a snapshot took.
    var snapshots = Summary()
    /// Milliseconds from the leader's preparing a txn to its effect here.
    var propagation = Histogram()
    var slowSyncs: Int64 = 0
    var connectionRequests: Int64 = 0
    var connectionsRejected: Int64 = 0
    var connectionDrops: Int64 = 0
    var connectionRevalidations: Int64 = 0
    var sessionsExpired: Int64 = 0
    var sessionlessExpired: Int64 = 0
    /// TLS handshakes that came to nothing.
    var handshakesFailed: Int64 = 0
    /// Milliseconds that loading the data took at start.
    var loadTime = Summary()
    var loadedTxns = Summary()
    var largeRequestsRejected: Int64 = 0
    var quorum = QuorumMetrics()
}

/// What a server of an ensemble counts of elections, synchronisation and broadcast. Times are milliseconds.
struct QuorumMetrics {
    var elections: Int64 = 0
    var electionTime = Summary()
    /// Between two reigns: without a leader, and not serving.
    var leaderUnavailable = Summary()
    var unavailable = Summary()

    // MARK: As a leader

    var proposals: Int64 = 0
    var commits: Int64 = 0
    /// Learners that were synchronised with txns, and with a snapshot.
    var diffs: Int64 = 0
    var snaps: Int64 = 0
    var diffsInFlight = Summary()
    var snapsInFlight = Summary()
    var disloyalVoters: Int64 = 0
    /// From proposing to the quorum's last ACK, and to the first of this server.
    var ackLatency = Histogram()
    var ackCreation = Histogram()
    var proposalLatency = Histogram()

    // MARK: As a learner

    var proposalsReceived: Int64 = 0
    var commitsReceived: Int64 = 0
    var revalidations: Int64 = 0
    var followerSync = Summary()
    var observerSync = Summary()
    var commitPropagation = Histogram()
}

/// The tree digests of every 128th zxid, the last 1024 of them, for `hash`.
struct DigestHistory {
    private(set) var entries: [(zxid: ZXID, digest: UInt64)] = []

    mutating func add(_ zxid: ZXID, _ digest: UInt64) {
        if entries.count == 1024 { entries.removeFirst() }
        entries.append((zxid, digest))
    }
}
