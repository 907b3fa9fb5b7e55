import Planning
import ZooKeeperProtocol

/// What a supervisor answers to `status`.
package struct SupervisorStatus: Codable, Hashable, Sendable {
    package var pid: Int32
    package var uptime: Seconds
    package var directory: String
    /// By id, ascending.
    package var servers: [ServerProcess]

    package func server(_ id: ServerID) -> ServerProcess? { servers.first { $0.id == id } }
}
