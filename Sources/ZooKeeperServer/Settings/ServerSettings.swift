import Diagnostics
import Membership
import RequestPipeline
import ServerConfig

/// What a zoo.cfg tells this server, checked and with the defaults filled in.
package struct ServerSettings: Sendable {
    /// A TCP address to listen on; nil host: all addresses.
    package struct Listen: Hashable, Sendable {
        package var host: String?
        package var port: Int
    }

    package struct Admin: Hashable, Sendable {
        package var address: Listen
        /// The path under which the commands are: `/commands`.
        package var commandURL: String
        package var idleTimeout: Int
    }

    /// The zoo.cfg's text, as `initial_configuration` shows it: without passwords.
    package var text = ""
    package var dataDir = ""
    package var dataLogDir = ""
    /// Nil: no plain client port.
    package var client: Listen?
    /// Nil: no TLS client port.
    package var secureClient: Listen?
    /// `client.portUnification`: the plain client port takes TLS, too.
    package var unifiesClientPort = false
    /// Of the ports that take TLS clients; nil when none does.
    package var clientTLS: TLSSettings?
    /// Of the quorum and election ports; nil: in the clear.
    package var quorumTLS: QuorumTLS?
    /// `quorum.membersOnly`: a leader takes in members of the ensemble only.
    package var membersOnly = false
    package var backlog = -1
    /// How clients are served. What follows from other settings is filled in by `pipelineOptions`.
    package var pipeline = PipelineOptions()
    /// `session.secretPath`: the file with the key that session passwords are made with; nil: as Apache makes them.
    package var sessionSecretPath: String?
    /// `clientTcpKeepAlive`
    package var keepsAlive = false
    /// How much longer a txn may be (`jute.maxbuffer.extrasize`); nil: as much again.
    package var extraSize: Int?

    package var snapCount = 100_000
    package var snapSizeLimit = 4 << 30
    package var preallocation = 64 << 20
    package var logSizeLimit: Int?
    package var forceSync = true
    package var fsyncWarning = 1000
    package var trustEmptySnapshot = false
    package var createsDataDirectory = true
    package var createsDatabase = true
    package var purgeIntervalHours = 0
    package var purgeRetainCount = 3

    package var skipsACL = false
    /// `DigestAuthenticationProvider.enabled`
    package var acceptsDigest = true
    package var superDigest: String?
    package var superUserX509: String?
    package var sasl = SASLSettings()
    /// `authProvider.…=…SASLAuthenticationProvider`
    package var acceptsSASL = false
    /// `letAnySaslUserDoX`
    package var saslUserOfAll: String?
    package var readOnlyMode = false

    package var words = WordWhitelist()
    package var admin: Admin?
    package var metrics: Listen?

    package var myid: ServerID = 0
    /// Nil: the server stands alone.
    package var ensemble: EnsembleSettings?
}

/// Which four-letter words are answered (`4lw.commands.whitelist`); srvr always is.
package struct WordWhitelist: Hashable, Sendable {
    private var allowed: Set<String>?

    /// The default: srvr alone.
    package init() { allowed = ["srvr"] }

    /// Words between commas, or `*`.
    package init(_ text: String) {
        let words = JavaText.list(text)
        allowed = words.contains("*") ? nil : Set(words).union(["srvr"])
    }

    package mutating func insert(_ word: String) { allowed?.insert(word) }
    package func allows(_ word: String) -> Bool { allowed?.contains(word) ?? true }
}
