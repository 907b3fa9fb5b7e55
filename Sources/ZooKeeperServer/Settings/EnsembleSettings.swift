import Membership
import Quorum

/// What a zoo.cfg says about this server's ensemble.
package struct EnsembleSettings: Sendable {
    package var members: EnsembleConfiguration
    /// This server's own line. It stays when a reconfig takes the server out of the ensemble.
    package let line: ServerLine
    package var id: ServerID { line.id }
    /// Where configurations are kept when they may change (`reconfigEnabled`).
    var files: ConfigurationFiles?
    /// Whether zoo.cfg still holds the server lines itself.
    var isStatic = true
    package var options: QuorumOptions
    /// `quorumListenOnAllIPs`: the quorum and election ports of every address, not only of the server's line.
    package var listensOnAllAddresses = false
    /// How often the quorum and election ports are tried to be opened, a second apart; 0: for ever
    /// (`electionPortBindRetry`).
    package var bindAttempts = 3
    /// `leaderServes`: whether a leader takes clients, too.
    package var leaderServes = true
    /// Milliseconds a connection to an election port may take (`cnxTimeout`).
    package var electionConnectTimeout = 5000
    /// Milliseconds (`connectToLearnerMasterLimit`, else initLimit).
    package var learnerConnectTimeout = 20_000

    init(_ line: ServerLine, members: EnsembleConfiguration, options: QuorumOptions) {
        self.line = line
        self.members = members
        self.options = options
    }
}
