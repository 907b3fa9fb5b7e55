import Quorum
import ZooKeeperProtocol

/// What clients do. A client and its server share a machine: they are never cut off from each other, but answers take time,
/// and all is lost when the server leaves its role.
extension Simulator {
    func stepClient(_ number: Int) {
        guard !isDone else { return }
        agenda.plan(.clientStep(number), at: now + 500 + chance.delay(mean: isHealed ? 30_000 : scenario.clientPause))
        switch clients[number].state {
        case .away: connect(number, to: chance.pick(0...nodes.count - 1))
        case .connecting:
            if chance.happens(percent: 3), !isHealed { disconnect(number) }
        case .connected(let server): act(number, on: server)
        }
    }

    func reply(_ answer: Answer, to client: Int, _ attachment: Int) {
        let arrival = max(now + (isScripted ? 1000 : chance.pick(50...1000)), clients[client].answersReach)
        clients[client].answersReach = arrival
        agenda.plan(.answer(client: client, attachment: attachment, answer), at: arrival)
    }

    /// Does nothing where the server would not take the client.
    func connect(_ number: Int, to server: Int) {
        guard nodes[server].isServing, nodes[server].pausedUntil <= now, let quorum = nodes[server].quorum,
            clients[number].lastSeen <= quorum.visibleZXID
        else { return }
        record("client \(number + 1) connects \(server + 1)")
        clients[number].attachment += 1
        clients[number].state = .connecting(server)
        let attachment = clients[number].attachment
        if let session = clients[number].session {
            trace(server, .client, "client \(number + 1) renews \(session)")
            if nodes[server].isLeader {
                let isValid = nodes[server].prepared.sessions.contains(session)
                nodes[server].hear(session, timeout: scenario.sessionTimeout, now)
                reply(.connected(session: session, isValid: isValid), to: number, attachment)
            } else {
                nodes[server].renewals.append((session, number, attachment))
                step(server, .revalidate(session, timeout: scenario.sessionTimeout))
            }
        } else {
            clients[number].sessions += 1
            clients[number].lastCxid = 0
            let session = SessionID(rawValue: Int64(number + 1) << 32 | Int64(clients[number].sessions))
            submit(Command(kind: .createSession, session: session, cxid: 0), by: number, on: server)
        }
    }

    /// One segment of requests: they reach the server together, and none waits for the answer to another.
    private func act(_ number: Int, on server: Int) {
        guard touch(number) else { return }
        for _ in 0..<chance.pick([1, 1, 2, 3, 4, 6]) {
            // A request may cost the server its role, or the client its connection.
            guard clients[number].state == .connected(server), clients[number].asked.count < 10 else { return }
            let key = UInt8(chance.pick(0...Replica.keys - 1))
            let wish: Wish =
                switch chance.pick(0...199) {
                case 0..<60: .write(.set, key: key)
                case 60..<80: .write(.claim, key: key)
                case 80..<94: .write(.delete, key: key)
                case 94..<124: .sync
                case 198 where !isHealed: chance.happens(percent: 50) ? .write(.closeSession, key: key) : .leave
                default: .read
                }
            ask(wish, by: number)
        }
    }

    /// The client's server hears it. False when it has none, or is not heard.
    func touch(_ number: Int) -> Bool {
        guard case .connected(let server) = clients[number].state, let session = clients[number].session,
            nodes[server].pausedUntil <= now
        else { return false }
        record("client \(number + 1) touches")
        if nodes[server].isLeader {
            nodes[server].hear(session, timeout: scenario.sessionTimeout, now)
        } else {
            step(server, .touch(session, timeout: scenario.sessionTimeout))
        }
        return true
    }

    enum Wish: CustomStringConvertible {
        case write(Command.Kind, key: UInt8)
        case sync, read, leave

        /// As scripts write it.
        var description: String {
            switch self {
            case .write(.closeSession, _): "closes"
            case .write(let kind, let key): "\(kind)s \(key)"
            case .sync: "syncs"
            case .read: "reads"
            case .leave: "leaves"
            }
        }

        /// Nil when the words are none of these.
        init?(_ words: [Substring]) {
            let key = words.count == 2 ? UInt8(words[1]).flatMap { $0 < Replica.keys ? $0 : nil } : nil
            switch (words.first, key) {
            case ("sets", let key?): self = .write(.set, key: key)
            case ("claims", let key?): self = .write(.claim, key: key)
            case ("deletes", let key?): self = .write(.delete, key: key)
            case ("closes", nil): self = .write(.closeSession, key: 0)
            case ("syncs", nil): self = .sync
            case ("reads", nil): self = .read
            case ("leaves", nil): self = .leave
            default: return nil
            }
        }
    }

    func ask(_ wish: Wish, by number: Int) {
        if case .leave = wish { return disconnect(number) }
        guard case .connected(let server) = clients[number].state, let session = clients[number].session else { return }
        clients[number].lastCxid += 1
        let cxid = clients[number].lastCxid
        record("client \(number + 1) \(wish)")
        switch wish {
        case .write(let kind, let key):
            let value = kind == .set || kind == .claim ? Int64(cxid) : 0
            submit(
                Command(kind: kind, session: session, cxid: cxid, key: key, value: value), by: number, on: server)
        case .sync: sync(number, session, cxid, on: server)
        case .read: read(number, on: server)
        case .leave: break
        }
    }

    // MARK: The server's side

    private func submit(_ command: Command, by number: Int, on server: Int) {
        judge.asks(command, over: clients[number].attachment)
        clients[number].asked.append(.write(command, floor: acknowledged.map(\.zxid).max() ?? .zero))
        if command.kind != .createSession { clients[number].waiting.append(.turn) }
        nodes[server].writes.append((command.session, command.cxid, number, clients[number].attachment))
        trace(server, .client, "client \(number + 1) asks \(command)")
        step(server, .request(command.request))
    }

    private func sync(_ number: Int, _ session: SessionID, _ cxid: Int32, on server: Int) {
        // A leader that does not know it is deposed answers too; it cannot know of later epochs.
        guard let epoch = nodes[server].quorum?.visibleZXID.epoch else { return }
        let floor = acknowledged.filter { $0.epoch <= epoch }.map(\.zxid).max() ?? .zero
        clients[number].asked.append(.sync(floor: floor))
        clients[number].waiting.append(.turn)
        nodes[server].syncs.append((number, clients[number].attachment))
        trace(server, .client, "client \(number + 1) asks sync \(session) \(cxid)")
        let request = ForwardedRequest(session: session, cxid: cxid, op: .sync, body: [])
        step(server, .request(Quorum.Request(request, authInfo: [AuthID(scheme: "ip", id: "127.0.0.1")])))
    }

    /// A read is answered at once, or behind the writes and syncs of its connection that came before it.
    private func read(_ number: Int, on server: Int) {
        clients[number].asked.append(.read)
        if clients[number].waiting.isEmpty {
            answerRead(number, on: server)
        } else {
            clients[number].waiting.append(.read)
        }
    }

    private func answerRead(_ number: Int, on server: Int) {
        judge.shows(nodes[server].state, on: nodes[server].id)
        reply(.read(view(of: server)), to: number, clients[number].attachment)
    }

    func view(of server: Int) -> View {
        View(header: nodes[server].quorum?.visibleZXID ?? .zero, state: nodes[server].state.lastZXID)
    }

    /// The oldest write or sync of this connection is answered: the reads behind it follow.
    func tookTurn(_ number: Int, _ attachment: Int, on server: Int) {
        guard clients[number].attachment == attachment, !clients[number].waiting.isEmpty else { return }
        clients[number].waiting.removeFirst()
        while clients[number].waiting.first == .read {
            clients[number].waiting.removeFirst()
            answerRead(number, on: server)
        }
    }

    // MARK: The client's side

    func receive(_ answer: Answer, _ number: Int) {
        trace(nil, .client, "client \(number + 1) is told \(answer)")
        if case .connected(let session, let isValid) = answer {
            guard case .connecting(let server) = clients[number].state else { return }
            if isValid {
                clients[number].session = session
                clients[number].state = .connected(server)
            } else {
                clients[number].session = nil
                leave(number)
            }
            return
        }
        // In the order of the requests: FIFO, over writes, syncs and reads.
        guard let asked = clients[number].asked.popFirst() else {
            return judge.accuse("client \(number + 1) did not ask for \(answer)")
        }
        switch (answer, asked) {
        case (.written(let command, let zxid), .write(let wanted, let floor)) where command.cxid == wanted.cxid:
            judge.acknowledges(command, as: zxid, after: floor)
            noteAcknowledged(zxid)
            clients[number].acknowledged += 1
            clients[number].sees(View(header: zxid, state: zxid))
            written(command, wanted, number)
        case (.synced(let view), .sync(let floor)):
            judgeView(view, floor: floor, of: number, afterSync: true)
        case (.read(let view), .read):
            judgeView(view, floor: .zero, of: number, afterSync: false)
        default:
            judge.accuse("FIFO: client \(number + 1) is answered \(answer), but \(asked) was asked for before")
        }
    }

    private func judgeView(_ view: View, floor: ZXID, of number: Int, afterSync: Bool) {
        guard case .connected(let server) = clients[number].state else { return }
        judge.read(
            seen: view.state, floor: max(floor, clients[number].lastRead), by: number, on: nodes[server].id,
            afterSync: afterSync)
        clients[number].sees(view)
    }

    private func written(_ command: Command, _ asked: Command, _ number: Int) {
        if asked.kind == .createSession, case .connecting(let server) = clients[number].state {
            clients[number].session = command.session
            clients[number].state = .connected(server)
        }
        let isRefused =
            if command.kind == .refused, let session = clients[number].session,
                case .connected(let server) = clients[number].state
            {
                !nodes[server].state.sessions.contains(session)
            } else {
                false
            }
        if asked.kind == .closeSession || isRefused {
            clients[number].session = nil
            leave(number)
        }
    }

    private func noteAcknowledged(_ zxid: ZXID) {
        if let place = acknowledged.firstIndex(where: { $0.epoch == zxid.epoch }) {
            acknowledged[place].zxid = max(acknowledged[place].zxid, zxid)
        } else {
            acknowledged.append((zxid.epoch, zxid))
        }
    }

    /// The client is free to go elsewhere; what it had asked may or may not happen.
    private func leave(_ number: Int) {
        clients[number].attachment += 1
        clients[number].state = .away
        clients[number].waiting = []
        clients[number].asked = []
    }

    /// What the server has passed on comes back to it all the same, in its turn.
    func disconnect(_ number: Int) {
        record("client \(number + 1) leaves")
        leave(number)
    }

    func dropClients(of server: Int) {
        for number in clients.indices {
            switch clients[number].state {
            case .connecting(server), .connected(server): leave(number)
            case .away, .connecting, .connected: break
            }
        }
        nodes[server].writes = []
        nodes[server].syncs = []
        nodes[server].renewals = []
    }
}

extension Quorum {
    /// How far clients of this server see: who serves in an epoch has all that was before it, and refuses clients that have seen more. (In
    /// the server this is `RequestPipeline.lastZXID`.)
    var visibleZXID: ZXID {
        switch status {
        case .leading(let epoch), .following(_, let epoch), .observing(_, let epoch):
            max(lastApplied, ZXID(epoch: epoch, counter: 0))
        case .looking, .preparingToLead, .joining, .stopped: lastApplied
        }
    }
}
