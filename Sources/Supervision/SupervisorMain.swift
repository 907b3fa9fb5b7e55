import CLinux
import Dispatch
import DurableFiles
import Glibc

/// The body of `paddock supervise`.
package enum SupervisorMain {
    /// Supervises the ensemble in this directory until it is shut down through ``ControlClient``, or by SIGTERM, SIGINT or SIGHUP: these end
    /// its servers too (observers, followers, leader), which the next supervisor starts again. SIGKILL leaves the servers running, and
    /// the next one adopts them.
    ///
    /// Throws ``FileLock/Failure/held(_:)`` when the ensemble has a supervisor already.
    ///
    /// - Parameter owner: a process with whose end the ensemble ends, too.
    /// - Returns: whether that is why it ended.
    @discardableResult
    package static func run(
        ensembleDirectory: String, owner: Int32? = nil, policy: ServerLifecycle.Policy = ServerLifecycle.Policy(),
        probe: @escaping ReadinessProbe = ClientPortProbe.srvr
    ) async throws(FileLock.Failure) -> Bool {
        // Apache's servers make what they write as open as they may.
        umask(PrivateFiles.othersMode)
        // What a terminal or a CI runner left open is not for the servers.
        clinux_close_on_exec_from(3)
        let directory = Files.resolved(ensembleDirectory) ?? ensembleDirectory
        let result: Result<Bool, FileLock.Failure> = await withCheckedContinuation { continuation in
            // A thread of its own: it blocks, and would take one of the few that run the probes.
            DispatchQueue(label: "supervisor").async {
                continuation.resume(
                    returning: Result { () throws(FileLock.Failure) in
                        let home = SupervisorHome(ensembleDirectory: directory)
                        let supervisor = try Supervisor(home: home, policy: policy, probe: probe)
                        if let owner { supervisor.serve(only: owner) }
                        supervisor.run()
                        return supervisor.outlivedItsOwner
                    })
            }
        }
        return try result.get()
    }
}
