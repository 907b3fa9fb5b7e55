import Membership
import ZooKeeperProtocol

/// The configurations in force: the committed one and, while a reconfig is under way, the one that was proposed.
///
/// Elections, NEWLEADER, proposals and the liveness check need a quorum in each of them (reference 8.17).
package struct JointConfiguration: Hashable, Sendable {
    package var committed: EnsembleConfiguration
    /// Invariant: nil, or its version is above the committed one's.
    package private(set) var proposed: EnsembleConfiguration?

    package init(_ committed: EnsembleConfiguration, proposed: EnsembleConfiguration? = nil) {
        self.committed = committed
        propose(proposed)
    }

    /// What NEWLEADER and a leader's answers tell others.
    package var lastSeen: EnsembleConfiguration { proposed ?? committed }

    package var voters: ServerSet { proposed.map { committed.voters.union($0.voters) } ?? committed.voters }

    /// Whether a server is in the committed configuration or in the proposed one.
    package func contains(_ server: ServerID) -> Bool {
        committed.server(server) != nil || proposed?.server(server) != nil
    }

    package func isQuorum(_ set: ServerSet) -> Bool {
        committed.verifier.isQuorum(set) && (proposed.map { $0.verifier.isQuorum(set) } ?? true)
    }

    package mutating func propose(_ configuration: EnsembleConfiguration?) {
        guard let configuration, configuration.version > committed.version else { return }
        proposed = configuration
    }

    mutating func withdrawProposed() { proposed = nil }

    /// What a leader offers with NEWLEADER replaces what was proposed here, even something newer: that came to nothing.
    mutating func replaceProposed(_ configuration: EnsembleConfiguration) {
        proposed = configuration.version > committed.version ? configuration : nil
    }

    /// Makes `configuration` the committed one, and forgets an older proposal.
    package mutating func activate(_ configuration: EnsembleConfiguration) {
        committed = configuration
        if let pending = proposed, pending.version <= configuration.version { proposed = nil }
    }
}
