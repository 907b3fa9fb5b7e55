import DataTree
import DequeModule
import Jute
import ZooKeeperProtocol

/// Connections: that they come and go, and what is sent to them.
extension RequestPipeline {
    // MARK: Coming and going

    /// A client has connected. Nil: it is refused, close with RST.
    ///
    /// - Parameters:
    ///   - host: its address.
    ///   - remote: `ip:port`, for those who read of it.
    package mutating func accept(host: String, remote: String, isSecure: Bool) -> ClientID? {
        let count = connectionsOfHost[host, default: 0]
        if options.maxClientConnections > 0, count >= options.maxClientConnections {
            return refuse(
                "maxClientCnxns", "refusing a connection: \(host) has \(count) already (maxClientCnxns)")
        }
        if options.maxConnections > 0, connectionCount >= options.maxConnections {
            return refuse(
                "maxCnxns", "refusing a connection of \(host): there are \(connectionCount) already (maxCnxns)")
        }
        guard makeRoom() else {
            return refuse(
                "descriptors",
                "refusing a connection of \(host): there are \(connectionCount) already, and the process may have no more than so many descriptors: raise its limit (ulimit -n, LimitNOFILE=)"
            )
        }
        connectionsOfHost[host] = count + 1
        connectionCount += 1
        sessionless += 1
        lastSerial += 1
        var client = Client()
        client.state = .fresh
        client.serial = lastSerial
        client.host = host
        client.remote = remote
        client.isSecure = isSecure
        client.identities = [AuthID(scheme: "ip", id: host)]
        client.statistics.established = wall
        client.statistics.lastHeard = now
        let id = freeClients.popLast() ?? ClientID(rawValue: UInt32(clients.count))
        if id.place == clients.count { clients.append(client) } else { clients[id.place] = client }
        // Of those that have come and gone only so many are remembered.
        if handshakes.count > 2 * sessionless + 1024 {
            let all = handshakes
            handshakes = Deque(all.filter { state(of: $0.client) == .fresh })
        }
        handshakes.append((now + Int64(options.sessionlessTimeout), reference(id)))
        planChores()
        return id
    }

    private mutating func refuse(_ kind: String, _ text: String) -> ClientID? {
        statistics.connectionsRejected += 1
        log(.warning, kind: kind, text)
        return nil
    }

    /// Whether there is a descriptor for one more connection. When there is none, and when too many have no session,
    /// the one that has been without for the longest goes.
    private mutating func makeRoom() -> Bool {
        guard connectionCount >= options.connectionCapacity || sessionless >= options.sessionlessCapacity else {
            return true
        }
        while let oldest = handshakes.popFirst()?.client {
            guard state(of: oldest) == .fresh else { continue }
            statistics.sessionlessExpired += 1
            log(
                .warning, kind: "sessionless",
                "closing the connection that has been without a session for the longest: \(sessionless + 1) are, of \(connectionCount) in all, and this process has descriptors for \(options.connectionCapacity) (ulimit -n)",
                client: oldest.id)
            close(oldest.id)
            return true
        }
        return connectionCount < options.connectionCapacity
    }

    /// The connection is gone. Its id may be given to another one.
    package mutating func closed(_ id: ClientID) {
        guard clients[id.place].state != .free else { return }
        setState(.closing, of: id)
        keepLastTouch(of: id)
        while !clients[id.place].waiting.isEmpty { forgetFirst(id) }
        connectionCount -= 1
        let (host, session) = (clients[id.place].host, clients[id.place].session)
        let count = connectionsOfHost[host, default: 1] - 1
        connectionsOfHost[host] = count == 0 ? nil : count
        if clientsOfSession[session] == id { clientsOfSession[session] = nil }
        if tree.watches.isConnected(id) {
            tree.watches.disconnect(id)
            statistics.connectionDrops += 1
        }
        if clients[id.place].isThrottled { throttled.removeAll { $0 == id } }
        clients[id.place] = Client()
        freeClients.append(id)
    }

    /// The other end has shown a certificate with this subject, or none.
    package mutating func becameSecure(_ id: ClientID, subject: String?) {
        clients[id.place].isSecure = true
        guard let subject else { return }
        clients[id.place].identities =
            (clients[id.place].identities + tree.access.identities(x509Subject: subject)).inApacheOrder
    }

    /// Whether the system takes more bytes for this client has changed. When it does, call `goOn` in a turn of its
    /// own: a quick client must not keep the others waiting.
    package mutating func setWritable(_ id: ClientID, _ isWritable: Bool) {
        clients[id.place].isWritable = isWritable
    }

    /// Goes on with what was held back until the client had read some of its output; `Effect.resume` follows.
    package mutating func goOn(_ id: ClientID) {
        guard clients[id.place].state != .free else { return }
        clients[id.place].isHeldBack = false
        if clients[id.place].output != nil { dirty.append(id) }
        drainWaiting(id)
        effects.append(.resume(id))
    }

    func reference(_ id: ClientID) -> ClientReference {
        ClientReference(id: id, serial: clients[id.place].serial)
    }

    /// Of the connection that is meant, not of one that took its place.
    func state(of client: ClientReference) -> Client.State {
        clients[client.id.place].serial == client.serial ? clients[client.id.place].state : .free
    }

    func isOpen(_ id: ClientID) -> Bool { clients[id.place].state == .open }

    /// Whether nothing more is taken from this client.
    package func isClosing(_ id: ClientID) -> Bool {
        let state = clients[id.place].state
        return state == .closing || state == .free
    }

    mutating func setState(_ state: Client.State, of id: ClientID) {
        if clients[id.place].state == .fresh, state != .fresh { sessionless -= 1 }
        clients[id.place].state = state
    }

    /// The connections in the order in which they came.
    package var orderedClients: [ClientID] {
        clients.indices.filter { clients[$0].state != .free }
            .sorted { clients[$0].serial < clients[$1].serial }.map { ClientID(rawValue: UInt32($0)) }
    }

    // MARK: Closing

    mutating func close(_ id: ClientID) {
        guard clients[id.place].state != .free else { return }
        setState(.closing, of: id)
        effects.append(.close(id))
    }

    /// Closes after everything written so far has been sent.
    mutating func closeAfterFlush(_ id: ClientID) {
        clients[id.place].closesAfterFlush = true
        setState(.closing, of: id)
        if clients[id.place].output == nil { effects.append(.close(id)) } else { dirty.append(id) }
    }

    // MARK: Output

    /// What a client is to be sent.
    package struct Output: Sendable {
        package let bytes: JuteWriter
        /// Close the connection when the client has it: closing drops what the system has not taken yet.
        package let closes: Bool
        /// Call `goOn` in a turn of its own.
        package let goesOn: Bool
    }

    /// The next client that something has been written for.
    package mutating func nextDirty() -> ClientID? { dirty.popFirst() }

    /// Everything that was written for a client; nil when there is nothing, and for one that takes no more: its
    /// output gathers until it does. Give the writer back.
    package mutating func takeOutput(of id: ClientID) -> Output? {
        let closes = clients[id.place].closesAfterFlush
        guard clients[id.place].isWritable || closes else { return nil }
        var taken: JuteWriter?
        swap(&taken, &clients[id.place].output)
        guard let taken else { return nil }
        if taken.count >= Self.largeBuffer { addToBurst(taken.count) }
        return Output(bytes: taken, closes: closes, goesOn: clients[id.place].isHeldBack)
    }

    package mutating func giveBack(_ writer: consuming JuteWriter) {
        guard writer.capacity <= 64 << 10, writers.count < 64 else { return }
        writer.removeAll()
        writers.append(writer)
    }

    /// Writes to the output of a client, unless that gets nothing more. Returns how many bytes.
    @discardableResult
    @inline(__always)
    mutating func write(to id: ClientID, _ body: (inout JuteWriter) -> Void) -> Int {
        guard !isClosing(id) else { return 0 }
        var taken: JuteWriter?
        swap(&taken, &clients[id.place].output)
        if taken == nil {
            clients[id.place].surplus = 0
            dirty.append(id)
        }
        var writer = taken.take() ?? writers.popLast() ?? JuteWriter(capacity: 1024)
        let start = writer.count
        body(&writer)
        let count = writer.count
        clients[id.place].output = consume writer
        guard start >= Client.outputLimit else { return count - start }
        clients[id.place].surplus += count - start
        if clients[id.place].surplus > Client.surplusLimit {
            log(
                .warning,
                "closing a connection: its client does not read \(count) bytes of events and replies", client: id)
            clients[id.place].output = nil
            close(id)
        }
        return count - start
    }

    /// A frame for a client that is no reply to a request.
    mutating func sendFrame(to id: ClientID, _ body: (inout JuteWriter) -> Void) {
        statistics.packetsSent += 1
        write(to: id) { $0.frame(body) }
    }

    // MARK: Four-letter words

    /// A client has sent a four-letter word instead of a ConnectRequest: `say` follows.
    package mutating func heardWord(_ id: ClientID) {
        statistics.packetsReceived += 1
        clients[id.place].statistics.received += 1
    }

    /// Answers a word and closes.
    package mutating func say(_ text: String, to id: ClientID) {
        if !text.isEmpty { write(to: id) { $0.write(raw: Array(text.utf8)) } }
        closeAfterFlush(id)
    }

    /// `crst`: what was counted of each connection begins anew.
    package mutating func resetClientStatistics() {
        for place in clients.indices { clients[place].statistics.reset() }
    }
}
