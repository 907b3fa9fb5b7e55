import ZooKeeperProtocol

/// How `rolling-restart` is to go.
package struct RollingRestartOptions: Sendable {
    /// Between two steps.
    package var pause = Duration.zero
    /// Asked before each step; false stops there.
    package var confirm: (@Sendable (ServerID) async -> Bool)?
    /// Begins anew where an earlier one stopped half way, instead of continuing it.
    package var startsOver = false
    /// Goes on although no quorum remains without the server restarted (ensembles of one or two participants).
    package var force = false

    package init() {}
}
