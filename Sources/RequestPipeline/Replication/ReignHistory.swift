import Quorum

/// What a member remembers of its reign as a leader, and of the time without one.
package struct ReignHistory: Sendable {
    /// Monotonic milliseconds.
    package private(set) var began: Int64 = 0
    package private(set) var proposalSizes = Sizes()
    private var leaderlessSince: Int64?

    mutating func became(_ status: Quorum.Status, now: Int64, _ metrics: inout QuorumMetrics) {
        switch status {
        case .looking:
            metrics.elections += 1
            leaderlessSince = leaderlessSince ?? now
        case .preparingToLead, .joining:
            if let leaderlessSince { metrics.electionTime.add(now - leaderlessSince) }
        case .leading, .following, .observing:
            began = now
            proposalSizes = Sizes()
            if let leaderlessSince {
                metrics.leaderUnavailable.add(now - leaderlessSince)
                metrics.unavailable.add(now - leaderlessSince)
            }
            leaderlessSince = nil
        case .stopped: break
        }
    }

    mutating func proposed(bytes: Int, _ metrics: inout QuorumMetrics) {
        proposalSizes.add(Int64(bytes))
        metrics.proposals += 1
    }
}
