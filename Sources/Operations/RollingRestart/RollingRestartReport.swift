import Planning

/// What `rolling-restart --json` prints.
package struct RollingRestartReport: Codable, Hashable, Sendable {
    package var version = 1
    package var steps: [RollingRestart.Step]
    /// Between two acknowledged writes of the canary.
    package var longestWriteGap: Seconds
    package var writes: Int
    package var lost: Int
}
