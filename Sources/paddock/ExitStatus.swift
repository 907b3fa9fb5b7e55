import ArgumentParser

/// The exit codes of `paddock`: part of the contract with scripts, so they change only with a CHANGELOG entry.
enum ExitStatus: Int32 {
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
}
