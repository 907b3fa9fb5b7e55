import DurableFiles
import Glibc
import Planning
import Supervision

/// A command that is changing an ensemble: it holds the ensemble's lock, and what it does is recorded.
package struct Change: Sendable {
    package let ensemble: String
    /// As it was typed, e.g. `paddock stop 2`.
    package let command: String
    private let audit: AuditLog

    fileprivate init(ensemble: String, command: String, audit: AuditLog) {
        self.ensemble = ensemble
        self.command = command
        self.audit = audit
    }

    /// Appends what was just done to `audit.jsonl`.
    package func did(_ what: String) throws {
        try audit.append(
            AuditEntry(time: Timestamp.now(), ensemble: ensemble, command: command, pid: getpid(), did: what))
    }
}

extension EnsembleStore {
    /// Runs `body` while no other command can change the ensemble, and records that it began and how it ended.
    ///
    /// The kernel gives the lock back when this process ends, however it ends. Its file is never removed: its name could
    /// then be locked twice.
    package func changing<Result>(
        _ ensemble: String, command: String, _ body: (Change) async throws -> Result
    ) async throws -> Result {
        try requirePlace()
        try makeDirectories("\(directory)/.locks")
        let lock = try lock(ensemble, command: command)
        let change = Change(ensemble: ensemble, command: command, audit: audit)
        try change.did("began")
        let result: Result
        do {
            result = try await body(change)
        } catch {
            try? change.did(error is CancellationError || Task.isCancelled ? "interrupted" : "failed: \(error)")
            throw error
        }
        try change.did("done")
        _ = lock.path
        return result
    }

    private func lock(_ ensemble: String, command: String) throws -> FileLock {
        do throws(FileLock.Failure) {
            return try FileLock("\(directory)/.locks/\(ensemble)", holder: command)
        } catch {
            switch error {
            case .held(let held):
                throw OperationError(
                    .taken, "\(ensemble) is being changed by \(held.holder)", mend: "wait until it is done, or stop it")
            case .file(let error) where [ENOLCK, EOPNOTSUPP, ENOSYS].contains(error.code):
                throw OperationError(
                    .failed, "\(error): the file system has no locks (NFS without a lock server, say)",
                    mend: "keep ensembles on a disk of this machine: --state-dir DIR, or PADDOCK_HOME")
            case .file: throw error
            }
        }
    }
}
