import DequeModule
import Jute
import Quorum
import RequestPipeline
import ZooKeeperProtocol

/// A client as libraries are: one session, one connection at a time, requests of all kinds under way together.
struct ServedClient {
    enum State: Equatable {
        case away
        /// Its handshake is under way.
        case connecting(Int)
        case open(Int)
    }

    struct Asked {
        enum Kind {
            case write(OpCode)
            case read(path: Int, watch: Bool)
            case exists(path: Int, watch: Bool)
            case sync
        }

        var xid: Int32
        var kind: Kind
        /// What had been acknowledged to anybody.
        var floor: ZXID
    }

    let number: Int
    var state = State.away
    /// It does nothing before.
    var sleepsUntil = 0
    var session = SessionID.none
    var password: [UInt8] = []
    var lastZXID = ZXID.zero
    /// A sync has promised it all up to here.
    var floor = ZXID.zero
    var xid: Int32 = 0
    var asked: Deque<Asked> = []
    /// Bytes that came.
    var output: [UInt8] = []
    /// The watches left on this connection, and the zxid of the answer that left each.
    var watches: [(path: Int, since: ZXID)] = []
    var acknowledged = 0
}

extension ServiceSimulator {
    // MARK: What clients do

    func stepClient(_ number: Int) {
        agenda.plan(.clientStep(number), at: now + 500 + chance.delay(mean: isHealed ? 20_000 : scenario.clientPause))
        guard clients[number].sleepsUntil <= now else { return }
        switch clients[number].state {
        case .away: agenda.plan(.connect(number, to: chance.pick(0...servers.count - 1)), at: now + linkDelay())
        case .connecting: break
        case .open(let connection): act(number, connection)
        }
    }

    func connect(_ number: Int, to index: Int) {
        guard case .away = clients[number].state, let life = servers[index].life, servers[index].pausedUntil <= now
        else {
            return
        }
        advance(life)
        guard let id = life.pipeline.accept(host: "client\(number)", remote: "client\(number):1", isSecure: false)
        else {
            return carryOut(index)
        }
        connections.append(ClientConnection(client: number, server: index, life: life.number, id: id))
        let connection = connections.count - 1
        life.connections[id] = connection
        carryOut(index)
        clients[number].state = .connecting(connection)
        clients[number].asked = []
        clients[number].output = []
        clients[number].watches = []
        let request = ConnectRequest(
            lastZXIDSeen: clients[number].lastZXID, timeout: Int32(scenario.sessionTimeout),
            session: clients[number].session,
            password: clients[number].password.isEmpty ? [UInt8](repeating: 0, count: 16) : clients[number].password,
            readOnly: false)
        send([request.encoded], on: connection)
    }

    private func act(_ number: Int, _ connection: Int) {
        if !isHealed, chance.happens(percent: 1) {
            // Gone for longer than the session lasts, or only away for another server.
            if chance.happens(percent: 50) {
                clients[number].sleepsUntil = now + scenario.sessionTimeout * chance.pick([1000, 3000])
            }
            return leave(number)
        }
        var frames: [[UInt8]] = []
        for _ in 0..<chance.pick([1, 1, 2, 4, 6]) where clients[number].asked.count < 12 {
            frames.append(ask(number))
        }
        send(frames, on: connection)
    }

    private func ask(_ number: Int) -> [UInt8] {
        clients[number].xid += 1
        let xid = clients[number].xid
        let path = chance.pick(0...ServiceJudge.paths.count - 1)
        let name = ServiceJudge.paths[path]
        let data = [UInt8]("\(number) \(xid)".utf8)
        let set = SetDataRequest(path: name, data: data, version: -1)
        let isEphemeral = chance.happens(percent: 50)
        let create = CreateRequest(path: name, data: data, acl: .open, flags: isEphemeral ? 1 : 0)
        let delete = DeleteRequest(path: name, version: -1)
        let watch = chance.happens(percent: 50)
        func asks(_ kind: ServedClient.Asked.Kind, _ op: OpCode, _ body: [UInt8]) -> [UInt8] {
            clients[number].asked.append(.init(xid: xid, kind: kind, floor: judge.floor))
            return RequestHeader(xid: xid, op: op).encoded + body
        }
        switch chance.pick(0...99) {
        case 0..<25: return asks(.write(.setData), .setData, set.encoded)
        case 25..<40: return asks(.write(.create), .create, create.encoded)
        case 40..<47: return asks(.write(.delete), .delete, delete.encoded)
        case 47..<52:
            let other = ServiceJudge.paths[chance.pick(0...ServiceJudge.paths.count - 1)]
            var body = JuteWriter()
            MultiHeader(type: .setData, error: -1).write(to: &body)
            set.write(to: &body)
            MultiHeader(type: .delete, error: -1).write(to: &body)
            DeleteRequest(path: other, version: -1).write(to: &body)
            MultiHeader.end.write(to: &body)
            return asks(.write(.multi), .multi, body.bytes)
        case 52..<60: return asks(.sync, .sync, PathRecord(path: name).encoded)
        case 60..<75:
            return asks(
                .exists(path: path, watch: watch), .exists, ReadRequest(path: name, watch: watch).encoded)
        case 99 where !isHealed: return asks(.write(.closeSession), .closeSession, [])
        default:
            return asks(.read(path: path, watch: watch), .getData, ReadRequest(path: name, watch: watch).encoded)
        }
    }

    /// Several frames in one segment.
    private func send(_ frames: [[UInt8]], on number: Int) {
        var writer = JuteWriter()
        for frame in frames { writer.frame { $0.write(raw: frame) } }
        let connection = connections[number]
        connection.requestsReach = max(now + linkDelay(), connection.requestsReach)
        agenda.plan(.requests(number, writer.bytes), at: connection.requestsReach)
    }

    /// The client lets go of its connection; its session goes on.
    private func leave(_ number: Int) {
        guard let connection = clients[number].connection else { return }
        clients[number].state = .away
        connections[connection].isOpenAtClient = false
        agenda.plan(.gone(connection), at: max(now + linkDelay(), connections[connection].requestsReach))
    }

    // MARK: What clients hear

    func hear(_ bytes: [UInt8], on connection: Int) {
        let number = connections[connection].client
        guard clients[number].connection == connection else { return }
        clients[number].output += bytes
        while clients[number].connection == connection, judge.violation == nil, let frame = nextFrame(number) {
            do throws(JuteError) {
                try frame.readJute { (reader) throws(JuteError) in try take(&reader, number, connection) }
            } catch {
                judge.accuse("client \(number) gets a frame that cannot be read: \(error)")
            }
        }
    }

    private func nextFrame(_ number: Int) -> [UInt8]? {
        let bytes = clients[number].output
        guard bytes.count >= 4 else { return nil }
        let length = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= 4 + length else { return nil }
        clients[number].output.removeFirst(4 + length)
        return [UInt8](bytes[4..<4 + length])
    }

    private func take(_ reader: inout JuteReader, _ number: Int, _ connection: Int) throws(JuteError) {
        if case .connecting = clients[number].state {
            return welcome(try ConnectResponse(from: &reader), number, connection)
        }
        let header = try ReplyHeader(from: &reader)
        if header.xid == SpecialXID.watchEvent { return hear(try WatcherEvent(from: &reader), number) }
        guard let asked = clients[number].asked.popFirst(), asked.xid == header.xid else {
            return judge.accuse("FIFO: client \(number) is answered \(header.xid), which is not the oldest it asked")
        }
        see(header.zxid, number)
        switch asked.kind {
        case .write(let op):
            judge.acknowledges(
                header.zxid, header.error, of: clients[number].session, xid: asked.xid, floor: asked.floor, by: number)
            clients[number].acknowledged += 1
            guard op == .closeSession else { return }
            clients[number].session = .none
            clients[number].xid = 0
            leave(number)
        case .sync:
            clients[number].floor = max(clients[number].floor, asked.floor)
        case .read(let path, let watch):
            let node = header.error == .ok ? try DataResponse(from: &reader) : nil
            judge.reads(node, at: path, zxid: header.zxid, floor: clients[number].floor, by: number)
            if watch, node != nil { leaveWatch(path, header.zxid, number) }
        case .exists(let path, let watch):
            let stat = header.error == .ok ? try Stat(from: &reader) : nil
            judge.looks(stat, at: path, zxid: header.zxid, floor: clients[number].floor, by: number)
            if watch { leaveWatch(path, header.zxid, number) }
        }
    }

    private func welcome(_ response: ConnectResponse, _ number: Int, _ connection: Int) {
        guard response.isValid else {
            clients[number].session = .none
            clients[number].xid = 0
            return leave(number)
        }
        if clients[number].session == .none { clients[number].xid = 0 }
        if clients[number].session != .none, clients[number].session != response.session {
            judge.accuse("Session: client \(number) renews \(clients[number].session) and gets \(response.session)")
        }
        clients[number].session = response.session
        clients[number].password = response.password ?? []
        clients[number].state = .open(connection)
    }

    /// No client sees a change before the event of its watch, nor goes back.
    private func see(_ zxid: ZXID, _ number: Int) {
        for watch in clients[number].watches {
            if let change = judge.change(of: watch.path, since: watch.since, upTo: zxid) {
                judge.accuse(
                    "Watches: client \(number) sees \(zxid) and has not been told that \(ServiceJudge.paths[watch.path]) changed at \(change)"
                )
            }
        }
        if zxid < clients[number].lastZXID {
            judge.accuse("SequentialConsistency: client \(number) sees \(zxid) behind \(clients[number].lastZXID)")
        }
        clients[number].lastZXID = max(clients[number].lastZXID, zxid)
    }

    private func leaveWatch(_ path: Int, _ zxid: ZXID, _ number: Int) {
        clients[number].watches.removeAll { $0.path == path }
        clients[number].watches.append((path, zxid))
    }

    private func hear(_ event: WatcherEvent, _ number: Int) {
        guard let path = ServiceJudge.paths.firstIndex(of: event.path),
            let place = clients[number].watches.firstIndex(where: { $0.path == path })
        else { return judge.accuse("Watches: client \(number) hears of \(event.path), which it does not watch") }
        let watch = clients[number].watches.remove(at: place)
        if judge.change(of: path, since: watch.since, upTo: judge.lastZXID) == nil {
            judge.accuse("Watches: client \(number) hears of \(event.path), which has not changed since \(watch.since)")
        }
    }

    /// The connection is gone on the client's side.
    func hungUp(_ connection: Int) {
        let number = connections[connection].client
        connections[connection].isOpenAtClient = false
        if clients[number].connection == connection { clients[number].state = .away }
    }
}

extension ServedClient {
    var connection: Int? {
        switch state {
        case .away: nil
        case .connecting(let connection), .open(let connection): connection
        }
    }
}
