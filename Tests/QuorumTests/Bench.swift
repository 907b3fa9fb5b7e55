import Jute
import Membership
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// A `Quorum` on a workbench: its effects are gathered, its disk may be quick or held.
struct Bench {
    var quorum: Quorum
    /// All effects since the last `take`.
    private(set) var effects: [Quorum.Effect] = []
    /// Whether writes are durable as soon as they are asked for.
    var diskIsQuick = true
    private(set) var lastWrite = WriteTicket(rawValue: 0)
    private var lastStored = WriteTicket(rawValue: 0)
    var now: Milliseconds = 1000
    /// How its states have changed, from step to step.
    private(set) var arrows: Set<StateDiagram.Arrow> = []

    init(
        _ id: ServerID, voters: [ServerID] = [1, 2, 3], observers: [ServerID] = [],
        configuration: EnsembleConfiguration? = nil, proposed: EnsembleConfiguration? = nil,
        options: QuorumOptions = QuorumOptions(), recovered: RecoveredState = RecoveredState(), diskIsQuick: Bool = true
    ) {
        quorum = Quorum(
            id: id, configuration: configuration ?? EnsembleConfiguration(voters: voters, observers: observers),
            proposed: proposed, options: options, recovered: recovered)
        self.diskIsQuick = diskIsQuick
        put(.start)
    }

    mutating func put(_ input: Quorum.Input) {
        step(input)
        if diskIsQuick { sync() }
    }

    /// The disk does all that was asked of it.
    mutating func sync() {
        while lastStored < lastWrite {
            lastStored = lastWrite
            step(.durable(lastStored))
        }
    }

    mutating func wait(_ milliseconds: Milliseconds) {
        now += milliseconds
        put(.tick)
    }

    private mutating func step(_ input: Quorum.Input) {
        let before = quorum.states
        var beganAnew = false
        quorum.step(input, now: now)
        while let effect = quorum.nextEffect() {
            if case .write(_, let ticket) = effect { lastWrite = ticket }
            if case .become(.looking) = effect { beganAnew = true }
            effects.append(effect)
        }
        arrows.formUnion(
            StateDiagram.documented.check(before, quorum.states, beganAnew: beganAnew, isSingle: true))
    }

    mutating func take() -> [Quorum.Effect] {
        defer { effects = [] }
        return effects
    }

    // MARK: Shortcuts

    /// Makes it settle on `leader`, as everybody else has.
    mutating func join(_ leader: ServerID, epoch: Epoch = Epoch(rawValue: 1)) {
        for voter in quorum.membership.voters where voter != quorum.id {
            put(
                .notification(
                    Notification(
                        state: voter == leader ? .leading : .following, leader: leader, zxid: .zero, electionEpoch: 7,
                        peerEpoch: epoch, config: nil), from: voter))
        }
    }

    /// Makes it win an election in which everybody votes for it.
    ///
    /// - Parameter round: counts its elections.
    mutating func win(round: Int64 = 1) {
        let vote = Vote(leader: quorum.id, zxid: quorum.lastLogged, peerEpoch: quorum.currentEpoch)
        for voter in quorum.membership.voters where voter != quorum.id {
            put(
                .notification(
                    Notification(
                        state: .looking, leader: vote.leader, zxid: vote.zxid, electionEpoch: round,
                        peerEpoch: vote.peerEpoch,
                        config: nil), from: voter))
        }
    }
}

extension [Quorum.Effect] {
    /// What was sent to one connection, in order, without PINGs.
    func packets(to connection: LinkID) -> [QuorumPacket] {
        compactMap { effect in
            switch effect {
            case .send(let packet, connection) where packet.type != .ping: packet
            case .broadcast(let packet, let connections) where connections.contains(connection): packet
            case .sendSnapshot(let zxid, connection): QuorumPacket(.snap, zxid: zxid)
            default: nil
            }
        }
    }

    func notifications(to peer: ServerID) -> [Notification] {
        compactMap { if case .notify(let notification, peer) = $0 { notification } else { nil } }
    }

    var statuses: [Quorum.Status] { compactMap { if case .become(let status) = $0 { status } else { nil } } }
    var writes: [Quorum.Write] { compactMap { if case .write(let write, _) = $0 { write } else { nil } } }
    var applied: [ZXID] { compactMap { if case .apply(let transaction) = $0 { transaction.zxid } else { nil } } }
    var closed: [LinkID: Quorum.CloseReason] {
        reduce(into: [:]) { if case .close(let connection, let reason) = $1 { $0[connection] = reason } }
    }
}

extension LinkID: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt64) { self.init(rawValue: value) }
}

extension EnsembleConfiguration {
    /// Without a text, as where configurations never change.
    init(
        voters: [ServerID], observers: [ServerID] = [], groups: [Int64: [ServerID]] = [:],
        weights: [ServerID: Int64] = [:]
    ) {
        let ids = voters + observers
        self.init(
            servers: ids.map {
                ServerLine(
                    id: $0, host: "h\($0)", quorumPort: 2888, electionPort: 3888,
                    role: observers.contains($0) ? .observer : .participant)
            }, groups: groups, weights: weights, text: "")
    }
}
