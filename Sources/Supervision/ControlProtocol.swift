import Planning
import ZooKeeperProtocol

/// One line of JSON from a command to the supervisor. Each connection carries one request.
package struct ControlRequest: Codable, Hashable, Sendable {
    package enum Action: Codable, Hashable, Sendable {
        case status
        /// Answered when each is spawned, which says nothing of readiness.
        case start([ServerID])
        /// Answered when no process is left.
        case stop([ServerID])
        /// Answered when the new process is spawned.
        case restart([ServerID])
        /// SIGKILL; the server is then restarted like after any death.
        case kill([ServerID])
        case pause([ServerID])
        case resume([ServerID])
        /// These are the servers from now on. New ones begin stopped; missing ones are stopped and forgotten; changed ones run
        /// on as they are and are `outdated` until restarted. Answered when the missing ones are gone.
        case reload([ServerSpec])
        /// The supervisor ends: after its servers, or leaving them running for the next one to adopt.
        case shutdown(stoppingServers: Bool)
        /// A stream of events: first those after `since` that are still on disk, then each new one.
        case events(since: UInt64)
    }

    package var action: Action
    /// Who asks, e.g. `paddock up`: the cause in events.
    package var by: String

    package init(_ action: Action, by: String) {
        self.action = action
        self.by = by
    }
}

/// One line of JSON back. A request gets one; `events` gets one per event until either side closes.
package enum ControlResponse: Codable, Hashable, Sendable {
    case done
    case status(SupervisorStatus)
    case event(SupervisorEvent)
    /// Nothing was done; why.
    case refused(String)
    /// It was tried and did not work, per server.
    case failed([Failure])

    package struct Failure: Codable, Hashable, Sendable, CustomStringConvertible {
        package var id: ServerID
        package var message: String

        package init(id: ServerID, message: String) {
            self.id = id
            self.message = message
        }

        package var description: String { "server \(id): \(message)" }
    }
}

/// What can go wrong between a command and the supervisor.
package enum ControlError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No supervisor runs for this ensemble directory.
    case notRunning(directory: String)
    /// A supervisor was launched and did not come up; the end of its log.
    case launchFailed(String)
    case refused(String)
    case failed([ControlResponse.Failure])
    /// The connection broke or brought what is no answer; the request may have been carried out.
    case connectionLost(String)
    case timedOut(Duration)
    /// The supervisor's process does not run: SIGSTOP, or a debugger.
    case stopped(Int32)

    package var description: String {
        switch self {
        case .notRunning(let directory): "no supervisor runs for \(directory); `paddock up` starts one"
        case .launchFailed(let why): "the supervisor did not start: \(why)"
        case .refused(let why): why
        case .failed(let failures): failures.map(\.description).joined(separator: "\n")
        case .connectionLost(let why): "lost the supervisor: \(why); `paddock status` shows how things stand"
        case .timedOut(let limit): "the supervisor did not answer within \(limit.wholeSeconds) s"
        case .stopped(let pid):
            "the supervisor (process \(pid)) is stopped, by a signal or a debugger; `kill -CONT \(pid)` lets it go on"
        }
    }
}
