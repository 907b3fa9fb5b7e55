import Quorum
import ZooKeeperProtocol

/// What clients do. A client and its server share a machine: they are never cut off from each other, but answers take time,
/// and all is lost when the server leaves its role.
extension Simulator {
    func stepClient(_ number: Int) {
        guard !isDone else { return }
        agenda.plan(.clientStep(number), at: now + 500 + chance.delay(mean: isHealed ? 30_000 : scenario.clientPause))
        switch clients[number].state {
        case .away: connect(number)
        case .connecting(let server):
            if chance.happens(percent: 3), !isHealed { disconnect(number, from: server) }
        case .connected(let server): act(number, on: server)
        }
    }

    func reply(_ answer: Answer, to client: Int, _ attachment: Int) {
        let arrival = max(now + chance.pick(50...1000), clients[client].answersReach)
        clients[client].answersReach = arrival
        agenda.plan(.answer(client: client, attachment: attachment, answer), at: arrival)
    }

    private func connect(_ number: Int) {
        let server = chance.pick(0...nodes.count - 1)
        guard nodes[server].isServing, nodes[server].pausedUntil <= now, let quorum = nodes[server].quorum,
            clients[number].lastSeen <= quorum.visibleZxid
        else { return }
        clients[number].attachment += 1
        clients[number].state = .connecting(server)
        let attachment = clients[number].attachment
        if let session = clients[number].session {
            trace(server, "client \(number) renews \(session)")
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

    private func act(_ number: Int, on server: Int) {
        guard let session = clients[number].session, nodes[server].pausedUntil <= now else { return }
        if nodes[server].isLeader {
            nodes[server].hear(session, timeout: scenario.sessionTimeout, now)
        } else {
            step(server, .touch(session, timeout: scenario.sessionTimeout))
        }
        // The touch may have cost the server its role.
        guard clients[number].state == .connected(server) else { return }
        let key = UInt8(chance.pick(0...Replica.keys - 1))
        clients[number].lastCxid += 1
        let cxid = clients[number].lastCxid
        switch chance.pick(0...99) {
        case 0..<35 where clients[number].waiting.count < 4:
            submit(
                Command(kind: .set, session: session, cxid: cxid, key: key, value: Int64(cxid)), by: number, on: server)
        case 35..<45 where clients[number].waiting.count < 4:
            submit(
                Command(kind: .claim, session: session, cxid: cxid, key: key, value: Int64(cxid)), by: number,
                on: server)
        case 45..<52 where clients[number].waiting.count < 4:
            submit(Command(kind: .delete, session: session, cxid: cxid, key: key), by: number, on: server)
        case 52..<65 where clients[number].sync == nil:
            sync(number, session, on: server)
        case 97 where !isHealed && clients[number].waiting.isEmpty:
            submit(Command(kind: .closeSession, session: session, cxid: cxid), by: number, on: server)
        case 98 where !isHealed:
            disconnect(number, from: server)
        default:
            // A read waits for the writes of its own session.
            if clients[number].waiting.isEmpty {
                read(number, on: server)
                reply(.read(nodes[server].quorum?.visibleZxid ?? .zero), to: number, clients[number].attachment)
            }
        }
    }

    private func submit(_ command: Command, by number: Int, on server: Int) {
        judge.asks(command, over: clients[number].attachment)
        let floor = acknowledged.map(\.zxid).max() ?? .zero
        clients[number].waiting.append((command, floor))
        nodes[server].writes.append((command.session, command.cxid, number, clients[number].attachment))
        trace(server, "client \(number) asks \(command.kind) \(command.session) \(command.cxid)")
        step(server, .request(command.request))
    }

    private func sync(_ number: Int, _ session: SessionID, on server: Int) {
        // A leader that does not know it is deposed answers too; it cannot know of later epochs.
        guard let epoch = nodes[server].quorum?.visibleZxid.epoch else { return }
        let floor = acknowledged.filter { $0.epoch <= epoch }.map(\.zxid).max() ?? .zero
        clients[number].sync = (floor, clients[number].lastCxid)
        nodes[server].syncs.append((number, clients[number].attachment))
        let request = ForwardedRequest(session: session, cxid: clients[number].lastCxid, op: .sync, body: [])
        step(server, .request(Quorum.Request(request, authInfo: [AuthID(scheme: "ip", id: "127.0.0.1")])))
    }

    private func read(_ number: Int, on server: Int, afterSync floor: ZXID? = nil) {
        let state = nodes[server].state
        judge.shows(state, on: nodes[server].id)
        judge.read(
            seen: state.lastZxid, floor: max(floor ?? .zero, clients[number].lastRead), by: number,
            on: nodes[server].id,
            afterSync: floor != nil)
        clients[number].lastRead = max(clients[number].lastRead, state.lastZxid)
    }

    func receive(_ answer: Answer, _ number: Int, _ attachment: Int) {
        guard clients[number].attachment == attachment else { return }
        switch answer {
        case .gone:
            leave(number)
        case .connected(let session, let isValid):
            guard case .connecting(let server) = clients[number].state else { return }
            if isValid {
                clients[number].session = session
                clients[number].state = .connected(server)
            } else {
                clients[number].session = nil
                leave(number)
            }
        case .written(let command, let zxid):
            guard let place = clients[number].waiting.firstIndex(where: { $0.command.cxid == command.cxid }) else {
                return
            }
            let asked = clients[number].waiting.remove(at: place)
            if place != 0 { judge.accuse("client \(number) is answered \(command) before an earlier write") }
            judge.acknowledges(command, as: zxid, after: asked.floor)
            noteAcknowledged(zxid)
            clients[number].acknowledged += 1
            clients[number].lastSeen = max(clients[number].lastSeen, zxid)
            clients[number].lastRead = max(clients[number].lastRead, zxid)
            if asked.command.kind == .createSession, case .connecting(let server) = clients[number].state {
                clients[number].session = command.session
                clients[number].state = .connected(server)
            }
            if asked.command.kind == .closeSession {
                clients[number].session = nil
                leave(number)
            } else if command.kind == .refused, let session = clients[number].session,
                case .connected(let server) = clients[number].state,
                !nodes[server].state.sessions.contains(session)
            {
                clients[number].session = nil
                leave(number)
            }
        case .synced:
            guard case .connected(let server) = clients[number].state, let sync = clients[number].sync else { return }
            clients[number].sync = nil
            if let overtaken = clients[number].waiting.first(where: { $0.command.cxid <= sync.cxid }) {
                judge.accuse("FIFO: client \(number) is answered a sync before \(overtaken.command), asked for earlier")
            }
            read(number, on: server, afterSync: sync.floor)
            clients[number].lastSeen = max(clients[number].lastSeen, clients[number].lastRead)
        case .read(let zxid):
            clients[number].lastSeen = max(clients[number].lastSeen, zxid)
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
        clients[number].sync = nil
    }

    func disconnect(_ number: Int, from server: Int) {
        nodes[server].writes.removeAll { $0.client == number }
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
