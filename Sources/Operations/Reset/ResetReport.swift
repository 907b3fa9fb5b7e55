import Planning

/// What `reset` did, or would do.
package struct ResetReport: Codable, Hashable, Sendable {
    package struct Moved: Codable, Hashable, Sendable {
        package var from: String
        package var to: String
    }

    package var version = 1
    package var ensemble: String
    package var server: Int64
    package var dryRun: Bool
    /// The directories with what the server held.
    package var moved: [Moved]
    /// From the order to stop until it had caught up; nil in a dry run.
    package var seconds: Seconds?

    private enum CodingKeys: String, CodingKey { case version, ensemble, server, dryRun, moved, seconds }

    /// Written by hand because the synthesised form leaves out what is nil.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(ensemble, forKey: .ensemble)
        try container.encode(server, forKey: .server)
        try container.encode(dryRun, forKey: .dryRun)
        try container.encode(moved, forKey: .moved)
        try container.encode(seconds, forKey: .seconds)
    }
}
