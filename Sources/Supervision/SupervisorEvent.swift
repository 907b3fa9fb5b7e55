import ZooKeeperProtocol

/// One line of `events.jsonl`: what happened to which server, when and why.
package struct SupervisorEvent: Codable, Hashable, Sendable {
    package enum What: String, Codable, CaseIterable, Sendable {
        case supervisorStarted = "supervisor-started"
        case supervisorStopped = "supervisor-stopped"
        case added, removed, changed
        case startRequested = "start-requested"
        case stopRequested = "stop-requested"
        case restartRequested = "restart-requested"
        case spawned
        case spawnFailed = "spawn-failed"
        /// A process of an earlier supervisor was taken over.
        case adopted
        /// The client port accepts connections.
        case bound
        /// `srvr` answered with a mode; also each change of the mode.
        case serving
        /// It was serving and does not answer with a mode any more.
        case notServing = "not-serving"
        case exited
        case backingOff = "backing-off"
        case crashLoop = "crash-loop"
        /// SIGTERM was sent.
        case terminated
        /// SIGKILL was sent.
        case killed
        case paused, resumed
        case logRotated = "log-rotated"
    }

    /// Grows by one with each event of the ensemble, across supervisors.
    package var sequence: UInt64
    package var time: Timestamp
    /// Nil: the supervisor itself.
    package var server: ServerID?
    package var what: What
    /// Why, for people: `paddock up`, `exit code 1`, `no answer 10 s after SIGTERM`.
    package var cause: String
    package var pid: Int32?
}
