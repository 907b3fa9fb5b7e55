import ZooKeeperProtocol

/// What the server counts beyond `ServerStatistics`, in the words of Apache's `ServerMetrics`.
struct Metrics {
    /// Milliseconds a sync of the log took.
    var fsync = Summary()
    /// Txns a sync covered.
    var syncBatchSize = Summary()
    /// Milliseconds a snapshot took.
    var snapshots = Summary()
    var slowSyncs: Int64 = 0
    var connectionRequests: Int64 = 0
    var connectionsRejected: Int64 = 0
    var connectionDrops: Int64 = 0
    var connectionRevalidations: Int64 = 0
    var sessionsExpired: Int64 = 0
    var sessionlessExpired: Int64 = 0
    /// Milliseconds that loading the data took at start.
    var loadTime = Summary()
    var loadedTxns = Summary()
    var largeRequestsRejected: Int64 = 0
}

/// The tree digests of every 128th zxid, the last 1024 of them, for `hash`.
struct DigestHistory {
    private(set) var entries: [(zxid: ZXID, digest: UInt64)] = []

    mutating func add(_ zxid: ZXID, _ digest: UInt64) {
        if entries.count == 1024 { entries.removeFirst() }
        entries.append((zxid, digest))
    }
}
