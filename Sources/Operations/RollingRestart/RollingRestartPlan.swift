import ZooKeeperProtocol

/// The plan of a rolling restart: what `--dry-run` prints and the real one begins with.
package struct RollingRestartPlan: Hashable, Sendable {
    package var ensemble: String
    /// In the order in which they would be restarted if nobody changed its role.
    package var servers: [ServerID]
    /// Done by an earlier call that stopped half way and is continued.
    package var done: [ServerID]
}
