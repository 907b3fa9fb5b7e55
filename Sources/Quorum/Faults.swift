/// Known protocol bugs that can be planted in the core (`Rules`), so that the simulator can prove it would find them.
///
/// Nothing outside the simulator and its tests sets one. Each is a mistake that an implementation of Zab made, or that
/// the paper warns of; the names in brackets are ZooKeeper's tickets.
package struct Faults: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A follower ACKs NEWLEADER before history and currentEpoch are on disk (ZOOKEEPER-4643, 4785).
    package static let ackNewLeaderBeforeDurable = Faults(rawValue: 1 << 0)
    /// A follower ACKs a PROPOSAL when it arrives instead of when it is on disk.
    package static let ackProposalBeforeDurable = Faults(rawValue: 1 << 1)
    /// The leader counts itself before its own log is on disk.
    package static let leaderAcksBeforeDurable = Faults(rawValue: 1 << 2)
    /// Epochs are kept in memory only: acceptedEpoch and currentEpoch never reach the disk.
    package static let epochsNotStored = Faults(rawValue: 1 << 3)
    /// A reconfig needs a quorum of the old configuration only.
    package static let reconfigByOldQuorum = Faults(rawValue: 1 << 4)
    /// A new leader takes the highest accepted epoch instead of the one after it.
    package static let reuseEpoch = Faults(rawValue: 1 << 5)
    /// Votes name the last committed txn instead of the last logged one.
    package static let voteWithoutUncommitted = Faults(rawValue: 1 << 6)
    /// ACKs of observers count towards quorums.
    package static let countObservers = Faults(rawValue: 1 << 7)
    /// Half of the voters are taken for a quorum.
    package static let halfIsQuorum = Faults(rawValue: 1 << 8)
    /// A learner told to TRUNC keeps its log.
    package static let ignoreTruncate = Faults(rawValue: 1 << 9)
    /// The learner joins the broadcast only at its ACK of NEWLEADER: what was committed since its sync point is
    /// missed (ZOOKEEPER-4925).
    package static let subscribeLate = Faults(rawValue: 1 << 10)
    /// SYNC is answered at once, though proposals are outstanding.
    package static let syncOvertakes = Faults(rawValue: 1 << 11)
    /// A follower applies a txn when it is proposed, not when it is committed.
    package static let applyProposals = Faults(rawValue: 1 << 12)
    /// A leader commits what its predecessor left uncommitted before it has its own quorum, and serves at once.
    package static let serveBeforeQuorum = Faults(rawValue: 1 << 13)
    /// ACKs of a learner stand though it connects anew and is told to TRUNC what it ACKed.
    package static let keepAcksOverSync = Faults(rawValue: 1 << 14)
    /// The highest server id wins elections, and a leader does not look at how far its followers are.
    package static let electBlindly = Faults(rawValue: 1 << 15)
    /// A leader goes on though its quorum is gone.
    package static let leadAlone = Faults(rawValue: 1 << 16)
    /// Every election ends at once with the first or the last voter as its winner, by lot. No bug: Zab must be safe
    /// with any election, if not live.
    package static let electAnybody = Faults(rawValue: 1 << 17)
    /// The next input is looked at before the effects of the last one are carried out.
    package static let effectsBehindNextInput = Faults(rawValue: 1 << 18)
}
