import ArgumentParser

/// The exit codes of `paddock`: part of the contract with scripts, so they change only with a CHANGELOG entry.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    /// The operation failed, or a check found errors.
    case failed = 1
    /// `--diff` found changes.
    case changes = 2
    /// A quorum, but something is down or behind.
    case degraded = 3
    case noQuorum = 4
    case notRunning = 5
    case badUsage = 64
    case badInput = 65
    /// An engine or a package is missing.
    case unavailable = 69
    /// A port or a lock is taken.
    case taken = 75
    case interrupted = 130

    var code: ExitCode { ExitCode(rawValue) }

    /// One sentence, for the reference and the man pages.
    var meaning: String {
        switch self {
        case .done: "Done; of status: healthy; of check: no error."
        case .failed: "It failed, or the check found errors (--strict: or warnings)."
        case .changes: "`generate --diff` found changes."
        case .degraded: "There is a quorum, but a server is down or behind (status)."
        case .noQuorum: "There is no quorum (status)."
        case .notRunning: "Nothing runs (status), or the ensemble does not (commands that need it)."
        case .badUsage: "The command line is wrong."
        case .badInput: "A file cannot be read, or is not what it should be."
        case .unavailable: "An engine, a program or a package is missing."
        case .taken: "A port or a lock is taken."
        case .interrupted: "It was interrupted (Ctrl-C)."
        }
    }
}
