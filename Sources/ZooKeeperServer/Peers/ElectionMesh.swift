import Logging
import Membership
import NIOCore
import NIOPosix
import ZooKeeperProtocol

/// The connections between election ports, one for each pair of servers: the one with the larger id dials (reference 7.1; Apache's
/// `QuorumCnxManager`).
///
/// A connection that the smaller one dials only asks for a call back. What a peer was last told is told again when a new
/// connection to it stands.
final class ElectionMesh {
    /// What the mesh reports.
    struct Listener {
        var heard: (Notification, ServerID) -> Void
        /// The connection broke or could not be made: its vote is not to be waited for.
        var unreachable: (ServerID) -> Void
        /// Something has been read from some connection.
        var turnBegins: () -> Void
        /// What was read has been handled.
        var turnEnded: () -> Void
    }

    private let id: ServerID
    private let loop: any EventLoop
    private let logger: Logger
    private let transport: PeerTransport
    /// Milliseconds.
    private let connectTimeout: Int
    let listener: Listener
    private var addresses: [ServerID: [ServerLine.Address]]
    private var connections: [ServerID: ElectionConnection] = [:]
    private var dialling: Set<ServerID> = []
    private var latest: [ServerID: Notification] = [:]
    /// Where servers that are in no configuration want to be called back.
    private var strangers: [ServerID: ServerLine.Address] = [:]
    /// What servers said last of where they are, if that is not what their lines say.
    private var strayAddresses: [ServerID: String] = [:]
    /// Accepted connections that have not said who they are.
    private var silent: Antechamber<ElectionConnection>
    /// Where members call from.
    let callers: PeerAddresses
    private let warnings: RecurringLog
    private var lastAnonymous: Int64 = 0
    private var isClosed = false
    /// Peers that have not been sent the latest, in a large ensemble.
    private var untold: Set<ServerID> = []
    private var nextRound = NIODeadline.distantPast
    /// When peers could not be reached. They call themselves when they are there: with many of them, to try again each time that
    /// there is something to tell would be most of the work.
    private var notReached: [ServerID: NIODeadline] = [:]
    /// How long after the last of several attempts in a row the next one is made to reach peers that could not be reached.
    private var redialling: [ServerID: TimeAmount] = [:]

    /// Servers in no configuration that are put up with.
    private static let patience = 256

    init(
        _ settings: EnsembleSettings, _ transport: PeerTransport, loop: any EventLoop, logger: Logger,
        warnings: RecurringLog, capacity: Int, listener: Listener
    ) {
        id = settings.id
        self.transport = transport
        self.loop = loop
        self.logger = logger
        self.listener = listener
        connectTimeout = settings.electionConnectTimeout
        addresses = Self.addresses(of: settings.members.servers)
        self.warnings = warnings
        silent = Antechamber(capacity: capacity)
        callers = PeerAddresses(loop: loop)
        callers.setHosts(addresses.values.joined().map(\.host))
    }

    private static func addresses(of members: [ServerLine]) -> [ServerID: [ServerLine.Address]] {
        Dictionary(members.map { ($0.id, $0.addresses) }) { first, _ in first }
    }

    /// Takes note of a new configuration.
    func setMembers(_ members: [ServerLine]) {
        addresses = Self.addresses(of: members)
        callers.setHosts(addresses.values.joined().map(\.host))
    }

    // MARK: Sending

    func send(_ notification: Notification, to peer: ServerID) {
        latest[peer] = notification
        redialling[peer] = nil
        guard pause > .zero else { return tell(peer) }
        untold.insert(peer)
        // At the end of this turn at the soonest: a vote goes to everybody.
        if untold.count == 1 {
            let bound = NIOLoopBound(self, eventLoop: loop)
            loop.scheduleTask(deadline: max(nextRound, loop.now)) { bound.value.tellAll() }
        }
    }

    private func tell(_ peer: ServerID) {
        guard let notification = latest[peer] else { return }
        if let connection = connections[peer] { connection.send(notification) } else { dial(peer) }
    }

    private func tellAll() {
        nextRound = loop.now + pause
        let peers = untold.sorted()
        untold.removeAll()
        for peer in peers { tell(peer) }
    }

    /// How long this server keeps its changes of mind to itself, when it has just spoken. While a hundred servers start, each of them
    /// hears of a better candidate many times over; to tell all the others each time would cost the cube of their number, in
    /// messages that hold the whole configuration. Only the newest counts.
    private var pause: TimeAmount { .milliseconds(Int64(max(0, addresses.count - Self.fewServers)) * 2) }
    /// That many servers may speak as often as they like.
    private static let fewServers = 11

    func close() {
        isClosed = true
        let all = connections.values
        connections = [:]
        for connection in all { connection.close() }
    }

    // MARK: Dialling

    private func dial(_ peer: ServerID) {
        guard !isClosed, !dialling.contains(peer) else { return }
        if let failed = notReached[peer], loop.now < failed + pause * 5 { return }
        guard let address = addresses[peer]?.first ?? strangers[peer] else { return }
        dialling.insert(peer)
        let bound = NIOLoopBound(self, eventLoop: loop)
        transport.dial(.election, address.host, address.electionPort, timeout: connectTimeout, on: loop) {
            ElectionConnection(mesh: bound.value, isDialled: true)
        }.whenComplete { result in bound.value.dialled(peer, result) }
    }

    private func dialled(_ peer: ServerID, _ result: Result<any Channel, any Error>) {
        dialling.remove(peer)
        guard case .success(let channel) = result,
            let connection = try? channel.pipeline.syncOperations.handler(type: ElectionConnection.self)
        else {
            logger.debug("server \(peer) cannot be reached on its election port", metadata: ["error": "\(result)"])
            notReached[peer] = loop.now
            if redialling[peer] == nil { listener.unreachable(peer) }
            return redial(peer)
        }
        notReached[peer] = nil
        redialling[peer] = nil
        logger.debug("server \(peer) was dialled", metadata: ["calls back": "\(peer > id)"])
        connection.begin(peer)
        guard !isClosed else { return connection.close() }
        if peer > id {
            // It calls back.
            connection.greet(hello, thenCloses: true)
        } else {
            connection.greet(hello)
            establish(connection, peer)
        }
    }

    /// Servers of one ensemble are often started together. A voter that comes later calls the others, but no observer: what that one has to
    /// ask it would else ask again after `minNotificationInterval`. Four attempts, over 120 ms.
    private func redial(_ peer: ServerID) {
        guard pause == .zero else { return }
        let wait = redialling[peer].map { $0 * 2 } ?? .milliseconds(8)
        guard wait <= .milliseconds(64) else { return }
        redialling[peer] = wait
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: wait) {
            // Unless something has been sent since, which begins anew, or it has called.
            if bound.value.redialling[peer] == wait, bound.value.connections[peer] == nil { bound.value.dial(peer) }
        }
    }

    private var hello: ElectionHello {
        let own = addresses[id]?.first
        let address = own.map { "\(ServerLine.bracketed(resolved($0.host))):\($0.electionPort)" } ?? "0.0.0.0:0"
        return ElectionHello(.oneAddress, server: id, addresses: [address])
    }

    /// Peers of other makes dial what the greeting says, so names become addresses here.
    private func resolved(_ host: String) -> String {
        (try? SocketAddress.makeAddressResolvingHost(host, port: 0).ipAddress) ?? host
    }

    private func establish(_ connection: ElectionConnection, _ peer: ServerID) {
        connection.begin(peer)
        connections.updateValue(connection, forKey: peer)?.close()
        if let last = latest[peer] { connection.send(last) }
    }

    // MARK: Accepting

    /// A new connection to the election port, which has yet to say who it is.
    func arrived(_ connection: ElectionConnection, from address: SocketAddress?) {
        guard !isClosed else { return connection.close() }
        switch silent.enter(connection, isPeer: callers.contains(address), now: Clock.monotonic) {
        case .admitted: return
        case .admittedInsteadOf(let other): other.close()
        case .refused: connection.close()
        }
        callers.lookUp()
        warnings.warn(
            "election port is full",
            "\(silent.count) connections to the election port have not said who they are: the oldest is closed, or the newest when it does not call from the address of a member"
        )
    }

    /// Closes those that came at this time, or before, and still have not said who they are.
    func closeSilent(since: Int64) {
        for connection in silent.removeSilent(since: since) { connection.close() }
    }

    /// Tells, once for each address, of a server that says it is elsewhere than its line here.
    private func noteAddress(of peer: ServerID, _ hello: ElectionHello) {
        guard let line = addresses[peer]?.first, let said = hello.callBack, said.electionPort != line.electionPort
        else {
            return
        }
        let place = "\(ServerLine.bracketed(said.host)):\(said.electionPort)"
        guard strayAddresses.updateValue(place, forKey: peer) != place else { return }
        logger.warning(
            "server \(peer) calls from \(place), its line here says \(ServerLine.bracketed(line.host)):\(line.electionPort): two servers have the myid \(peer), or their server lines differ"
        )
    }

    func leftWithoutHello(_ connection: ElectionConnection) { silent.leave(connection) }

    func greeted(_ connection: ElectionConnection, _ hello: ElectionHello) {
        logger.debug(
            "server \(hello.server) called", metadata: ["dialling": "\(dialling)", "connected": "\(connections.keys)"])
        silent.leave(connection)
        var peer = hello.server
        if peer == ElectionHello.anonymous {
            lastAnonymous -= 1
            peer = ServerID(lastAnonymous)
        }
        connection.begin(peer)
        notReached[peer] = nil
        redialling[peer] = nil
        guard !isClosed else { return connection.close() }
        guard peer != id else {
            logger.warning(
                "a server with this server's id \(id) called: two servers have the same myid, or this one's own address is in another server's line",
                metadata: ["address": "\(hello.addresses.joined(separator: "|"))"])
            return connection.close()
        }
        if addresses[peer] == nil {
            guard strangers[peer] != nil || strangers.count + connections.count < Self.patience else {
                return connection.close()
            }
            strangers[peer] = hello.callBack
        }
        noteAddress(of: peer, hello)
        if peer < id, peer.rawValue >= 0 {
            // It only asks for a call back.
            connections.removeValue(forKey: peer)?.close()
            connection.close()
            dial(peer)
        } else {
            logger.debug("server \(peer) is connected to the election port")
            establish(connection, peer)
        }
    }

    // MARK: Events of connections

    func lost(_ connection: ElectionConnection, to peer: ServerID) {
        guard connections[peer] === connection else { return }
        logger.debug("the election connection to server \(peer) is lost")
        connections[peer] = nil
        listener.unreachable(peer)
    }

    func handshakeFailed(_ failure: HandshakeFailure, with address: SocketAddress?) {
        warnings.closing("a connection on the election port", failure, peer: address)
    }

    func refused(_ what: String, from address: SocketAddress?) {
        warnings.warn(
            "election port", "closing a connection on the election port: \(what)",
            metadata: ["peer": "\(address?.ipAddress ?? "unknown")"])
    }
}

extension ElectionHello {
    /// The first address that can be dialled.
    fileprivate var callBack: ServerLine.Address? {
        for text in addresses {
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                (1...65535).contains(port)
            else { continue }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            if host.isEmpty || host == "0.0.0.0" || host == "::" { continue }
            return ServerLine.Address(host: String(host), quorumPort: 0, electionPort: port)
        }
        return nil
    }
}
