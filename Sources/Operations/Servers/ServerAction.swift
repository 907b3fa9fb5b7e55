import ZooKeeperProtocol

/// What can be done to servers one by one.
package enum ServerAction: String, CaseIterable, Sendable {
    case start, stop, restart
    /// SIGKILL; the supervisor starts the server again.
    case kill
    /// SIGSTOP and SIGCONT.
    case pause, resume

    /// Whether it takes votes away.
    var takesAway: Bool {
        switch self {
        case .stop, .restart, .kill, .pause: true
        case .start, .resume: false
        }
    }
}

/// What `start`, `stop`, … did, or would do.
package struct ServerActionReport: Hashable, Sendable {
    package var ensemble: String
    package var action: ServerAction
    /// In the order in which they were taken.
    package var servers: [ServerID]
    /// What taking them away does to the quorum; nil when nothing is taken away.
    package var consequence: String?
    package var wasDryRun: Bool
}
