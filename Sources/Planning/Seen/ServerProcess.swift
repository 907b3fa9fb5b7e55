import ZooKeeperProtocol

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

    package var id: ServerID
    package var state: State
    package var desired: Desired
    package var pid: Int32?
    package var uptime: Seconds?
    /// Starts by the supervisor after a death; those asked for do not count.
    package var restarts: Int
    package var lastExit: ExitStatus?
    /// What it wrote last before it ended, or why it could not be started.
    package var lastError: String?
    /// Until it is started again, of one that died or failed.
    package var nextStart: Seconds?
    /// The mode of the last `srvr` (leader, follower, observer, standalone); nil while it does not serve.
    package var mode: ServerMode?
    package var engine: String
    /// Of the process that runs; without one, of what would be started.
    package var engineVersion: String?
    /// The process runs with other files or options than the specification now says, or its program has been replaced
    /// since: a restart is due.
    package var outdated: Bool
    /// The file of its program is another one by now; nil from an earlier version.
    package var isReplaced: Bool?
    /// The fingerprint (``ServerSpec/fingerprint``) of what the process was started as; nil without a process, and
    /// when nobody knows.
    package var launchedAs: String?
    /// Where clients reach the process, or when there is none, the next one.
    package var clientHost: String
    package var clientPort: Int
    package var directory: String
    package var logFile: String

    package init(
        id: ServerID, state: State, desired: Desired, pid: Int32? = nil, uptime: Seconds? = nil,
        restarts: Int = 0, lastExit: ExitStatus? = nil, lastError: String? = nil, nextStart: Seconds? = nil,
        mode: ServerMode? = nil, engine: String, engineVersion: String? = nil, outdated: Bool = false,
        isReplaced: Bool? = nil, launchedAs: String? = nil, clientHost: String, clientPort: Int, directory: String,
        logFile: String
    ) {
        self.id = id
        self.state = state
        self.desired = desired
        self.pid = pid
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

extension ServerProcess {
    /// Why it ended, in brackets behind a blank: ` (exit code 1: what it wrote last)`; empty when nothing is known.
    var reason: String {
        let exit = lastExit?.description
        var reasons = [exit, lastError].compactMap { $0 }
        if lastError == exit { reasons = Array(reasons.prefix(1)) }
        return reasons.isEmpty ? "" : " (\(reasons.joined(separator: ": ")))"
    }

    /// ` and is started again in 4 s`.
    var nextStartInWords: String {
        guard let nextStart = nextStart?.duration else {
            return state == .backingOff ? " and is started again soon" : ""
        }
        return nextStart < .seconds(1)
            ? " and is started again soon" : " and is started again in \(Int(nextStart.seconds.rounded(.up))) s"
    }
}
