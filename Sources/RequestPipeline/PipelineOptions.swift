import DataTree

/// What a zoo.cfg says of how clients are served. Times are milliseconds, lengths bytes.
package struct PipelineOptions: Sendable {
    package var tickTime = 3000
    package var minSessionTimeout = 6000
    package var maxSessionTimeout = 60000
    /// How long a connection may be without a session.
    package var sessionlessTimeout = 10000
    /// Connections of one client address; 0: any number.
    package var maxClientConnections = 60
    /// Connections in all; 0: any number.
    package var maxConnections = 0
    /// Connections that this process has descriptors for, and how many of them may be without a session.
    package var connectionCapacity = 10_000
    package var sessionlessCapacity = 5000
    package var connectionThrottle = ConnectionThrottle.Settings()

    /// The longest frame of a client (`jute.maxbuffer`).
    package var maxFrame = 0xf_ffff
    /// Requests under way above which their clients wait.
    package var globalOutstandingLimit = 1000
    /// What counts as a large request (below 0: none does), and how many bytes of them there may be.
    package var largeRequestThreshold = -1
    package var largeRequestMaxBytes = 100 << 20
    /// How long the answer to a multiRead may be.
    package var replyLimit = 64 << 20

    package var preparer = TxnPreparer.Options()
    package var passwords = SessionPasswords.derived
    /// The top byte of new sessions' ids.
    package var serverID: UInt8 = 1
    /// With `enforce.auth.enabled`: schemes of which a connection must have proved one before anything else; else
    /// empty.
    package var enforcedSchemes: [String] = []
    /// Nil: no SASL.
    package var sasl: ClientSASL?

    /// Whether sessions may stay with one server of the ensemble (`localSessionsEnabled`), and whether this server
    /// opens such.
    package var localSessions = false
    package var opensLocalSessions = false
    /// Whether a local session becomes a global one when it needs an ephemeral.
    package var localSessionsUpgrading = false
    /// Whether a leader takes clients, too.
    package var leaderServes = true
    /// After how long without a leader clients that asked for it may read; nil: never.
    package var readOnlyDelay: Int64?

    package var containerCheckInterval = 60000
    package var containerMaxPerMinute = 10000
    package var containerMaxNeverUsed = 0

    /// Whether anybody reads lines of level debug.
    package var logsDebug = false

    package init() {}

    /// How often chores are done while there are some, and containers looked at.
    var choreInterval: Int64 { Int64(max(1, min(tickTime, 1000))) }
    var containerInterval: Int64 { Int64(max(1, containerCheckInterval)) }
}
