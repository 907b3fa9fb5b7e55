import Membership
import ZooKeeperProtocol

/// What a leader knows of one learner (Apache's `LearnerHandler`).
struct LearnerPeer: Sendable {
    enum Phase: Sendable {
        /// Connected; FOLLOWERINFO or OBSERVERINFO awaited.
        case greeting
        /// The new epoch is not decided or not stored yet.
        case awaitingEpoch
        /// LEADERINFO is sent.
        case promising
        /// ACKEPOCH came, with the learner's last zxid.
        case promised(ZXID)
        /// Txns it needs are being read from the log on disk.
        case readingLog(ZXID)
        /// It was sent the leader's history and NEWLEADER, and hears what is proposed and committed.
        case subscribed(Subscription)
    }

    /// What FOLLOWERINFO or OBSERVERINFO said.
    struct Identity: Hashable, Sendable {
        var server: ServerID
        var isObserver: Bool

        /// Whether what it says counts towards a quorum. An observer that is proposed as a voter counts for what is
        /// proposed.
        func hasVote(in ensemble: Server) -> Bool {
            if !ensemble.rules.onlyVotersCount { return true }
            guard ensemble.membership.voters.contains(server) else { return false }
            return !isObserver || !ensemble.membership.committed.voters.contains(server)
        }

        /// Whether it must be able to join: an observer cannot go back on its promise either. A stranger waits for a
        /// later epoch.
        func belongs(to ensemble: Server) -> Bool {
            hasVote(in: ensemble) || ensemble.membership.committed.server(server) != nil
        }
    }

    struct Subscription: Sendable {
        enum Stage: Hashable, Sendable {
            /// Its ACK of NEWLEADER is awaited. It hears what is proposed meanwhile (`Rules.syncSubscribes`).
            case synchronising(hears: Bool)
            /// UPTODATE follows when a quorum has ACKed.
            case ready
            case serving
        }

        var stage: Stage
        /// The version of the configuration that NEWLEADER offered it.
        let offered: Int64
        /// Commits that it gets behind UPTODATE: Apache's 3.8 followers break on a COMMIT between NEWLEADER and
        /// UPTODATE whose proposal came before (ZOOKEEPER-4394).
        var heldCommits: [QuorumPacket] = []
        /// Proposals ACKed before NEWLEADER was.
        var earlyAcks: [ZXID] = []
        /// A proposal it has not ACKed, and when that was sent. When it has, the next proposal takes its place.
        var probe: (zxid: ZXID, sent: Milliseconds)?

        mutating func proposed(_ zxid: ZXID, now: Milliseconds) {
            if probe == nil { probe = (zxid, now) }
        }

        mutating func acknowledged(_ zxid: ZXID) {
            if let probe, zxid >= probe.zxid { self.probe = nil }
        }
    }

    let connection: LinkID
    /// Nil while greeting.
    var identity: Identity?
    var phase = Phase.greeting
    var lastHeard: Milliseconds

    init(_ connection: LinkID, now: Milliseconds) {
        self.connection = connection
        lastHeard = now
    }

    /// Nil before it is subscribed.
    var subscription: Subscription? { if case .subscribed(let subscription) = phase { subscription } else { nil } }

    mutating func updateSubscription(_ change: (inout Subscription) -> Void) {
        guard case .subscribed(var subscription) = phase else { return }
        // There must be one copy of it, else a change copies its arrays.
        phase = .greeting
        change(&subscription)
        phase = .subscribed(subscription)
    }

    /// Nil while greeting.
    var status: Quorum.LearnerStatus? {
        identity.map {
            Quorum.LearnerStatus(
                id: $0.server, connection: connection, isObserver: $0.isObserver, isSynced: isServing)
        }
    }

    /// Whether it hears what is proposed and committed.
    var isSubscribed: Bool {
        if case .subscribed(let it) = phase { it.stage != .synchronising(hears: false) } else { false }
    }
    var isFollower: Bool { identity?.isObserver == false }
    var isServing: Bool { if case .subscribed(let it) = phase { it.stage == .serving } else { false } }

    /// Why it should be given up now, if it should.
    func overdue(_ server: Server) -> Quorum.CloseReason? {
        let silence = server.now - lastHeard
        guard isServing else {
            // A learner answers no PING before UPTODATE.
            return silence >= server.options.initTimeout ? .silent(for: silence) : nil
        }
        if silence >= server.options.syncTimeout { return .silent(for: silence) }
        if let probe = subscription?.probe, server.now - probe.sent >= server.options.syncTimeout {
            return .slowToAcknowledge(probe.zxid)
        }
        return nil
    }
}

/// The learners of a leader by connection, in the order in which they connected.
struct LearnerPeers: Sendable {
    private var peers: [LearnerPeer] = []
    // Whom PROPOSAL, COMMIT and INFORM go to: kept, since every txn needs it.
    private(set) var followers: [LinkID] = []
    private(set) var servingFollowers: [LinkID] = []
    private(set) var observers: [LinkID] = []

    subscript(connection: LinkID) -> LearnerPeer? { place(of: connection).map { peers[$0] } }

    private func place(of connection: LinkID) -> Int? { peers.firstIndex { $0.connection == connection } }

    /// Whether no learner is left that hears what is committed.
    var areGone: Bool { followers.isEmpty && observers.isEmpty }

    /// The learners to be given up now.
    func overdue(_ server: Server) -> [(LinkID, Quorum.CloseReason)] {
        peers.indices.compactMap { place in peers[place].overdue(server).map { (peers[place].connection, $0) } }
    }

    mutating func append(_ learner: LearnerPeer) { peers.append(learner) }

    /// False when it is not here.
    mutating func remove(_ connection: LinkID) -> Bool {
        guard let place = place(of: connection) else { return false }
        peers.remove(at: place)
        updateAudiences()
        return true
    }

    mutating func update(_ connection: LinkID, _ change: (inout LearnerPeer) -> Void) {
        guard let place = place(of: connection) else { return }
        change(&peers[place])
        updateAudiences()
    }

    /// False when it is not here.
    mutating func noteHeard(_ connection: LinkID, at now: Milliseconds) -> Bool {
        guard let place = place(of: connection) else { return false }
        peers[place].lastHeard = now
        return true
    }

    /// Followers have been sent a proposal.
    mutating func noteProposal(_ zxid: ZXID, now: Milliseconds) {
        for place in peers.indices where peers[place].isFollower && peers[place].isSubscribed {
            peers[place].updateSubscription { $0.proposed(zxid, now: now) }
        }
    }

    mutating func noteAck(of zxid: ZXID, from connection: LinkID) {
        guard let place = place(of: connection) else { return }
        peers[place].updateSubscription { $0.acknowledged(zxid) }
    }

    /// Keeps a commit for the followers that have not heard UPTODATE.
    mutating func holdBack(_ commit: QuorumPacket) {
        for place in peers.indices
        where peers[place].isFollower && peers[place].isSubscribed && !peers[place].isServing {
            peers[place].updateSubscription { $0.heldCommits.append(commit) }
        }
    }

    private mutating func updateAudiences() {
        followers = peers.filter { $0.isSubscribed && $0.isFollower }.map(\.connection)
        servingFollowers = peers.filter { $0.isServing && $0.isFollower }.map(\.connection)
        observers = peers.filter { $0.isSubscribed && !$0.isFollower }.map(\.connection)
    }
}

extension LearnerPeers: Sequence {
    func makeIterator() -> [LearnerPeer].Iterator { peers.makeIterator() }
}
