import Planning

/// What `migrate --json` prints.
package struct MigrationReport: Codable, Hashable, Sendable {
    package var version = 1
    package var ensemble: String
    package var engine: String
    package var steps: [RollingRestart.Step]
    /// Between two acknowledged writes of the canary.
    package var longestWriteGap: Seconds
    package var writes: Int
    package var lost: Int
}
