/// What a supervisor answers to `status`.
package struct SupervisorStatus: Codable, Hashable, Sendable {
    package var pid: Int32
    /// Seconds since it started.
    package var uptime: Double
    package var directory: String
    /// By id, ascending.
    package var servers: [ServerProcess]

    package init(pid: Int32, uptime: Double, directory: String, servers: [ServerProcess]) {
        self.pid = pid
        self.uptime = uptime
        self.directory = directory
        self.servers = servers
    }

    package func server(_ id: Int) -> ServerProcess? { servers.first { $0.id == id } }
}

/// One supervised server.
package struct ServerProcess: Codable, Hashable, Sendable {
    package enum State: String, Codable, CaseIterable, Sendable {
        /// No process, and none is wanted.
        case stopped
        /// A process that has not yet answered `srvr` with a mode.
        case starting
        case running
        /// Stopped by SIGSTOP.
        case paused
        /// It died and is started again when the delay is over.
        case backingOff = "backing-off"
        /// It died too often, or cannot be started; it is tried again from time to time, and at once by `start`.
        case failed
    }

    package enum Desired: String, Codable, Sendable {
        case running, stopped
    }

    package var id: Int
    package var state: State
    package var desired: Desired
    package var pid: Int32?
    /// Seconds of the Unix epoch at which the process began; with the pid it names the process for good.
    package var started: Double?
    /// Seconds.
    package var uptime: Double?
    /// Starts by the supervisor after a death; those asked for do not count.
    package var restarts: Int
    package var lastExit: ExitStatus?
    /// What it wrote last before it ended, or why it could not be started.
    package var lastError: String?
    /// Seconds until it is started again, of one that died or failed.
    package var nextStart: Double?
    /// The mode of the last `srvr` (leader, follower, observer, standalone); nil while it does not serve.
    package var mode: String?
    package var engine: String
    /// Of the process that runs; without one, of what would be started.
    package var engineVersion: String?
    /// The process runs with other files or options than the specification now says, or its program has been replaced since: a
    /// restart is due.
    package var outdated: Bool
    /// The file of its program is another one by now; nil from an earlier version.
    package var isReplaced: Bool?
    /// The fingerprint (``ServerSpec/fingerprint``) of what the process was started as; nil without a process, and when nobody knows.
    package var launchedAs: String?
    /// Where clients reach the process, or when there is none, the next one.
    package var clientHost: String
    package var clientPort: Int
    package var directory: String
    package var logFile: String

    package init(
        id: Int, state: State, desired: Desired, pid: Int32? = nil, started: Double? = nil, uptime: Double? = nil,
        restarts: Int = 0, lastExit: ExitStatus? = nil, lastError: String? = nil, nextStart: Double? = nil,
        mode: String? = nil, engine: String, engineVersion: String? = nil, outdated: Bool = false,
        isReplaced: Bool? = nil, launchedAs: String? = nil, clientHost: String, clientPort: Int, directory: String,
        logFile: String
    ) {
        self.id = id
        self.state = state
        self.desired = desired
        self.pid = pid
        self.started = started
        self.uptime = uptime
        self.restarts = restarts
        self.lastExit = lastExit
        self.lastError = lastError
        self.nextStart = nextStart
        self.mode = mode
        self.engine = engine
        self.engineVersion = engineVersion
        self.outdated = outdated
        self.isReplaced = isReplaced
        self.launchedAs = launchedAs
        self.clientHost = clientHost
        self.clientPort = clientPort
        self.directory = directory
        self.logFile = logFile
    }
}

/// How a process ended.
package enum ExitStatus: Codable, Hashable, Sendable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)
    /// It was not our child (adopted from an earlier supervisor), and the kernel (before 6.15) does not tell others.
    case unknown

    package var description: String {
        switch self {
        case .code(let code): "exit code \(code)"
        case .signal(let number): "killed by \(Self.name(ofSignal: number))"
        case .unknown: "exit status unknown"
        }
    }

    /// It ended by itself.
    var isByCode: Bool { if case .code = self { true } else { false } }

    private static func name(ofSignal number: Int32) -> String {
        let names: [Int32: String] = [
            1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
            11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
        ]
        return names[number].map { "\($0) (\(number))" } ?? "signal \(number)"
    }
}
