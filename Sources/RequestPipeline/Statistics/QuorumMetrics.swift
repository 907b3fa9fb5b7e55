import DataTree
import ZooKeeperProtocol

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
