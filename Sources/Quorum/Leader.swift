import DequeModule
import Diagnostics
import Membership
import ZooKeeperProtocol

/// A server that won an election: agrees with a quorum on a new epoch, gives every learner its history, then proposes and
/// commits (reference 8.4 to 8.13; Apache's `Leader` and `LearnerHandler`).
///
/// ```
/// discovering ─► storing ─► agreeing ─► entering ─► gathering ─► serving
///  FOLLOWERINFO  accepted-  LEADERINFO   current-    DIFF…,        UPTODATE, PROPOSAL, COMMIT
///  of a quorum   Epoch      ACKEPOCH     Epoch       NEWLEADER, ACK
/// ```
struct Leader: Sendable {
    private enum Phase: Hashable, Sendable {
        /// Collecting acceptedEpochs until a quorum's are known.
        case discovering
        /// The new epoch is decided and being stored; it is not told before.
        case storing(Epoch)
        /// LEADERINFO is out; collecting promises.
        case agreeing(Epoch)
        /// A quorum has promised. While a reconfig is proposed the own entry is stored before others may enter: whoever else has
        /// the reconfig may be no voter yet, and could not lead if it were ahead of all who are.
        case entering(Epoch)
        /// The history is settled; collecting ACKs of NEWLEADER.
        case gathering(Epoch)
        case serving(Epoch)
    }

    private enum Held: Sendable {
        case announce(Epoch)
        case gather(Epoch)
        case acknowledgeNewLeader
        case acknowledge(ZXID)
    }

    /// A proposal that is not committed; its txn is at the same place of `Server.uncommitted`.
    private struct Outstanding: Sendable {
        var zxid: ZXID
        var acks: ServerSet
        /// Syncs to be answered behind its commit.
        var syncs: [Quorum.Origin] = []
    }

    private var phase = Phase.discovering
    /// Nobody of them need still be connected: what they said stays true.
    private var known: ServerSet
    private var promised: ServerSet
    private var entered: ServerSet = []
    private var highestAccepted: Epoch
    /// What this server had promised when its reign began.
    private let acceptedBefore: Epoch
    private var peers: [LearnerPeer] = []
    private var outstanding: Deque<Outstanding> = []
    /// How many of them, the last ones, followers are not told before a reconfig is in force: else a server that the reconfig makes
    /// a voter could be alone ahead of all who may lead, and nobody could.
    private var unsent = 0
    /// The write that puts the newest configuration in force.
    private var activation: WriteTicket?
    private var held = HeldBack<Held>()
    private let giveUpAt: Milliseconds
    private var pingAt: Milliseconds
    private var checksQuorum = false
    /// Set when nothing new is taken: when what is outstanding is dropped, and why the reign ends.
    private var drain: (until: Milliseconds, because: Quorum.Departure)?
    /// Set when a reconfig gave the lead to somebody else, or ended this server's part.
    private var handover: (to: ServerID?, until: Milliseconds)?
    /// Who gets PROPOSAL, who of them gets COMMIT at once, and who gets INFORM.
    private var followers: [LinkID] = []
    private var servingFollowers: [LinkID] = []
    private var observers: [LinkID] = []

    init(_ server: inout Server) {
        known = [server.id]
        promised = [server.id]
        acceptedBefore = server.acceptedEpoch
        highestAccepted = max(server.acceptedEpoch, server.highestRefused)
        giveUpAt = server.now + server.options.initTimeout
        pingAt = .max
        decideEpoch(&server)
    }

    var status: Quorum.Status {
        if case .serving(let epoch) = phase { .leading(epoch) } else { .preparingToLead }
    }

    var learners: [Quorum.LearnerStatus] {
        peers.filter { $0.phase != .greeting }.map {
            Quorum.LearnerStatus(
                id: $0.server, connection: $0.connection, isObserver: $0.isObserver, isSynced: $0.phase == .serving)
        }
    }

    /// The zxid of the next txn; nil unless serving, and once the epoch has no more (reference 8.15).
    func nextZXID(_ server: Server) -> ZXID? {
        guard case .serving(let epoch) = phase, drain == nil, handover == nil else { return nil }
        let last = max(server.lastLogged, ZXID(epoch: epoch, counter: 0))
        return last.counter < UInt32.max - 1 ? last.next : nil
    }

    func deadline(_ server: Server) -> Milliseconds {
        if let handover { return handover.until }
        if let drain { return min(drain.until, pingAt) }
        if case .serving = phase { return pingAt }
        return giveUpAt
    }

    // MARK: Connections

    mutating func accept(_ connection: LinkID, _ server: inout Server) {
        peers.append(LearnerPeer(connection, now: server.now))
    }

    mutating func disconnected(_ connection: LinkID, _ server: inout Server) {
        guard let index = peers.firstIndex(where: { $0.connection == connection }) else { return }
        peers.remove(at: index)
        updateAudience()
        endHandover(&server)
    }

    mutating func end(_ server: inout Server) {
        // An epoch that nobody was told of is nobody's. Kept, a server whose disk is too slow to lead would go up by one at each try,
        // and then refuse every leader of the epochs below.
        if case .storing = phase { server.takeBackAccepted(to: acceptedBefore) }
        for peer in peers { server.effects.append(.close(peer.connection, because: .roleEnded)) }
    }

    private mutating func close(_ index: Int, because reason: Quorum.CloseReason, _ server: inout Server) {
        server.effects.append(.close(peers[index].connection, because: reason))
        peers.remove(at: index)
        updateAudience()
    }

    private mutating func updateAudience() {
        followers = peers.filter { $0.isSubscribed && !$0.isObserver }.map(\.connection)
        servingFollowers = peers.filter { $0.phase == .serving && !$0.isObserver }.map(\.connection)
        observers = peers.filter { $0.isSubscribed && $0.isObserver }.map(\.connection)
    }

    /// Whether what this learner says counts. Who observes and is proposed as a voter counts for what is proposed.
    private func counts(_ peer: LearnerPeer, _ server: Server) -> Bool {
        if !server.rules.onlyVotersCount { return true }
        guard server.membership.voters.contains(peer.server) else { return false }
        return !peer.isObserver || !server.membership.committed.voters.contains(peer.server)
    }

    // MARK: Packets

    mutating func receive(_ packet: QuorumPacket, from connection: LinkID, _ server: inout Server) {
        guard let index = peers.firstIndex(where: { $0.connection == connection }) else { return }
        peers[index].lastHeard = server.now
        let understood =
            switch packet.type {
            case .followerInfo, .observerInfo: greet(index, packet, &server)
            case .ackEpoch: hearPromise(index, packet, &server)
            case .ack: acknowledge(index, packet.zxid, &server)
            case .ping: hearTouches(packet, &server)
            case .request: request(index, packet, &server)
            case .revalidate: revalidate(index, packet, &server)
            case .proposal, .commit, .sync, .inform, .commitAndActivate, .newLeader, .upToDate, .diff, .trunc, .snap,
                .leaderInfo, .informAndActivate:
                false
            // From a newer version: ignored, as Apache does.
            default: true
            }
        guard understood else {
            // The peer may have moved or gone by now.
            guard let index = peers.firstIndex(where: { $0.connection == connection }) else { return }
            close(index, because: .notExpected(packet.type), &server)
            return
        }
    }

    private mutating func greet(_ index: Int, _ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard peers[index].phase == .greeting, let info = packet.learnerInfo else { return false }
        if server.options.membersOnly, !server.membership.contains(info.server) {
            close(index, because: .noMember(info.server), &server)
            return true
        }
        if info.configVersion > server.membership.committed.version {
            close(index, because: .newerConfiguration, &server)
            // A leader that is not established learns the newer configuration only by looking again.
            if server.options.reconfigEnabled, epochInForce == nil, server.membership.voters.contains(info.server) {
                server.leave(.configurationChanged)
            }
            return true
        }
        peers[index].server = info.server
        peers[index].isObserver = packet.type == .observerInfo
        peers[index].phase = .awaitingEpoch
        let connection = peers[index].connection
        if let older = peers.firstIndex(where: { $0.server == info.server && $0.connection != connection }) {
            close(older, because: .replacedByNewerConnection, &server)
        }
        guard let index = peers.firstIndex(where: { $0.connection == connection }) else { return true }
        let accepted = packet.zxid.epoch
        switch phase {
        case .discovering:
            if belongs(peers[index], server) { highestAccepted = max(highestAccepted, accepted) }
            if counts(peers[index], server) { known.insert(info.server) }
            decideEpoch(&server)
        case .storing(let epoch), .agreeing(let epoch), .entering(let epoch), .gathering(let epoch),
            .serving(let epoch):
            if accepted > epoch, belongs(peers[index], server) {
                server.highestRefused = max(server.highestRefused, accepted)
                server.leave(.higherEpochPromised(accepted, by: info.server))
            } else if case .storing = phase {
                // Told when the epoch is on disk.
            } else {
                announce(epoch, to: index, &server)
            }
        }
        return true
    }

    /// Whether this learner must be able to join: an observer cannot go back on its promise either. A stranger waits for a later epoch.
    private func belongs(_ peer: LearnerPeer, _ server: Server) -> Bool {
        counts(peer, server) || server.membership.committed.server(peer.server) != nil
    }

    // MARK: Discovery

    /// Before a quorum has joined, a better vote takes the office back: the election did not wait for servers that could
    /// not be reached, and one of them has just come. Without this the two would lead past each other until initLimit.
    mutating func hear(_ notification: Notification, from sender: ServerID, _ server: inout Server) {
        guard case .discovering = phase, notification.state == .looking,
            notification.electionEpoch >= server.voteRound, server.membership.voters.contains(sender),
            server.membership.voters.contains(notification.leader)
        else { return }
        let vote = Ballot(notification).vote
        if server.prefers(vote, to: server.vote) { server.leave(.betterVote(vote.leader, from: sender)) }
    }

    private mutating func decideEpoch(_ server: inout Server) {
        guard case .discovering = phase else { return }
        guard server.isQuorum(known) else { return }
        let epoch = server.rules.newEpoch(above: highestAccepted)
        phase = .storing(epoch)
        server.accept(epoch)
        held.hold(.announce(epoch), for: server)
    }

    private mutating func announce(_ epoch: Epoch, to index: Int, _ server: inout Server) {
        peers[index].phase = .promising
        server.effects.append(.send(.leaderInfo(epoch), to: peers[index].connection))
    }

    private mutating func hearPromise(_ index: Int, _ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard peers[index].phase == .promising, let promise = packet.promise else { return false }
        peers[index].phase = .promised(packet.zxid)
        switch phase {
        case .discovering, .storing:
            return false
        case .agreeing(let epoch):
            guard let currentEpoch = promise.currentEpoch else {
                if counts(peers[index], server) {
                    server.leave(.epochPromisedBefore(epoch, by: peers[index].server))
                }
                return true
            }
            let isAhead = (currentEpoch, packet.zxid) > (server.currentEpoch, server.lastApplied)
            if isAhead, server.rules.refusesLearnersAhead {
                close(index, because: .aheadOfLeader(epoch: currentEpoch, zxid: packet.zxid), &server)
                return true
            }
            if counts(peers[index], server) { promised.insert(peers[index].server) }
            agree(&server)
        case .entering:
            break
        case .gathering, .serving:
            synchronise(index, &server)
        }
        return true
    }

    private mutating func agree(_ server: inout Server) {
        guard case .agreeing(let epoch) = phase, server.isQuorum(promised) else { return }
        phase = .entering(epoch)
        if server.options.reconfigEnabled, server.membership.lastSeen.version == 0 {
            // The first configuration gets a version, so that it beats what others were set up with (ZOOKEEPER-1783).
            server.propose(server.membership.committed.withVersion(ZXID(epoch: epoch, counter: 0).rawValue))
        }
        server.enter(epoch)
        if server.membership.proposed == nil {
            gather(epoch, &server)
        } else {
            held.hold(.gather(epoch), for: server)
        }
    }

    private mutating func gather(_ epoch: Epoch, _ server: inout Server) {
        phase = .gathering(epoch)
        acknowledge(.acknowledgeNewLeader, &server)
        for index in peers.indices { synchronise(index, &server) }
    }

    // MARK: Synchronisation

    /// Gives a learner that has promised our history and then NEWLEADER, and lets it hear all that follows. One step:
    /// no commit can fall between.
    private mutating func synchronise(_ index: Int, logged: [Transaction]?? = .none, _ server: inout Server) {
        let zxid: ZXID
        switch peers[index].phase {
        case .promised(let last), .readingLog(let last): zxid = last
        case .greeting, .awaitingEpoch, .promising, .synchronising, .ready, .serving: return
        }
        guard let epoch = epochInForce else { return }
        let connection = peers[index].connection
        let plan: SyncPlan
        if let logged {
            plan = SyncPlan(learner: zxid, history: server.history, options: server.options, logged: logged ?? [])
        } else {
            plan = SyncPlan(learner: zxid, history: server.history, options: server.options)
        }
        var missed: [Transaction] = []
        switch plan {
        case .readLog(let from):
            peers[index].phase = .readingLog(zxid)
            server.effects.append(.readLog(from: from, for: connection))
            return
        case .diff(let last, let transactions):
            server.effects.append(.send(.diff(last), to: connection))
            missed = transactions
        case .truncate(let last, let transactions):
            server.effects.append(.send(.truncate(last), to: connection))
            missed = transactions
        case .snapshot:
            server.effects.append(.sendSnapshot(server.lastApplied, to: connection))
        }
        for transaction in missed {
            server.effects.append(.send(.proposal(transaction), to: connection))
            server.effects.append(.send(.commit(transaction.zxid), to: connection))
        }
        if !peers[index].isObserver {
            for transaction in server.uncommitted.dropLast(unsent) {
                server.effects.append(.send(.proposal(transaction), to: connection))
            }
        }
        // A proposed configuration goes with its txn, which this learner has been sent by now unless it is held back.
        let membership = server.membership
        let offered = heldReconfig(server) == nil ? membership.lastSeen : membership.committed
        server.effects.append(.send(.newLeader(epoch, offered.text), to: connection))
        peers[index].offered = offered.version
        voidAcks(of: peers[index].server, server)
        peers[index].phase = .synchronising
        peers[index].isSubscribed = server.rules.syncSubscribes
        updateAudience()
    }

    /// What this learner ACKed over an earlier connection no longer stands: TRUNC or SNAP takes it off its disk until it
    /// has logged the proposals that follow once more. Counting it meanwhile could lose a committed txn.
    private mutating func voidAcks(of learner: ServerID, _ server: Server) {
        guard server.rules.syncVoidsAcks else { return }
        for place in outstanding.indices { outstanding[place].acks.remove(learner) }
    }

    private var epochInForce: Epoch? {
        switch phase {
        case .discovering, .storing, .agreeing, .entering: nil
        case .gathering(let epoch), .serving(let epoch): epoch
        }
    }

    mutating func logRead(_ transactions: [Transaction]?, for connection: LinkID, _ server: inout Server) {
        guard let index = peers.firstIndex(where: { $0.connection == connection }),
            case .readingLog = peers[index].phase
        else { return }
        synchronise(index, logged: .some(transactions), &server)
    }

    // MARK: Acknowledgements

    private mutating func acknowledge(_ index: Int, _ zxid: ZXID, _ server: inout Server) -> Bool {
        guard let epoch = epochInForce else { return false }
        switch peers[index].phase {
        case .greeting, .awaitingEpoch, .promising, .promised, .readingLog:
            return false
        case .synchronising:
            guard zxid == ZXID(epoch: epoch, counter: 0) else {
                // 3.8.0 followers may ACK a txn before they ACK NEWLEADER. They have not entered the epoch yet and could
                // still lose the next election to a shorter log, so it counts only from then on (ZOOKEEPER-4685).
                peers[index].earlyAcks.append(zxid)
                return true
            }
            peers[index].phase = .ready
            peers[index].isSubscribed = true
            updateAudience()
            if counts(peers[index], server) { entered.insert(peers[index].server) }
            let early = peers[index].earlyAcks
            peers[index].earlyAcks = []
            let connection = peers[index].connection
            if case .serving = phase { welcome(index, &server) } else { establish(&server) }
            for zxid in early {
                guard let index = peers.firstIndex(where: { $0.connection == connection }) else { break }
                count(zxid, from: index, &server)
            }
            return true
        case .ready, .serving:
            peers[index].acknowledged(zxid)
            count(zxid, from: index, &server)
            return true
        }
    }

    /// Strangers too: a reconfig may make them voters while what they ACKed is outstanding. A quorum sees its voters only.
    private mutating func count(_ zxid: ZXID, from index: Int, _ server: inout Server) {
        if peers[index].isObserver, server.rules.onlyVotersCount { return }
        count(zxid, from: peers[index].server, &server)
    }

    private mutating func count(_ zxid: ZXID, from sender: ServerID, _ server: inout Server) {
        // Late ACKs of what is committed, and the second ACK of NEWLEADER, are usual.
        guard let first = outstanding.first, zxid >= first.zxid else { return }
        let place = Int(zxid.rawValue - first.zxid.rawValue)
        guard place < outstanding.count else { return }
        outstanding[place].acks.insert(sender)
        commitAcknowledged(&server)
    }

    private mutating func commitAcknowledged(_ server: inout Server) {
        while handover == nil, outstanding.count > unsent, server.isQuorum(outstanding[0].acks) { commit(&server) }
    }

    private mutating func commit(_ server: inout Server) {
        let done = outstanding.removeFirst()
        guard let transaction = server.uncommitted.first else { return }
        invariant(
            transaction.zxid == done.zxid, "server \(server.id): commits \(done.zxid), logged \(transaction.zxid)")
        if server.options.reconfigEnabled, let configuration = transaction.configuration {
            activate(configuration, with: done, transaction, &server)
        } else {
            tellFollowers(.commit(done.zxid), &server)
            if !observers.isEmpty { server.effects.append(.broadcast(.inform(transaction), to: observers)) }
            server.commitNext()
        }
        for origin in done.syncs { answerSync(origin, &server) }
        if let drain, outstanding.isEmpty { server.leave(drain.because) }
    }

    /// Tells followers of a commit; those that have not heard UPTODATE, behind that.
    private mutating func tellFollowers(_ commit: QuorumPacket, _ server: inout Server) {
        if !servingFollowers.isEmpty { server.effects.append(.broadcast(commit, to: servingFollowers)) }
        guard servingFollowers.count < followers.count else { return }
        for index in peers.indices {
            let peer = peers[index]
            if peer.isSubscribed, !peer.isObserver, peer.phase != .serving { peers[index].heldCommits.append(commit) }
        }
    }

    // MARK: Reconfiguration

    /// Commits a reconfig: it is in force, and a leader that is none in it hands over (reference 8.17).
    private mutating func activate(
        _ configuration: EnsembleConfiguration, with done: Outstanding, _ transaction: Transaction,
        _ server: inout Server
    ) {
        let designated = designate(in: configuration, acks: done.acks, server)
        tellFollowers(.commitAndActivate(done.zxid, leader: designated), &server)
        if !observers.isEmpty {
            server.effects.append(.broadcast(.informAndActivate(transaction, leader: designated), to: observers))
        }
        server.commitNext()
        putInForce(configuration, &server)
        for index in peers.indices where peers[index].phase == .ready { welcome(index, &server) }
        if designated != server.id { handOver(to: designated, server) }
    }

    private mutating func putInForce(_ configuration: EnsembleConfiguration, _ server: inout Server) {
        server.activate(configuration)
        activation = server.lastTicket
    }

    /// Whether a reconfig is under way, so that another one is refused: proposed and not committed.
    func isReconfiguring(_ server: Server) -> Bool { server.membership.proposed != nil }

    /// Whether the newest configuration in force is on this server's disk.
    private func isActivationDurable(_ server: Server) -> Bool { activation.map { server.isDurable($0) } ?? true }

    /// Who leads in `configuration`: this server if it is a voter at the same address, else whoever ACKed most of what is
    /// outstanding behind the reconfig (Apache's `getDesignatedLeader`).
    private func designate(in configuration: EnsembleConfiguration, acks: ServerSet, _ server: Server) -> ServerID {
        let (before, after) = (server.membership.committed.server(server.id), configuration.server(server.id))
        if let after, after.isVoter, before?.quorumAddress == after.quorumAddress { return server.id }
        var candidates = configuration.voters.filter { $0 != server.id && acks.contains($0) }
        for later in outstanding {
            let better = candidates.filter { later.acks.contains($0) }
            if better.isEmpty { break }
            candidates = better
        }
        return candidates.first ?? server.id
    }

    /// Commits and takes nothing more. The learners leave by themselves when they have heard of it: to close their connections
    /// now could cost them the news.
    private mutating func handOver(to successor: ServerID?, _ server: Server) {
        handover = (successor, server.now + server.options.tickTime)
    }

    private func endHandover(_ server: inout Server) {
        guard let handover else { return }
        if server.now >= handover.until || !peers.contains(where: \.isSubscribed) {
            server.leave(.configurationChanged, successor: handover.to)
        }
    }

    /// Whether a quorum of `verifier` is here and has our history: what a reconfig needs to be proposed.
    func hasSynced(_ verifier: QuorumVerifier, _ server: Server) -> Bool {
        var here: ServerSet = [server.id]
        for peer in peers where peer.phase == .serving && !peer.isObserver {
            // One that follows and has just become an observer is about to leave and to come back as one.
            let observes = server.membership.committed.server(peer.server)?.isVoter == false
            if !observes { here.insert(peer.server) }
        }
        return verifier.isQuorum(here)
    }

    private mutating func establish(_ server: inout Server) {
        guard case .gathering(let epoch) = phase else { return }
        guard server.isQuorum(entered) || !server.rules.servingNeedsQuorum else { return }
        phase = .serving(epoch)
        server.vote.peerEpoch = epoch
        pingAt = server.now + server.options.tickTime / 2
        server.effects.append(.become(.leading(epoch)))
        if let proposed = server.membership.proposed {
            // A quorum of both configurations has it now: what a former leader began is complete.
            let designated = designate(in: proposed, acks: entered, server)
            putInForce(proposed, &server)
            // Those who hear UPTODATE see for themselves that their leader is none, and hold an election.
            if designated != server.id { handOver(to: nil, server) }
        }
        for index in peers.indices where peers[index].phase == .ready { welcome(index, &server) }
    }

    /// At UPTODATE a learner takes what NEWLEADER offered for committed. So a reconfig that is under way comes first; Apache does
    /// not wait, and its learner uses a configuration that may come to nothing.
    private mutating func welcome(_ index: Int, _ server: inout Server) {
        guard peers[index].offered <= server.membership.committed.version else { return }
        peers[index].phase = .serving
        server.effects.append(.send(.upToDate, to: peers[index].connection))
        for packet in peers[index].heldCommits {
            server.effects.append(.send(packet, to: peers[index].connection))
        }
        peers[index].heldCommits = []
        updateAudience()
    }

    mutating func durable(_ server: inout Server) {
        while let action = held.next(server) { release(action, &server) }
        sendHeldBack(&server)
    }

    private mutating func release(_ action: Held, _ server: inout Server) {
        switch action {
        case .announce(let epoch):
            phase = .agreeing(epoch)
            for index in peers.indices where peers[index].phase == .awaitingEpoch {
                announce(epoch, to: index, &server)
            }
            agree(&server)
        case .gather(let epoch):
            gather(epoch, &server)
        case .acknowledgeNewLeader:
            entered.insert(server.id)
            establish(&server)
        case .acknowledge(let zxid):
            count(zxid, from: server.id, &server)
        }
    }

    // MARK: Requests

    mutating func request(_ request: Quorum.Request, from origin: Quorum.Origin, _ server: inout Server) {
        guard case .serving = phase, drain == nil, handover == nil else { return }
        if request.operation.op == .sync {
            if outstanding.isEmpty || !server.rules.syncAwaitsProposals {
                answerSync(origin, &server)
            } else {
                outstanding[outstanding.endIndex - 1].syncs.append(origin)
            }
        } else {
            server.effects.append(.prepare(request, from: origin))
        }
    }

    mutating func propose(_ transaction: Transaction, _ server: inout Server) {
        guard let zxid = nextZXID(server) else { return }
        invariant(transaction.zxid == zxid, "server \(server.id): proposes \(transaction.zxid), the next is \(zxid)")
        let waits = isReconfiguring(server) || !isActivationDurable(server)
        server.log(transaction)
        outstanding.append(Outstanding(zxid: zxid, acks: []))
        if waits { unsent += 1 } else { tellFollowers(of: transaction, &server) }
        if nextZXID(server) == nil {
            // That was the last one of this epoch (reference 8.15).
            drain = (server.now + server.options.tickTime, .zxidsExhausted(zxid.epoch))
        }
        acknowledge(.acknowledge(zxid), &server)
    }

    private mutating func acknowledge(_ own: Held, _ server: inout Server) {
        if server.rules.ownAckAwaitsDisk { held.hold(own, for: server) } else { release(own, &server) }
    }

    private mutating func tellFollowers(of transaction: Transaction, _ server: inout Server) {
        if !followers.isEmpty { server.effects.append(.broadcast(.proposal(transaction), to: followers)) }
        for index in peers.indices where peers[index].isSubscribed && !peers[index].isObserver {
            peers[index].proposed(transaction.zxid, now: server.now)
        }
    }

    /// Where the reconfig is that waits for the one before it, so that no follower knows of it; nil when none does.
    private func heldReconfig(_ server: Server) -> Deque<Transaction>.Index? {
        guard unsent > 0, let proposed = server.membership.proposed else { return nil }
        return server.uncommitted.suffix(unsent).firstIndex { $0.configuration?.version == proposed.version }
    }

    /// Tells followers what waited for a reconfig, up to and with the next one: what comes behind that waits for it in its turn.
    private mutating func sendHeldBack(_ server: inout Server) {
        guard unsent > 0, isActivationDurable(server) else { return }
        var waiting = server.uncommitted.suffix(unsent)
        if isReconfiguring(server) {
            guard let place = heldReconfig(server) else { return }
            waiting = waiting[...place]
        }
        unsent -= waiting.count
        for transaction in waiting { tellFollowers(of: transaction, &server) }
        commitAcknowledged(&server)
    }

    private mutating func request(_ index: Int, _ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard peers[index].phase == .serving, let forwarded = packet.request else { return false }
        request(forwarded, from: .learner(peers[index].connection), &server)
        return true
    }

    private func answerSync(_ origin: Quorum.Origin, _ server: inout Server) {
        switch origin {
        case .ownClient:
            server.effects.append(.synced)
        case .learner(let connection):
            guard peers.contains(where: { $0.connection == connection }) else { return }
            server.effects.append(.send(.sync, to: connection))
        }
    }

    private func revalidate(_ index: Int, _ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard peers[index].phase == .serving, let question = packet.revalidationRequest else { return false }
        server.effects.append(
            .revalidate(question.session, timeout: question.timeout, for: peers[index].connection))
        return true
    }

    func revalidated(_ session: SessionID, isValid: Bool, for connection: LinkID, _ server: inout Server) {
        guard peers.contains(where: { $0.connection == connection }) else { return }
        server.effects.append(.send(.revalidated(session, isValid: isValid), to: connection))
    }

    private func hearTouches(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard let touches = packet.touches else { return false }
        if !touches.isEmpty { server.effects.append(.touched(touches)) }
        return true
    }

    // MARK: Time

    mutating func tick(_ server: inout Server) {
        closeSilent(&server)
        guard case .serving(let epoch) = phase else {
            if server.now >= giveUpAt { server.leave(.noQuorumInTime(progress)) }
            return
        }
        if let drain, server.now >= drain.until { server.leave(drain.because) }
        endHandover(&server)
        guard server.now >= pingAt else { return }
        pingAt = server.now + server.options.tickTime / 2
        let last = max(server.lastLogged, ZXID(epoch: epoch, counter: 0))
        for peer in peers where peer.phase.isBehindNewLeader {
            server.effects.append(.send(.ping(last), to: peer.connection))
        }
        checksQuorum.toggle()
        if !checksQuorum { checkQuorum(&server) }
    }

    private var progress: Quorum.LeaderProgress {
        switch phase {
        case .discovering: .awaitingLearners
        case .storing(let epoch), .agreeing(let epoch): .awaitingPromises(epoch)
        case .entering(let epoch), .gathering(let epoch), .serving(let epoch): .awaitingNewLeaderAcks(epoch)
        }
    }

    /// A leader cut off from its quorum must not go on as if it led (reference 8.10).
    private func checkQuorum(_ server: inout Server) {
        var here: ServerSet = [server.id]
        for peer in peers where peer.phase.isBehindNewLeader && counts(peer, server) { here.insert(peer.server) }
        if !server.isQuorum(here), server.rules.leadingNeedsQuorum {
            server.leave(.quorumLost(stillHere: here))
        }
    }

    private mutating func closeSilent(_ server: inout Server) {
        var index = 0
        while index < peers.count {
            if let reason = peers[index].overdue(server) {
                close(index, because: reason, &server)
            } else {
                index += 1
            }
        }
    }

    /// Commits what is outstanding, takes nothing new, then ends.
    mutating func shutDown(_ server: inout Server) {
        if outstanding.isEmpty || handover != nil {
            server.leave(.shutDown)
        } else {
            drain = (server.now + server.options.tickTime, .shutDown)
        }
    }
}
