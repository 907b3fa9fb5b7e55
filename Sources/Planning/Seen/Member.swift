import Membership
import ZooKeeperProtocol

/// A server of the ensemble as its topology plans it: what status and procedures need to know beside what they see.
package struct Member: Hashable, Sendable {
    package var id: ServerID
    package var role: ServerRole
    /// `unknown` for a server that the topology does not have.
    package var engine: String
    /// Without brackets.
    package var clientHost: String
    /// 0 when it is not known.
    package var clientPort: Int
    /// `host:port`. A standalone server has no quorum and election address, a server whose admin server is off no admin
    /// address.
    package var quorum: String?
    package var election: String?
    package var admin: String?
    /// Empty for a server that the topology does not have.
    package var directory: String
    /// False for one that takes no clients while it leads (`leaderServes=no`).
    package var servesWhenLeading: Bool
    /// False for one that only the ensemble's own configuration has.
    package var isInTopology: Bool

    package init(
        id: ServerID, role: ServerRole, engine: String, clientHost: String, clientPort: Int, quorum: String? = nil,
        election: String? = nil, admin: String? = nil, directory: String, servesWhenLeading: Bool = true,
        isInTopology: Bool = true
    ) {
        self.id = id
        self.role = role
        self.engine = engine
        self.clientHost = clientHost
        self.clientPort = clientPort
        self.quorum = quorum
        self.election = election
        self.admin = admin
        self.directory = directory
        self.servesWhenLeading = servesWhenLeading
        self.isInTopology = isInTopology
    }

    /// `host:port`, as clients reach it.
    package var client: String {
        "\(ServerLine.bracketed(clientHost)):\(clientPort == 0 ? "?" : "\(clientPort)")"
    }

    /// `server 2`; one that has not said its id goes by its address.
    package var name: String { id < ServerID(0) ? "the server at \(client)" : "server \(id)" }

    package var logFile: String { "\(directory)/logs/server.log" }
}
