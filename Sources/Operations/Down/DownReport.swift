import ZooKeeperProtocol

/// What `down` did, or would do.
package struct DownReport: Hashable, Sendable {
    package var ensemble: String
    /// In the order in which they were stopped: observers, followers, the leader.
    package var stopped: [ServerID]
    /// The directory that was removed, with the data in it.
    package var removed: String?
    package var wasDryRun: Bool
}
