import DurableFiles
import Glibc
import Supervision
import ZooKeeperProtocol

extension Operator {
    /// The ensemble's supervisor, launched when none lives: it then adopts the servers that run.
    func control(_ home: SupervisorHome) async throws -> ControlClient {
        try Task.checkCancellation()
        let directory = home.ensembleDirectory
        do {
            return try await ControlClient.connectOrLaunch(
                ensembleDirectory: directory, launcher: launcher(directory), by: command)
        } catch {
            try Task.checkCancellation()
            throw OperationError(.failed, error.description, mend: "see \(home.log)")
        }
    }

    /// The supervisor of an ensemble that is meant to run: launched only when one died and left servers behind, so that
    /// looking at an ensemble that is down starts nothing. Nil then.
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

extension [ServerID] {
    /// As the supervisor counts them.
    var numbers: [Int] { map { Int($0.rawValue) } }
}
