import Planning
import ZooKeeperProtocol

/// One server as the supervisor is told to run it. Handed over with ``ControlClient/reload(_:)`` and kept across supervisors.
package struct ServerSpec: Codable, Hashable, Sendable {
    /// The id of `server.N`; supervision needs no more of it than that it tells servers apart.
    package var id: ServerID
    /// `…/server.1`, absolute.
    package var directory: String
    package var launch: Launch
    /// Where clients, and so the readiness probe, reach it.
    package var clientHost: String
    package var clientPort: Int
    /// Name and version of the engine, for people.
    package var engine: String
    package var engineVersion: String?
    /// Any text that changes when the server's configuration files change. A server that was started with another
    /// revision is shown as outdated until it is restarted.
    package var revision: String
    /// Paths without which the server must not be started (its zoo.cfg, its myid): where the data directory was removed
    /// underneath, an empty server must not come up in its place.
    package var requiredPaths: [String]
    /// How long a server may take to end after SIGTERM, before SIGKILL.
    package var grace: Seconds
    package var log: LogLimits

    private enum CodingKeys: String, CodingKey {
        case id, directory, launch, clientHost, clientPort, engine, engineVersion, revision, requiredPaths, log
        case grace = "graceSeconds"
    }

    /// The server's standard output and error.
    package var logFile: String { directory + "/logs/server.log" }

    package struct LogLimits: Codable, Hashable, Sendable {
        /// `server.log` is cut when it grows above this.
        package var bytes: Int
        /// How many older files (`server.log.1` is the youngest) are kept beside it.
        package var olderFiles: Int

        package init(bytes: Int = 16 << 20, olderFiles: Int = 4) {
            self.bytes = bytes
            self.olderFiles = olderFiles
        }
    }

    package init(
        id: ServerID, directory: String, launch: Launch, clientHost: String, clientPort: Int, engine: String,
        engineVersion: String? = nil, revision: String = "", requiredPaths: [String] = [],
        grace: Duration = .seconds(10),
        log: LogLimits = LogLimits()
    ) {
        self.id = id
        self.directory = directory
        self.launch = launch
        self.clientHost = clientHost
        self.clientPort = clientPort
        self.engine = engine
        self.engineVersion = engineVersion
        self.revision = revision
        self.requiredPaths = requiredPaths
        self.grace = Seconds(grace)
        self.log = log
    }
}
