import Planning
import ZooKeeperProtocol

/// What a supervisor answers to `status`.
package struct SupervisorStatus: Codable, Hashable, Sendable {
    package var pid: Int32
    package var uptime: Seconds
    package var directory: String
    /// By id, ascending.
    package var servers: [ServerProcess]

    package init(pid: Int32, uptime: Seconds, directory: String, servers: [ServerProcess]) {
        self.pid = pid
        self.uptime = uptime
        self.directory = directory
        self.servers = servers
    }

    package func server(_ id: ServerID) -> ServerProcess? { servers.first { $0.id == id } }
}
