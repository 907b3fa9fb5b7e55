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

/// What a server of an ensemble counts of its elections and reigns. Times are milliseconds.
package struct QuorumMetrics: Sendable {
    package var elections: Int64 = 0
    package var electionTime = Summary()
    /// Between two reigns: without a leader, and not serving.
    package var leaderUnavailable = Summary()
    package var unavailable = Summary()

    package var proposals: Int64 = 0

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
