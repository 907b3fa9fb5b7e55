import DurableFiles
import Glibc

/// The files of the supervisor inside an ensemble directory.
package struct SupervisorHome: Hashable, Sendable {
    /// Of the ensemble, e.g. `…/paddock/demo`, absolute.
    package let ensembleDirectory: String

    package init(ensembleDirectory: String) { self.ensembleDirectory = ensembleDirectory }

    package var directory: String { ensembleDirectory + "/supervisor" }
    /// Held while a supervisor lives.
    package var lock: String { directory + "/lock" }
    package var socket: String { directory + "/" + Self.socketName }
    /// A file a server: its specification, what is wanted of it, its process.
    package var records: String { directory + "/servers" }
    package var events: String { directory + "/events.jsonl" }
    /// What the supervisor itself printed.
    package var log: String { directory + "/supervisor.log" }

    static let socketName = "control.sock"

    /// Only the owner may enter: who reaches the socket can stop the servers.
    func create() throws(FileError) {
        for path in [ensembleDirectory, directory] { try PrivateFiles.makeDirectory(path) }
    }

    /// The supervisor that lives now, by its lock.
    package var holder: FileLock.Held? { FileLock.holder(of: lock) }
}
