import FoundationEssentials

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
    package var server: Int?
    package var what: What
    /// Why, for people: `paddock up`, `exit code 1`, `no answer 10 s after SIGTERM`.
    package var cause: String
    package var pid: Int32?

    package init(sequence: UInt64, time: Timestamp, server: Int?, what: What, cause: String, pid: Int32? = nil) {
        self.sequence = sequence
        self.time = time
        self.server = server
        self.what = what
        self.cause = cause
        self.pid = pid
    }
}

/// A moment of wall-clock time, in JSON `2026-11-24T04:05:06.789Z`.
package struct Timestamp: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Of the Unix epoch.
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded()))
    }

    /// Seconds of the Unix epoch.
    package var seconds: Double { Double(milliseconds) / 1000 }

    package var description: String {
        Date(timeIntervalSince1970: seconds).formatted(Self.format)
    }

    package init(from decoder: any Decoder) throws {
        let date = try Self.format.parse(String(from: decoder))
        self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }

    package func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
