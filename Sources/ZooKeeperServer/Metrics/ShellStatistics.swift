import DataTree

/// What the shell counts, of the disk and of TLS. Times are milliseconds.
struct ShellStatistics {
    var fsync = Summary()
    /// Syncs that took longer than `fsync.warningthresholdms`.
    var slowSyncs: Int64 = 0
    /// Txns a sync covered.
    var syncBatchSize = Summary()
    var snapshots = Summary()
    /// What loading the data took at start.
    var loadTime = Summary()
    var loadedTxns = Summary()
    /// TLS handshakes that came to nothing.
    var handshakesFailed: Int64 = 0
}
