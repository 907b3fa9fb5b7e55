import Planning
import ZooKeeperProtocol

/// What `reset` did, or would do.
package struct ResetReport: Codable, Hashable, Sendable {
    package struct Moved: Codable, Hashable, Sendable {
        package var from: String
        package var to: String
    }

    package var version = 1
    package var ensemble: String
    package var server: ServerID
    package var dryRun: Bool
    /// The directories with what the server held.
    package var moved: [Moved]
    /// From the order to stop until it had caught up; nil in a dry run.
    @OrNull package var seconds: Seconds?
}
