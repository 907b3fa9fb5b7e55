import DequeModule
import Membership
import ZooKeeperProtocol

/// A server that follows or observes a leader: finds it, promises its epoch, takes over its history, then logs and applies
/// what it sends (reference 8.3 to 8.13; Apache's `Learner`, `Follower`, `Observer`).
///
/// ```
/// connecting ─► discovering ─► promising ─► synchronising ─► entering ─► entered ─► serving
///                 FOLLOWERINFO   ACKEPOCH      ▲     │  NEWLEADER    ACK     UPTODATE
///                                              └ receivingSnapshot
/// ```
/// Proposals are logged as they come and commits applied as they come, also while synchronising. That is safe: the log is
/// at every moment a prefix of the leader's history, nothing is served before UPTODATE, and NEWLEADER is ACKed behind
/// all of it.
struct Learner: Sendable {
    enum Kind: Hashable, Sendable { case follower, observer }

    private enum Phase: Hashable, Sendable {
        /// Trying until `giveUpAt`; `retryAt` is nil while an attempt is under way.
        case connecting(pause: Milliseconds, retryAt: Milliseconds?)
        /// FOLLOWERINFO is sent, LEADERINFO awaited.
        case discovering
        /// acceptedEpoch is being stored, then ACKEPOCH is sent; DIFF, TRUNC or SNAP awaited.
        case promising(Epoch)
        /// SNAP came, its stream has not yet.
        case receivingSnapshot(Epoch, ZXID)
        /// PROPOSALs and COMMITs until NEWLEADER.
        case synchronising(Epoch)
        /// NEWLEADER came; history and currentEpoch are being stored.
        case entering(Epoch)
        /// NEWLEADER is ACKed, UPTODATE awaited.
        case entered(Epoch)
        case serving(Epoch)
    }

    private enum Held: Sendable {
        case acknowledgeEpoch(QuorumPacket)
        case acknowledgeNewLeader(Epoch)
        /// ACK of a txn that was already there at NEWLEADER: only needed if it is not committed yet.
        case acknowledgeEarlier(ZXID)
        case acknowledge(ZXID)
    }

    let leader: ServerID
    let kind: Kind
    /// When a leader that cannot be reached is given up.
    private let giveUpAt: Milliseconds
    private var phase: Phase
    /// Nil while connecting.
    private var connection: LinkID?
    private var held = HeldBack<Held>()
    private var lastHeard: Milliseconds
    /// Sessions heard since the last PING.
    private var touched: [SessionID: Int32] = [:]
    /// The configuration that came with NEWLEADER, in force from UPTODATE on.
    private var offered: EnsembleConfiguration?

    init(leader: ServerID, kind: Kind, _ server: inout Server) {
        self.leader = leader
        self.kind = kind
        lastHeard = server.now
        giveUpAt = server.now + server.options.connectPatience
        phase = .connecting(pause: Self.firstPause, retryAt: nil)
        server.effects.append(.connect(to: leader))
    }

    private static let firstPause: Milliseconds = 10

    var status: Quorum.Status {
        switch (phase, kind) {
        case (.serving(let epoch), .follower): .following(leader, epoch)
        case (.serving(let epoch), .observer): .observing(leader, epoch)
        default: .joining(leader)
        }
    }

    func deadline(_ server: Server) -> Milliseconds {
        switch phase {
        case .connecting(_, let retryAt): min(retryAt ?? giveUpAt, giveUpAt)
        case .discovering, .promising, .receivingSnapshot, .synchronising: lastHeard + server.options.initTimeout
        case .entering, .entered, .serving: lastHeard + server.options.syncTimeout
        }
    }

    // MARK: Inputs

    mutating func tick(_ server: inout Server) {
        guard server.now >= deadline(server) else { return }
        switch phase {
        case .connecting(let pause, let retryAt):
            if server.now >= giveUpAt {
                server.leave(.leaderUnreachable(leader))
            } else if retryAt != nil {
                phase = .connecting(pause: min(pause * 2, 100), retryAt: nil)
                server.effects.append(.connect(to: leader))
            }
        case .discovering, .promising, .receivingSnapshot, .synchronising, .entering, .entered, .serving:
            server.leave(.leaderSilent(leader, for: server.now - lastHeard))
        }
    }

    mutating func connected(_ connection: LinkID, to peer: ServerID, _ server: inout Server) {
        guard case .connecting = phase, peer == leader else {
            server.effects.append(.close(connection, because: .roleEnded))
            return
        }
        self.connection = connection
        lastHeard = server.now
        phase = .discovering
        let info = LearnerInfo(
            server: server.id, configVersion: server.membership.committed.version)
        server.effects.append(
            .send(.learnerInfo(info, observer: kind == .observer, acceptedEpoch: server.acceptedEpoch), to: connection))
    }

    mutating func connectFailed(to peer: ServerID, _ server: inout Server) {
        guard case .connecting(let pause, nil) = phase, peer == leader else { return }
        if server.unreachable.contains(leader) {
            server.leave(.leaderUnreachable(leader))
        } else {
            phase = .connecting(pause: pause, retryAt: server.now + pause)
        }
    }

    /// Neither its election port answers nor its quorum port: nothing is worth waiting for.
    func unreachable(_ peer: ServerID, _ server: inout Server) {
        guard case .connecting(_, .some) = phase, peer == leader else { return }
        server.leave(.leaderUnreachable(leader))
    }

    mutating func disconnected(_ gone: LinkID, _ server: inout Server) {
        guard gone == connection else { return }
        // A leader that was elected a moment later than we were told closes the connections of learners too early.
        connection = nil
        if case .discovering = phase, server.now < giveUpAt, !server.unreachable.contains(leader) {
            phase = .connecting(pause: Self.firstPause * 2, retryAt: server.now + Self.firstPause)
        } else {
            // The next election does not wait for its vote, unless it is heard.
            server.unreachable.insert(leader)
            server.leave(.connectionLost(leader))
        }
    }

    /// A leader that looks for one itself, in a later round or in this one for somebody else, will not take anybody in.
    mutating func hear(_ notification: Notification, from sender: ServerID, _ server: inout Server) {
        guard sender == leader, notification.state == .looking else { return }
        let round = notification.electionEpoch
        guard round > server.voteRound || round == server.voteRound && notification.leader != leader else { return }
        switch phase {
        case .connecting, .discovering: server.leave(.leaderLooks(leader))
        case .promising, .receivingSnapshot, .synchronising, .entering, .entered, .serving: break
        }
    }

    mutating func durable(_ server: inout Server) {
        while let action = held.next(server) { release(action, &server) }
    }

    mutating func request(_ request: Quorum.Request, _ server: inout Server) {
        guard case .serving = phase, let connection else { return }
        server.effects.append(.send(.request(request), to: connection))
    }

    mutating func revalidate(_ session: SessionID, timeout: Int32, _ server: inout Server) {
        guard case .serving = phase, let connection else { return }
        server.effects.append(.send(.revalidate(session, timeout: timeout), to: connection))
    }

    mutating func touch(_ session: SessionID, timeout: Int32) { touched[session] = timeout }

    mutating func snapshotArrived(on arrived: LinkID, _ server: inout Server) {
        guard case .receivingSnapshot(let epoch, let zxid) = phase, arrived == connection else { return }
        lastHeard = server.now
        server.restore(from: arrived, at: zxid)
        phase = .synchronising(epoch)
    }

    mutating func receive(_ packet: QuorumPacket, from sender: LinkID, _ server: inout Server) {
        guard sender == connection else { return }
        lastHeard = server.now
        guard handle(packet, &server) else {
            server.leave(.unexpected(packet.type, from: leader))
            return
        }
    }

    /// Lets go of the leader.
    mutating func end(_ server: inout Server) {
        if let connection { server.effects.append(.close(connection, because: .roleEnded)) }
    }

    // MARK: Packets

    /// False when the leader must not send this now.
    private mutating func handle(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        switch packet.type {
        case .leaderInfo:
            return promise(packet, &server)
        case .diff, .trunc, .snap:
            return beginSynchronising(packet, &server)
        case .proposal:
            return log(packet, &server)
        case .commit:
            return commit(packet.zxid, &server)
        case .inform:
            guard log(packet, &server) else { return false }
            return commit(packet.zxid, &server)
        case .commitAndActivate:
            return commitAndActivate(packet, &server)
        case .informAndActivate:
            guard let data = packet.data, data.count > 8 else { return false }
            let inform = QuorumPacket(.inform, zxid: packet.zxid, data: [UInt8](data[8...]))
            guard log(inform, &server) else { return false }
            return commitAndActivate(packet, &server)
        case .newLeader:
            return enter(packet, &server)
        case .upToDate:
            return serve(&server)
        case .ping:
            // Before UPTODATE a PING is not answered: an Apache leader takes the first packet for the ACK of NEWLEADER.
            guard case .serving = phase, let connection else { return true }
            let touches = touched.map { SessionTimeout(session: $0.key, timeout: $0.value) }
                .sorted { $0.session < $1.session }
            touched.removeAll(keepingCapacity: true)
            server.effects.append(.send(.pong(packet.zxid, touches), to: connection))
            return true
        case .sync:
            guard case .serving = phase else { return false }
            server.effects.append(.synced)
            return true
        case .revalidate:
            guard case .serving = phase, let answer = packet.revalidation else { return false }
            server.effects.append(.revalidated(answer.session, isValid: answer.isValid))
            return true
        case .request, .ack, .followerInfo, .observerInfo, .ackEpoch:
            return false
        default:
            // From a newer version: ignored, as Apache does.
            return true
        }
    }

    private mutating func promise(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard case .discovering = phase else { return false }
        let epoch = packet.zxid.epoch
        guard epoch >= server.acceptedEpoch else {
            server.leave(.epochTooLow(epoch, accepted: server.acceptedEpoch))
            return true
        }
        // Having promised this epoch already, to whomever, must not count a second time: two leaders would share it.
        let isNew = epoch > server.acceptedEpoch
        if epoch > server.acceptedEpoch { server.accept(epoch) }
        phase = .promising(epoch)
        let last = server.mustBeReplaced ? .zero : server.lastLogged
        let answer = QuorumPacket.ackEpoch(last, currentEpoch: isNew ? server.currentEpoch : nil)
        held.hold(.acknowledgeEpoch(answer), for: server)
        durable(&server)
        return true
    }

    private mutating func beginSynchronising(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard case .promising(let epoch) = phase else { return false }
        switch packet.type {
        case .snap:
            phase = .receivingSnapshot(epoch, packet.zxid)
        case .trunc:
            guard server.canTruncate(to: packet.zxid) else {
                server.leave(.cannotTruncate(to: packet.zxid))
                return true
            }
            phase = .synchronising(epoch)
            if server.rules.truncCutsLog { server.truncate(to: packet.zxid) }
        default:
            phase = .synchronising(epoch)
        }
        return true
    }

    private mutating func log(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        switch phase {
        case .synchronising, .entering, .entered, .serving: break
        case .connecting, .discovering, .promising, .receivingSnapshot: return false
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
        guard packet.type == .proposal else { return true }
        switch phase {
        case .entering, .entered, .serving:
            acknowledge(.acknowledge(packet.zxid), onceDurable: server.rules.proposalAckAwaitsDisk, &server)
        case .connecting, .discovering, .promising, .receivingSnapshot, .synchronising:
            break
        }
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

    private mutating func enter(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard case .synchronising(let epoch) = phase, packet.zxid == ZXID(epoch: epoch, counter: 0) else {
            return false
        }
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
        phase = .entering(epoch)
        server.enter(epoch)
        acknowledge(.acknowledgeNewLeader(epoch), onceDurable: server.rules.newLeaderAckAwaitsDisk, &server)
        if kind == .follower {
            for transaction in server.uncommitted { held.hold(.acknowledgeEarlier(transaction.zxid), for: server) }
        }
        return true
    }

    private mutating func serve(_ server: inout Server) -> Bool {
        guard case .entered(let epoch) = phase, let connection else { return false }
        if let offered { server.activate(offered) }
        let membership = server.membership
        if server.options.reconfigEnabled, offered != nil {
            // What the leader completed may have ended its own part, or changed ours.
            guard membership.committed.voters.contains(leader) else {
                server.leave(.configurationChanged)
                return true
            }
            guard server.learnerKind == kind else {
                server.leave(.configurationChanged, successor: leader)
                return true
            }
        }
        phase = .serving(epoch)
        server.effects.append(.send(.ack(ZXID(epoch: epoch, counter: 0)), to: connection))
        server.vote.peerEpoch = epoch
        server.effects.append(.become(status))
        return true
    }

    private mutating func acknowledge(_ action: Held, onceDurable: Bool, _ server: inout Server) {
        if onceDurable { held.hold(action, for: server) } else { release(action, &server) }
    }

    private mutating func release(_ action: Held, _ server: inout Server) {
        guard let connection else { return }
        switch action {
        case .acknowledgeEpoch(let packet):
            server.effects.append(.send(packet, to: connection))
        case .acknowledgeNewLeader(let epoch):
            phase = .entered(epoch)
            server.effects.append(.send(.ack(ZXID(epoch: epoch, counter: 0)), to: connection))
        case .acknowledgeEarlier(let zxid):
            guard zxid > server.lastApplied else { return }
            server.effects.append(.send(.ack(zxid), to: connection))
        case .acknowledge(let zxid):
            server.effects.append(.send(.ack(zxid), to: connection))
        }
    }
}
