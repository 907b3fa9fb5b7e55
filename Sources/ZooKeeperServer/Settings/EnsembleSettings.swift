import Quorum
import ServerConfig

/// What a zoo.cfg says about this server's ensemble.
package struct EnsembleSettings: Sendable {
    package var id: ServerID
    package var members: QuorumConfig
    package var options: QuorumOptions
    /// `quorumListenOnAllIPs`: the quorum and election ports of every address, not only of the server's line.
    package var listensOnAllAddresses = false
    /// `leaderServes`: whether a leader takes clients, too.
    package var leaderServes = true
    /// Milliseconds a connection to an election port may take (`cnxTimeout`).
    package var electionConnectTimeout = 5000
    /// Milliseconds (`connectToLearnerMasterLimit`, else initLimit).
    package var learnerConnectTimeout = 20_000

    package init(id: ServerID, members: QuorumConfig, options: QuorumOptions) {
        self.id = id
        self.members = members
        self.options = options
    }

    /// This server's own line; there always is one.
    package var line: ServerLine { members.server(id)! }
}
