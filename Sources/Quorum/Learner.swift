import Membership
import ZooKeeperProtocol

/// A server that follows or observes a leader: finds it, promises its epoch, takes over its history, then logs and
/// applies what it sends (reference 8.3 to 8.13; Apache's `Learner`, `Follower`, `Observer`).
///
/// Proposals are logged as they come and commits applied as they come, also while synchronising. That is safe: the log
/// is at every moment a prefix of the leader's history, nothing is served before UPTODATE, and NEWLEADER is ACKed
/// behind all of it.
///
/// The handler of a packet has the packet's name, and returns false when the leader must not send that packet now.
/// Docs/quorum.md draws the states.
struct Learner: Sendable {
    enum Kind: Hashable, Sendable { case follower, observer }

    enum State: Sendable {
        /// Trying until `giveUpAt`; `retryAt` is nil while an attempt is under way.
        case connecting(pause: Milliseconds, retryAt: Milliseconds?)
        case connected(LinkID, Phase)
        /// The connection broke; the role ends.
        case disconnected
    }

    /// How far a learner is with its leader. Each phase has what exists only in it.
    enum Phase: Sendable {
        /// FOLLOWERINFO is sent, LEADERINFO awaited.
        case discovering
        /// acceptedEpoch is being stored, then ACKEPOCH is sent; DIFF, TRUNC or SNAP awaited.
        case promising(Epoch)
        /// SNAP came, its stream has not yet.
        case receivingSnapshot(Epoch, ZXID)
        /// PROPOSALs and COMMITs until NEWLEADER.
        case synchronising(Epoch)
        /// NEWLEADER came, perhaps with a configuration, which is in force from UPTODATE on. History and currentEpoch
        /// are being stored.
        case entering(Epoch, offered: EnsembleConfiguration?)
        /// NEWLEADER is ACKed, UPTODATE awaited.
        case entered(Epoch, offered: EnsembleConfiguration?)
        case serving(Epoch)
    }

    /// What waits for the disk.
    private enum Held: Sendable {
        case ackEpoch(QuorumPacket)
        case ackOfNewLeader(Epoch)
        /// ACK of a txn that was already there at NEWLEADER: only needed if it is not committed yet.
        case earlierAck(ZXID)
        case ack(ZXID)
    }

    let leader: ServerID
    let kind: Kind
    /// When a leader that cannot be reached is given up.
    private let giveUpAt: Milliseconds
    private(set) var state: State
    private var held = HeldBack<Held>()
    private var lastHeard: Milliseconds
    /// Sessions heard since the last PING.
    private var touched: [SessionID: Int32] = [:]

    init(leader: ServerID, kind: Kind, _ server: inout Server) {
        self.leader = leader
        self.kind = kind
        lastHeard = server.now
        giveUpAt = server.now + server.options.connectPatience
        state = .connecting(pause: Self.firstPause, retryAt: nil)
        server.effects.append(.connect(to: leader))
    }

    private static let firstPause: Milliseconds = 10

    var status: Quorum.Status {
        guard case .connected(_, .serving(let epoch)) = state else { return .joining(leader) }
        return kind == .follower ? .following(leader, epoch) : .observing(leader, epoch)
    }

    func deadline(_ server: Server) -> Milliseconds {
        switch state {
        case .connecting(_, let retryAt): min(retryAt ?? giveUpAt, giveUpAt)
        case .connected(_, .discovering), .connected(_, .promising), .connected(_, .receivingSnapshot),
            .connected(_, .synchronising):
            lastHeard + server.options.initTimeout
        case .connected(_, .entering), .connected(_, .entered), .connected(_, .serving):
            lastHeard + server.options.syncTimeout
        case .disconnected: .max
        }
    }

    // MARK: The connection

    mutating func connected(_ connection: LinkID, to peer: ServerID, _ server: inout Server) {
        guard case .connecting = state, peer == leader else {
            server.effects.append(.close(connection, because: .roleEnded))
            return
        }
        lastHeard = server.now
        state = .connected(connection, .discovering)
        let info = LearnerInfo(server: server.id, configVersion: server.membership.committed.version)
        server.effects.append(
            .send(.learnerInfo(info, observer: kind == .observer, acceptedEpoch: server.acceptedEpoch), to: connection))
    }

    mutating func connectFailed(to peer: ServerID, _ server: inout Server) {
        guard case .connecting(let pause, nil) = state, peer == leader else { return }
        if server.unreachable.contains(leader) {
            server.leave(.leaderUnreachable(leader))
        } else {
            state = .connecting(pause: pause, retryAt: server.now + pause)
        }
    }

    /// Neither its election port answers nor its quorum port.
    func unreachable(_ peer: ServerID, _ server: inout Server) {
        guard case .connecting(_, .some) = state, peer == leader else { return }
        server.leave(.leaderUnreachable(leader))
    }

    mutating func disconnected(_ connection: LinkID, _ server: inout Server) {
        guard case .connected(connection, let phase) = state else { return }
        // A leader that does not know yet that it leads closes the connections of learners.
        if case .discovering = phase, server.now < giveUpAt, !server.unreachable.contains(leader) {
            state = .connecting(pause: Self.firstPause * 2, retryAt: server.now + Self.firstPause)
        } else {
            state = .disconnected
            // The next election does not wait for its vote, unless it is heard.
            server.unreachable.insert(leader)
            server.leave(.connectionLost(leader))
        }
    }

    /// Lets go of the leader.
    func end(_ server: inout Server) {
        if case .connected(let connection, _) = state {
            server.effects.append(.close(connection, because: .roleEnded))
        }
    }

    // MARK: Other inputs

    mutating func tick(_ server: inout Server) {
        guard server.now >= deadline(server) else { return }
        switch state {
        case .connecting(let pause, let retryAt):
            if server.now >= giveUpAt {
                server.leave(.leaderUnreachable(leader))
            } else if retryAt != nil {
                state = .connecting(pause: min(pause * 2, 100), retryAt: nil)
                server.effects.append(.connect(to: leader))
            }
        case .connected:
            server.leave(.leaderSilent(leader, for: server.now - lastHeard))
        case .disconnected:
            break
        }
    }

    /// A leader that looks for a leader itself, in a later round or in this one with a vote for another server, takes
    /// no learner.
    func notification(_ notification: Notification, from sender: ServerID, _ server: inout Server) {
        guard sender == leader, notification.state == .looking else { return }
        let round = notification.electionEpoch
        guard round > server.voteRound || round == server.voteRound && notification.leader != leader else { return }
        switch state {
        case .connecting, .connected(_, .discovering): server.leave(.leaderLooks(leader))
        case .connected, .disconnected: break
        }
    }

    mutating func durable(_ server: inout Server) {
        while let action = held.next(server) { release(action, &server) }
    }

    mutating func snapshotArrived(on arrived: LinkID, _ server: inout Server) {
        guard case .connected(arrived, .receivingSnapshot(let epoch, let zxid)) = state else { return }
        lastHeard = server.now
        server.restore(from: arrived, at: zxid)
        state = .connected(arrived, .synchronising(epoch))
    }

    func request(_ request: Quorum.Request, _ server: inout Server) {
        guard case .connected(let connection, .serving) = state else { return }
        server.effects.append(.send(.request(request), to: connection))
    }

    func revalidate(_ session: SessionID, timeout: Int32, _ server: inout Server) {
        guard case .connected(let connection, .serving) = state else { return }
        server.effects.append(.send(.revalidate(session, timeout: timeout), to: connection))
    }

    mutating func touch(_ session: SessionID, timeout: Int32) { touched[session] = timeout }

    // MARK: Packets

    mutating func receive(_ packet: QuorumPacket, from sender: LinkID, _ server: inout Server) {
        guard case .connected(sender, _) = state else { return }
        lastHeard = server.now
        let isExpected =
            switch packet.type {
            case .leaderInfo: leaderInfo(packet, &server)
            case .diff, .trunc, .snap: synchronise(packet, &server)
            case .proposal: proposal(packet, &server)
            case .commit: commit(packet.zxid, &server)
            case .inform: log(packet, &server) && commit(packet.zxid, &server)
            case .commitAndActivate: commitAndActivate(packet, &server)
            case .informAndActivate: informAndActivate(packet, &server)
            case .newLeader: newLeader(packet, &server)
            case .upToDate: upToDate(&server)
            case .ping: ping(packet, &server)
            case .sync: sync(&server)
            case .revalidate: revalidated(packet, &server)
            case .request, .ack, .followerInfo, .observerInfo, .ackEpoch: false
            // From a newer version: ignored, as Apache does.
            default: true
            }
        if !isExpected { server.leave(.unexpected(packet.type, from: leader)) }
    }

    private mutating func leaderInfo(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard case .connected(let connection, .discovering) = state else { return false }
        let epoch = packet.zxid.epoch
        guard epoch >= server.acceptedEpoch else {
            server.leave(.epochTooLow(epoch, accepted: server.acceptedEpoch))
            return true
        }
        // A promise of this epoch that was given before must not count again: two leaders would have the same epoch.
        let isNew = epoch > server.acceptedEpoch
        if isNew { server.storeAcceptedEpoch(epoch) }
        state = .connected(connection, .promising(epoch))
        let last = server.mustBeReplaced ? .zero : server.lastLogged
        let answer = QuorumPacket.ackEpoch(last, currentEpoch: isNew ? server.currentEpoch : nil)
        held.hold(.ackEpoch(answer), for: server)
        durable(&server)
        return true
    }

    /// DIFF, TRUNC or SNAP.
    private mutating func synchronise(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard case .connected(let connection, .promising(let epoch)) = state else { return false }
        if packet.type == .snap {
            state = .connected(connection, .receivingSnapshot(epoch, packet.zxid))
            return true
        }
        if packet.type == .trunc {
            guard server.canTruncate(to: packet.zxid) else {
                server.leave(.cannotTruncate(to: packet.zxid))
                return true
            }
            if server.rules.truncCutsLog { server.truncate(to: packet.zxid) }
        }
        state = .connected(connection, .synchronising(epoch))
        return true
    }

    private mutating func proposal(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        let logged = server.lastLogged
        guard log(packet, &server) else { return false }
        // What comes before NEWLEADER is ACKed with that.
        if case .connected(_, .synchronising) = state { return true }
        if server.lastLogged > logged {
            acknowledge(.ack(packet.zxid), onceDurable: server.rules.proposalAckAwaitsDisk, &server)
        }
        return true
    }

    private func log(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        switch state {
        case .connected(_, .synchronising), .connected(_, .entering), .connected(_, .entered), .connected(_, .serving):
            break
        case .connecting, .connected(_, .discovering), .connected(_, .promising), .connected(_, .receivingSnapshot),
            .disconnected:
            return false
        }
        guard let bytes = packet.data else { return false }
        if server.rules.gapsAreRefused {
            // The next of its epoch, or the first of a later one: anything else is a gap (ZOOKEEPER-4925).
            guard packet.zxid.follows(server.lastLogged) else { return false }
        } else if packet.zxid <= server.lastLogged {
            return true
        }
        server.log(Transaction(zxid: packet.zxid, bytes: bytes))
        if !server.rules.appliesOnlyCommitted { server.commitNext() }
        return true
    }

    private func commit(_ zxid: ZXID, _ server: inout Server) -> Bool {
        guard let next = server.uncommitted.first else { return true }
        if zxid <= server.lastApplied { return true }
        guard zxid == next.zxid else { return !server.rules.gapsAreRefused }
        server.commitNext()
        return true
    }

    /// A commit with a new configuration, and whom it leaves as leader.
    private func commitAndActivate(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        let next = server.uncommitted.first
        let configuration = next?.zxid == packet.zxid ? next?.configuration : nil
        guard let designated = packet.designatedLeader, commit(packet.zxid, &server) else { return false }
        guard server.options.reconfigEnabled, let configuration else { return true }
        server.activate(configuration)
        if designated != leader || server.learnerKind != kind {
            // Without an election, as all the others do (reference 8.17).
            server.leave(.configurationChanged, successor: designated)
        }
        return true
    }

    private func informAndActivate(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard let data = packet.data, data.count > 8 else { return false }
        let inform = QuorumPacket(.inform, zxid: packet.zxid, data: [UInt8](data[8...]))
        return log(inform, &server) && commitAndActivate(packet, &server)
    }

    private mutating func newLeader(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard case .connected(let connection, .synchronising(let epoch)) = state,
            packet.zxid == ZXID(epoch: epoch, counter: 0)
        else { return false }
        var offered: EnsembleConfiguration?
        if server.options.reconfigEnabled, let text = packet.data, text.count > 1 {
            guard let configuration = EnsembleConfiguration(text: String(decoding: text, as: UTF8.self)) else {
                return false
            }
            offered = configuration
            server.takeOver(configuration)
            guard server.learnerKind == kind else {
                server.leave(.configurationChanged, successor: leader)
                return true
            }
        }
        state = .connected(connection, .entering(epoch, offered: offered))
        server.storeCurrentEpoch(epoch)
        acknowledge(.ackOfNewLeader(epoch), onceDurable: server.rules.newLeaderAckAwaitsDisk, &server)
        if kind == .follower {
            for transaction in server.uncommitted { held.hold(.earlierAck(transaction.zxid), for: server) }
        }
        return true
    }

    private mutating func upToDate(_ server: inout Server) -> Bool {
        guard case .connected(let connection, .entered(let epoch, let offered)) = state else { return false }
        if let offered {
            server.activate(offered)
            // The reconfig that the leader completed may have changed its role or this server's.
            guard server.membership.committed.voters.contains(leader) else {
                server.leave(.configurationChanged)
                return true
            }
            guard server.learnerKind == kind else {
                server.leave(.configurationChanged, successor: leader)
                return true
            }
        }
        state = .connected(connection, .serving(epoch))
        server.effects.append(.send(.ack(ZXID(epoch: epoch, counter: 0)), to: connection))
        server.vote.peerEpoch = epoch
        server.effects.append(.become(status))
        return true
    }

    private mutating func ping(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        // Before UPTODATE a PING is not answered: an Apache leader takes the first packet for the ACK of NEWLEADER.
        guard case .connected(let connection, .serving) = state else { return true }
        let touches = touched.map { SessionTimeout(session: $0.key, timeout: $0.value) }
            .sorted { $0.session < $1.session }
        touched.removeAll(keepingCapacity: true)
        server.effects.append(.send(.pong(packet.zxid, touches), to: connection))
        return true
    }

    private func sync(_ server: inout Server) -> Bool {
        guard case .connected(_, .serving) = state else { return false }
        server.effects.append(.synced)
        return true
    }

    private func revalidated(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard case .connected(_, .serving) = state, let answer = packet.revalidation else { return false }
        server.effects.append(.revalidated(answer.session, isValid: answer.isValid))
        return true
    }

    // MARK: ACKs

    private mutating func acknowledge(_ action: Held, onceDurable: Bool, _ server: inout Server) {
        if onceDurable { held.hold(action, for: server) } else { release(action, &server) }
    }

    private mutating func release(_ action: Held, _ server: inout Server) {
        guard case .connected(let connection, let phase) = state else { return }
        switch action {
        case .ackEpoch(let packet):
            server.effects.append(.send(packet, to: connection))
        case .ackOfNewLeader(let epoch):
            guard case .entering(_, let offered) = phase else { return }
            state = .connected(connection, .entered(epoch, offered: offered))
            server.effects.append(.send(.ack(ZXID(epoch: epoch, counter: 0)), to: connection))
        case .earlierAck(let zxid):
            guard zxid > server.lastApplied else { return }
            server.effects.append(.send(.ack(zxid), to: connection))
        case .ack(let zxid):
            server.effects.append(.send(.ack(zxid), to: connection))
        }
    }
}
