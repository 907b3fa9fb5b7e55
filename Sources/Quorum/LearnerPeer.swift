import ZooKeeperProtocol

/// What a leader knows of one learner (Apache's `LearnerHandler`).
struct LearnerPeer: Sendable {
    enum Phase: Hashable, Sendable {
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
        /// It was sent our history and NEWLEADER.
        case synchronising
        /// It ACKed NEWLEADER; UPTODATE follows when a quorum has.
        case ready
        case serving

        /// Whether NEWLEADER is sent: from then on it is pinged.
        var isBehindNewLeader: Bool {
            switch self {
            case .greeting, .awaitingEpoch, .promising, .promised, .readingLog: false
            case .synchronising, .ready, .serving: true
            }
        }
    }

    let connection: LinkID
    /// Meaningless while greeting.
    var server = ServerID(-1)
    var isObserver = false
    var phase = Phase.greeting
    var lastHeard: Milliseconds
    /// Whether it hears what is proposed and committed.
    var isSubscribed = false
    /// The version of the configuration that NEWLEADER offered it.
    var offered: Int64 = 0
    /// What was committed since it was synchronised and it is not told before UPTODATE: Apache's 3.8 followers break on a
    /// COMMIT between NEWLEADER and UPTODATE whose proposal came before (ZOOKEEPER-4394).
    var heldCommits: [QuorumPacket] = []
    /// Proposals ACKed before NEWLEADER was.
    var earlyAcks: [ZXID] = []
    /// A proposal it has not ACKed and when that was sent; the next one is looked at when this one is ACKed.
    private var probe: (zxid: ZXID, sent: Milliseconds)?

    init(_ connection: LinkID, now: Milliseconds) {
        self.connection = connection
        lastHeard = now
    }

    mutating func proposed(_ zxid: ZXID, now: Milliseconds) {
        if probe == nil { probe = (zxid, now) }
    }

    mutating func acknowledged(_ zxid: ZXID) {
        if let probe, zxid >= probe.zxid { self.probe = nil }
    }

    /// Why it should be given up now, if it should.
    func overdue(_ server: Server) -> Quorum.CloseReason? {
        let limit: Milliseconds
        switch phase {
        case .serving: limit = server.options.syncTimeout
        // A learner answers no PING before UPTODATE.
        case .greeting, .awaitingEpoch, .promising, .promised, .readingLog, .synchronising, .ready:
            limit = server.options.initTimeout
        }
        let silence = server.now - lastHeard
        if silence >= limit { return .silent(for: silence) }
        if phase == .serving, let probe, server.now - probe.sent >= server.options.syncTimeout {
            return .slowToAcknowledge(probe.zxid)
        }
        return nil
    }
}
