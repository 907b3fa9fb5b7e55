import DurableFiles
import Glibc
import Planning
import Supervision
import ZooKeeperProtocol

extension Operator {
    /// The ensemble's supervisor, launched when none lives: it then adopts the servers that run. So it does when the program of the one
    /// that lives has been replaced: after an upgrade the first command that changes something brings a supervisor of the new program.
    func control(_ home: SupervisorHome) async throws -> ControlClient {
        try Task.checkCancellation()
        let directory = home.ensembleDirectory
        do {
            if let pid = home.holder?.pid, ProcessTable.isReplacedSupervisor(pid) {
                report(.step("the supervisor's program has been replaced: another supervisor takes the servers over"))
                try await ControlClient.connect(ensembleDirectory: directory, by: command)
                    .shutdown(stoppingServers: false)
            }
            return try await ControlClient.connectOrLaunch(
                ensembleDirectory: directory, launcher: launcher(directory), by: command)
        } catch {
            try Task.checkCancellation()
            throw OperationError(.failed, error.description, mend: "see \(home.log)")
        }
    }

    /// The supervisor that runs, if one does: for everything that only looks. It starts nothing, ever.
    func controlIfRunning(_ home: SupervisorHome) async throws -> ControlClient? {
        let deadline = Instant.now() + .seconds(5)
        while home.holder != nil {
            do throws(ControlError) {
                return try await ControlClient.connect(ensembleDirectory: home.ensembleDirectory, by: command)
            } catch {
                if case .stopped = error { throw OperationError(.failed, error.description) }
                // It has its lock and not yet its socket, or is just ending.
                guard Instant.now() < deadline else {
                    throw OperationError(.failed, error.description, mend: "see \(home.log)")
                }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    /// The supervisor of an ensemble that is to be changed and meant to run: launched when one died and left servers behind. Nil
    /// where nothing is meant to run.
    func controlIfUp(_ home: SupervisorHome) async throws -> ControlClient? {
        home.holder != nil || home.wantsServers ? try await control(home) : nil
    }

    /// Runs an order to the supervisor and says in our words what went wrong.
    func order(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ControlError {
            try Task.checkCancellation()
            throw OperationError(.failed, error.description)
        }
    }
}
