import Membership
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// Several servers whose messages arrive at once and in order, whose disks are quick, and whose clock stands still
/// unless told to move: whatever they bring about without it needs no fixed wait.
struct Ensemble {
    private enum Delivery {
        case input(Quorum.Input)
        /// Somebody dialled; the connection gets its number at both ends.
        case dialled(by: ServerID)
    }

    private(set) var servers: [ServerID: Quorum] = [:]
    /// The configurations each server has activated.
    private(set) var activated: [ServerID: [EnsembleConfiguration]] = [:]
    private(set) var applied: [ServerID: [ZXID]] = [:]
    private var queue: [(to: ServerID, Delivery)] = []
    private var ends: [ServerID: [LinkID: (peer: ServerID, connection: LinkID)]] = [:]
    private var lastConnection: UInt64 = 0
    private(set) var now: Milliseconds = 1000
    /// Deliveries to these servers wait.
    var held: Set<ServerID> = []
    /// ACKs get lost (and their connections are about to).
    var mutesAcks = false

    init(
        _ ids: [ServerID], _ configuration: EnsembleConfiguration, _ options: QuorumOptions = QuorumOptions(),
        recovered: [ServerID: RecoveredState] = [:]
    ) {
        for id in ids {
            servers[id] = Quorum(
                id: id, configuration: configuration, options: options, recovered: recovered[id] ?? RecoveredState())
            queue.append((id, .input(.start)))
        }
        run()
    }

    var leader: ServerID? { servers.first { if case .leading = $0.value.status { true } else { false } }?.key }

    func status(_ id: ServerID) -> Quorum.Status? { servers[id]?.status }

    /// The process ends (kill -9): its peers see their connections break, in the order of `tells`.
    mutating func kill(_ id: ServerID, tells: [ServerID]) {
        servers[id] = nil
        queue.removeAll { $0.to == id }
        for peer in tells { lose(id, at: peer) }
    }

    /// `peer` sees that its connections to `id` are broken.
    mutating func lose(_ id: ServerID, at peer: ServerID) {
        for (connection, end) in (ends[peer] ?? [:]).sorted(by: { $0.key < $1.key }) where end.peer == id {
            ends[peer]?[connection] = nil
            queue.append((peer, .input(.disconnected(connection))))
        }
        queue.append((peer, .input(.unreachable(id))))
    }

    /// The process starts (again), from what its disk holds.
    mutating func start(_ id: ServerID, _ configuration: EnsembleConfiguration, _ recovered: RecoveredState) {
        servers[id] = Quorum(id: id, configuration: configuration, recovered: recovered)
        put(.start, to: id)
    }

    mutating func put(_ input: Quorum.Input, to id: ServerID) {
        queue.append((id, .input(input)))
        run()
    }

    mutating func wait(_ milliseconds: Milliseconds) {
        now += milliseconds
        for id in servers.keys.sorted() { queue.append((id, .input(.tick))) }
        run()
    }

    /// Until nothing is under way but what is held.
    mutating func run() {
        while let place = queue.firstIndex(where: { !held.contains($0.to) }) {
            let (id, delivery) = queue.remove(at: place)
            guard servers[id] != nil else {
                if case .dialled(let dialler) = delivery { queue.append((dialler, .input(.connectFailed(to: id)))) }
                continue
            }
            switch delivery {
            case .input(let input):
                step(id, input)
            case .dialled(let dialler):
                lastConnection += 2
                let ours = LinkID(rawValue: lastConnection)
                let theirs = LinkID(rawValue: lastConnection + 1)
                ends[id, default: [:]][ours] = (dialler, theirs)
                ends[dialler, default: [:]][theirs] = (id, ours)
                queue.append((dialler, .input(.connected(theirs, to: id))))
                step(id, .accepted(ours))
            }
        }
    }

    private mutating func step(_ id: ServerID, _ input: Quorum.Input) {
        let before = servers[id]?.states ?? [:]
        var beganAnew = false
        servers[id]?.step(input, now: now)
        while let effect = servers[id]?.nextEffect() {
            if case .become(.looking) = effect { beganAnew = true }
            perform(effect, id)
        }
        StateDiagram.documented.check(before, servers[id]?.states ?? [:], beganAnew: beganAnew, isSingle: false)
    }

    private mutating func perform(_ effect: Quorum.Effect, _ id: ServerID) {
        switch effect {
        case .notify(let notification, let peer):
            let isThere = servers[peer] != nil
            queue.append(
                isThere ? (peer, .input(.notification(notification, from: id))) : (id, .input(.unreachable(peer))))
        case .connect(let peer): queue.append((peer, .dialled(by: id)))
        case .send(let packet, let connection): send(packet, id, connection)
        case .broadcast(let packet, let connections): for connection in connections { send(packet, id, connection) }
        case .close(let connection, _):
            if let end = ends[id]?.removeValue(forKey: connection) {
                ends[end.peer]?[end.connection] = nil
                queue.append((end.peer, .input(.disconnected(end.connection))))
            }
        case .write(_, let ticket): servers[id]?.step(.durable(ticket), now: now)
        case .apply(let transaction): applied[id, default: []].append(transaction.zxid)
        case .activate(let configuration): activated[id, default: []].append(configuration)
        case .sendSnapshot, .readLog, .reload, .restore, .prepare, .synced, .revalidate, .revalidated, .touched,
            .become:
            break
        }
    }

    private mutating func send(_ packet: QuorumPacket, _ id: ServerID, _ connection: LinkID) {
        guard let end = ends[id]?[connection], !mutesAcks || packet.type != .ack else { return }
        queue.append((end.peer, .input(.packet(packet, from: end.connection))))
    }
}
