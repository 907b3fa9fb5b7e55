import DataTree
import Jute
import Membership
import Quorum
import RequestPipeline
import ZooKeeperProtocol

/// Whole servers, as their clients see them: the pipeline of each over its quorum, with everything that surrounds them simulated.
///
/// `Simulator` looks for mistakes of Zab, with a state machine of its own and seeds by the thousand. This one looks for mistakes in what is
/// made of it: sessions, ephemerals, watches, the order of answers. One seed, one run, the same everywhere.
package final class ServiceSimulator {
    enum Event {
        case start(Int)
        case timer(Int, life: Int)
        case disk(Int, life: Int)
        case logRead(Int, life: Int, LinkID, [Transaction]?)
        case dial(Int, life: Int, to: Int)
        case dialled(link: Int)
        case refused(Int, life: Int, to: Int)
        case read(link: Int, side: Int)
        case linkDown(link: Int, side: Int)
        case notification(Notification, from: Int, to: Int)
        case unreachable(Int, life: Int, peer: Int)
        case clientStep(Int)
        case connect(Int, to: Int)
        /// Bytes of a client reach its server.
        case requests(Int, [UInt8])
        /// Bytes of a server reach its client.
        case replies(Int, [UInt8])
        case goOn(Int)
        /// The server learns that a connection is gone, or does away with one.
        case gone(Int)
        case hungUp(Int)
        case fault
        case heal
        case look
    }

    let scenario: ServiceScenario
    var chance: Chance
    var now = 0
    var agenda = Agenda<Event>()
    var servers: [ServiceServer]
    var clients: [ServedClient]
    var connections: [ClientConnection] = []
    private var links: [Link<TxnPrefix>] = []
    private var blockedUntil: [[Int]]
    private var notificationsReach: [[Int]]
    private let configuration: EnsembleConfiguration
    var judge = ServiceJudge()
    var isHealed = false
    private var wholeSince: Int?
    private var isDone = false
    private var events = 0
    private var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    package static func run(_ scenario: ServiceScenario) -> Simulator.Outcome {
        ServiceSimulator(scenario).run()
    }

    private init(_ scenario: ServiceScenario) {
        self.scenario = scenario
        chance = Chance(seed: scenario.seed &+ 7_000_003)
        let ids = (1...scenario.servers).map { ServerID(Int64($0)) }
        servers = ids.map { ServiceServer(id: $0) }
        clients = (0..<scenario.clients).map { ServedClient(number: $0) }
        blockedUntil = Array(repeating: Array(repeating: 0, count: ids.count), count: ids.count)
        notificationsReach = blockedUntil
        configuration = Simulator.configuration(
            voters: ids.prefix(scenario.voters), observers: ids.dropFirst(scenario.voters))
    }

    private func run() -> Simulator.Outcome {
        for index in servers.indices { agenda.plan(.start(index), at: chance.pick(0...200_000)) }
        for number in clients.indices { agenda.plan(.clientStep(number), at: chance.pick(0...300_000)) }
        agenda.plan(.fault, at: 200_000 + chance.delay(mean: scenario.faultPause))
        agenda.plan(.heal, at: scenario.stormLength)
        while !isDone, judge.violation == nil, let (time, event) = agenda.next() {
            now = time
            events += 1
            mix(time)
            handle(event)
        }
        return Simulator.Outcome(
            violation: judge.violation, digest: digest, events: events, writes: judge.acknowledged, reads: judge.reads,
            txns: judge.committed, milliseconds: now / 1000)
    }

    private func mix(_ number: Int) {
        digest = (digest ^ UInt64(truncatingIfNeeded: number)) &* 0x100_0000_01B3
    }

    func linkDelay() -> Int { 50 + chance.delay(mean: isHealed ? min(scenario.linkDelay, 500) : scenario.linkDelay) }

    private func diskDelay(_ index: Int) -> Int {
        100 + chance.delay(mean: isHealed ? min(scenario.diskDelay, 1000) : scenario.diskDelay)
            * servers[index].diskSlowness
    }

    // MARK: Events

    private func handle(_ event: Event) {
        switch event {
        case .start(let index): start(index)
        case .timer(let index, let life):
            guard let life = alive(index, life, event) else { return }
            life.timerAt = .max
            turn(index) { life in
                // Without it sessions never end: `ServiceBug.ephemeralStays`.
                if scenario.bug == .ephemeralStays { life.replication.tick() } else { life.pipeline.tick() }
            }
        case .disk(let index, let life):
            guard alive(index, life, event) != nil else { return }
            let ticket = servers[index].disk.finishBatch()
            turn(index) { $0.pipeline.stored(ticket.rawValue) }
        case .logRead(let index, let life, let link, let transactions):
            guard alive(index, life, event) != nil else { return }
            step(index, .logRead(transactions, for: link))
        case .dial(let index, let life, let peer):
            guard alive(index, life, event) != nil else { return }
            dial(index, life, peer)
        case .dialled(let link):
            let side = links[link].dialler
            guard alive(side.server, side.incarnation, event) != nil, side.isOpen else { return }
            step(side.server, .connected(side.id, to: servers[links[link].acceptor.server].id))
        case .refused(let index, let life, let peer):
            guard alive(index, life, event) != nil else { return }
            step(index, .connectFailed(to: servers[peer].id))
        case .read(let link, let side): read(link, side)
        case .linkDown(let link, let side):
            let end = links[link][side]
            guard end.isOpen, alive(end.server, end.incarnation, event) != nil else { return }
            forget(end.id, on: end.server)
            step(end.server, .disconnected(end.id))
        case .notification(let notification, let from, let to):
            guard let life = servers[to].life, alive(to, life.number, event) != nil else { return }
            if blockedUntil[from][to] > now { return agenda.plan(event, at: blockedUntil[from][to]) }
            step(to, .notification(notification, from: servers[from].id))
        case .unreachable(let index, let life, let peer):
            guard alive(index, life, event) != nil else { return }
            step(index, .unreachable(servers[peer].id))
        case .clientStep(let number): stepClient(number)
        case .connect(let number, let index): connect(number, to: index)
        case .requests(let number, let bytes):
            let connection = connections[number]
            guard connection.id != nil, alive(connection.server, connection.life, event) != nil else { return }
            connection.input += bytes
            turn(connection.server) { _ in }
            take(number)
            endTurn(connection.server)
        case .replies(let number, let bytes):
            mix(bytes.count)
            hear(bytes, on: number)
        case .goOn(let number):
            let connection = connections[number]
            guard let id = connection.id, alive(connection.server, connection.life, event) != nil else { return }
            turn(connection.server) { $0.pipeline.goOn(id) }
        case .gone(let number):
            let connection = connections[number]
            guard let life = alive(connection.server, connection.life, event), let id = connection.id else { return }
            connection.id = nil
            life.connections[id] = nil
            turn(connection.server) { $0.pipeline.closed(id) }
        case .hungUp(let number): hungUp(number)
        case .fault:
            guard !isHealed else { return }
            injectFault()
            agenda.plan(.fault, at: now + 1000 + chance.delay(mean: scenario.faultPause))
        case .heal: heal()
        case .look: look()
        }
    }

    /// This life of a server, if it goes on. What happens to a paused server waits.
    private func alive(_ index: Int, _ number: Int, _ event: Event) -> ServiceServer.Life? {
        guard let life = servers[index].life, life.number == number else { return nil }
        guard servers[index].pausedUntil <= now else {
            agenda.plan(event, at: servers[index].pausedUntil)
            return nil
        }
        return life
    }

    // MARK: The shell

    func advance(_ life: ServiceServer.Life) {
        life.pipeline.advance(to: Int64(now / 1000), wall: 1_700_000_000_000 + Int64(now / 1000))
    }

    /// One input, its effects, and what was answered.
    private func turn(_ index: Int, _ input: (ServiceServer.Life) -> Void) {
        guard let life = servers[index].life else { return }
        advance(life)
        input(life)
        carryOut(index)
        endTurn(index)
    }

    private func step(_ index: Int, _ input: Quorum.Input) { turn(index) { $0.replication.step(input) } }

    private func endTurn(_ index: Int) {
        guard let life = servers[index].life else { return }
        life.pipeline.resumeThrottled()
        carryOut(index)
        guard servers[index].life === life else { return }
        flush(life)
        if servers[index].disk.beginBatch() {
            agenda.plan(.disk(index, life: life.number), at: now + diskDelay(index))
        }
        let due = max(Int(clamping: life.pipeline.nextDeadline) &* 1000, now + 50)
        // One that is overdue belongs to a pause.
        if life.pipeline.nextDeadline < 1 << 40, due < life.timerAt || life.timerAt < now {
            life.timerAt = due
            agenda.plan(.timer(index, life: life.number), at: due)
        }
    }

    func carryOut(_ index: Int) {
        guard let life = servers[index].life, !life.isCarryingOut else { return }
        life.isCarryingOut = true
        while servers[index].life === life, let effect = life.pipeline.nextEffect() { perform(effect, index, life) }
        life.isCarryingOut = false
        guard servers[index].life === life else { return }
        life.isServing = life.serves
        if life.isServing { observe(index, life) }
        while servers[index].life === life, let id = life.resumed.popFirst() {
            if let number = life.connections[id] { take(number) }
        }
    }

    /// Puts in what came from a client, one frame after the other.
    private func take(_ number: Int) {
        let connection = connections[number]
        let index = connection.server
        if scenario.bug == .replyOutOfOrder { swapFrames(connection) }
        while let id = connection.id, let life = servers[index].life, life.number == connection.life,
            !connection.input.isEmpty
        {
            let taken = connection.input.withUnsafeBytes { life.pipeline.take($0, from: id) }
            guard case .used(let count) = taken else { break }
            connection.input.removeFirst(min(count, connection.input.count))
            if scenario.bug != .effectsBehindNextInput { carryOut(index) }
        }
        carryOut(index)
    }

    private func perform(_ effect: RequestPipeline.Effect, _ index: Int, _ life: ServiceServer.Life) {
        switch effect {
        case .flush:
            // The last commits of a reign come before its end, and are answered.
            if life.isServing { observe(index, life) }
            life.isServing = life.serves
            flush(life)
        case .close(let id):
            guard let number = life.connections[id] else { return }
            hangUp(number)
        case .resume(let id): life.resumed.append(id)
        case .keepMismatch(let zxid): judge.accuse("server \(servers[index].id): \(zxid) differs from its digest")
        case .stopped:
            servers[index].disk.crash(survivors: servers[index].disk.pending.count)
            takeDown(index)
        case .quorum(let effect): perform(effect, index, life)
        case .log, .append, .returnMemory: break
        }
    }

    private func flush(_ life: ServiceServer.Life) {
        while let id = life.pipeline.nextDirty() {
            guard let number = life.connections[id], let output = life.pipeline.takeOutput(of: id) else { continue }
            let bytes = tampered(output.bytes.bytes)
            life.pipeline.giveBack(output.bytes)
            let connection = connections[number]
            connection.repliesReach = max(now + linkDelay(), connection.repliesReach)
            agenda.plan(.replies(number, bytes), at: connection.repliesReach)
            if output.closes { hangUp(number) }
            if output.goesOn { agenda.plan(.goOn(number), at: now + 10) }
        }
    }

    /// The server closes a connection: its client hears of it behind what was sent.
    private func hangUp(_ number: Int) {
        agenda.plan(.gone(number), at: now)
        agenda.plan(.hungUp(number), at: max(now + linkDelay(), connections[number].repliesReach))
    }

    /// What a server has applied while it served, was committed.
    private func observe(_ index: Int, _ life: ServiceServer.Life) {
        let tree = life.pipeline.tree
        guard tree.lastZXID != life.observed else { return }
        life.observed = tree.lastZXID
        mix(Int(tree.lastZXID.rawValue))
        if tree.lastZXID > judge.lastZXID {
            for transaction in servers[index].disk.written.all.transactions
            where transaction.zxid > judge.lastZXID && transaction.zxid <= tree.lastZXID {
                judge.commits(transaction)
            }
        }
        judge.shows(tree, on: servers[index].id)
    }

    // MARK: Servers

    private func start(_ index: Int) {
        let server = servers[index]
        guard server.life == nil else { return }
        let disk = server.disk.durable
        server.lives += 1
        let quorum = Quorum(
            id: server.id, configuration: configuration, options: scenario.options,
            recovered: RecoveredState(
                acceptedEpoch: disk.acceptedEpoch, currentEpoch: disk.currentEpoch, transactions: disk.log,
                base: disk.snapshot.lastZXID, floor: disk.snapshot.lastZXID))
        let replication = QuorumReplication(quorum)
        var options = PipelineOptions()
        options.tickTime = Int(scenario.options.tickTime)
        options.minSessionTimeout = 1
        options.serverID = UInt8(server.id.rawValue)
        let pipeline = RequestPipeline(
            options, tree: disk.all.tree, replication: replication, now: Int64(now / 1000),
            wall: 1_700_000_000_000 + Int64(now / 1000))
        server.life = ServiceServer.Life(number: server.lives, pipeline, replication)
        step(index, .start)
    }

    private func crash(_ index: Int) {
        guard servers[index].life != nil else { return }
        servers[index].disk.crash(survivors: chance.pick(0...servers[index].disk.pending.count))
        takeDown(index)
    }

    private func takeDown(_ index: Int) {
        guard let life = servers[index].life else { return }
        servers[index].life = nil
        servers[index].pausedUntil = 0
        for (_, link, side) in life.links {
            links[link][side].isOpen = false
            breakLink(link)
        }
        for number in life.connections.values.sorted() {
            connections[number].id = nil
            agenda.plan(.hungUp(number), at: max(now + linkDelay(), connections[number].repliesReach))
        }
        for peer in servers.indices where peer != index {
            guard let other = servers[peer].life else { continue }
            agenda.plan(.unreachable(peer, life: other.number, peer: index), at: now + linkDelay())
        }
    }

    private func perform(_ effect: Quorum.Effect, _ index: Int, _ life: ServiceServer.Life) {
        let server = servers[index]
        switch effect {
        case .notify(let notification, let peer): send(notification, from: index, to: Int(peer.rawValue) - 1)
        case .connect(let peer):
            agenda.plan(.dial(index, life: life.number, to: Int(peer.rawValue) - 1), at: now + linkDelay())
        case .send(let packet, let link): send(.packet(packet), life, link)
        case .broadcast(let packet, let receivers):
            for link in receivers { send(.packet(packet), life, link) }
        case .sendSnapshot(let zxid, let link):
            send(.packet(QuorumPacket(.snap, zxid: zxid)), life, link)
            let all = server.disk.written.all.transactions
            send(.snapshot(TxnPrefix(transactions: all.filter { $0.zxid <= zxid })), life, link)
        case .close(let link, _):
            send(.end, life, link)
            forget(link, on: index)
        case .write(let write, let ticket):
            var received: TxnPrefix?
            if case .snapshot(let link, _) = write {
                received = life.received.first { $0.on == link }?.state
                life.received.removeAll { $0.on == link }
            }
            server.disk.write(write, ticket, received: received)
        case .readLog(let zxid, let link):
            let log = server.disk.written.log
            let transactions = log.lastIndex { $0.zxid <= zxid }.map { Array(log[$0...]) }
            agenda.plan(
                .logRead(index, life: life.number, link, transactions), at: now + diskDelay(index))
        case .reload: life.pipeline.replaceTree(by: server.disk.written.all.tree)
        case .restore(let link, _):
            guard let received = life.received.first(where: { $0.on == link }) else { return }
            life.pipeline.replaceTree(by: received.state.tree)
        case .become, .activate: life.observed = ZXID(rawValue: -1)
        // The pipeline's.
        case .apply, .prepare, .synced, .revalidate, .revalidated, .touched: break
        }
    }

    // MARK: Network

    private func send(_ notification: Notification, from: Int, to: Int) {
        guard servers.indices.contains(to), to != from, let life = servers[from].life else { return }
        guard servers[to].life != nil else {
            return agenda.plan(.unreachable(from, life: life.number, peer: to), at: now + linkDelay())
        }
        let arrival = max(now + linkDelay(), notificationsReach[from][to] + 1)
        notificationsReach[from][to] = arrival
        agenda.plan(.notification(notification, from: from, to: to), at: arrival)
    }

    private func dial(_ from: Int, _ number: Int, _ to: Int) {
        guard let life = servers[from].life, let other = servers[to].life, blockedUntil[from][to] <= now,
            blockedUntil[to][from] <= now
        else { return agenda.plan(.refused(from, life: number, to: to), at: now + linkDelay()) }
        servers[from].lastLink += 1
        servers[to].lastLink += 1
        let link = links.count
        let ends = (LinkID(rawValue: servers[from].lastLink), LinkID(rawValue: servers[to].lastLink))
        links.append(
            Link(
                dialler: Link<TxnPrefix>.Side(server: from, incarnation: life.number, id: ends.0),
                acceptor: Link<TxnPrefix>.Side(server: to, incarnation: other.number, id: ends.1)))
        life.links.append((ends.0, link, 0))
        other.links.append((ends.1, link, 1))
        links[link].dialler.nothingBefore = now + linkDelay()
        agenda.plan(.dialled(link: link), at: links[link].dialler.nothingBefore)
        step(to, .accepted(ends.1))
    }

    private func send(_ item: Link<TxnPrefix>.Item, _ life: ServiceServer.Life, _ id: LinkID) {
        guard let place = life.links.first(where: { $0.id == id }), !links[place.link].isBroken else { return }
        let other = links[place.link][1 - place.side]
        let follows = other.lastSent == now && chance.happens(percent: 80)
        let readyAt = max(other.nothingBefore, follows ? 0 : now + linkDelay())
        other.lastSent = now
        other.nothingBefore = readyAt
        other.incoming.append((readyAt, item))
        guard !other.isPumping else { return }
        other.isPumping = true
        agenda.plan(.read(link: place.link, side: 1 - place.side), at: readyAt)
    }

    /// All packets that one read brings are put in before anything is carried out: the order is the core's business.
    private func read(_ link: Int, _ side: Int) {
        let end = links[link][side]
        let (index, sender) = (end.server, links[link][1 - side].server)
        end.isPumping = false
        while let first = end.incoming.first, end.isOpen, let life = servers[index].life {
            let due = max(first.readyAt, blockedUntil[sender][index], servers[index].pausedUntil)
            if due > now {
                end.isPumping = true
                agenda.plan(.read(link: link, side: side), at: due)
                break
            }
            end.incoming.removeFirst()
            advance(life)
            switch first.item {
            case .packet(let packet): life.replication.step(.packet(packet, from: end.id))
            case .snapshot(let state):
                carryOut(index)
                guard end.isOpen else { break }
                life.received.append((end.id, state))
                life.replication.step(.snapshotArrived(on: end.id))
                carryOut(index)
            case .end:
                carryOut(index)
                guard end.isOpen else { break }
                forget(end.id, on: index)
                life.replication.step(.disconnected(end.id))
                carryOut(index)
            }
        }
        carryOut(index)
        endTurn(index)
    }

    private func forget(_ id: LinkID, on index: Int) {
        guard let life = servers[index].life, let place = life.links.firstIndex(where: { $0.id == id }) else { return }
        let (_, link, side) = life.links.remove(at: place)
        links[link][side].isOpen = false
        links[link][side].incoming = []
        life.received.removeAll { $0.on == id }
    }

    private func breakLink(_ link: Int) {
        guard !links[link].isBroken else { return }
        links[link].isBroken = true
        for side in 0...1 {
            links[link][side].incoming = []
            guard links[link][side].isOpen else { continue }
            let (from, to) = (links[link][1 - side].server, links[link][side].server)
            agenda.plan(.linkDown(link: link, side: side), at: max(now + linkDelay(), blockedUntil[from][to]))
        }
    }

    // MARK: Faults and their end

    private func injectFault() {
        let leader = servers.firstIndex { if case .leading? = $0.life?.pipeline.service { true } else { false } }
        let victim = chance.happens(percent: 40) ? leader ?? 0 : chance.pick(0...servers.count - 1)
        switch chance.pick(0...5) {
        case 0:
            crash(victim)
            agenda.plan(.start(victim), at: now + chance.pick(1000...400_000))
        case 1:
            // Never shorter or longer than said before, also when all is healed: what came for it meanwhile waits till then,
            // and in its order.
            let until = now + chance.delay(mean: Int(scenario.options.tickTime) * 3000)
            if servers[victim].pausedUntil <= now { servers[victim].pausedUntil = until }
        case 2:
            let until = now + chance.delay(mean: Int(scenario.options.tickTime) * 6000)
            for other in servers.indices where other != victim {
                blockedUntil[victim][other] = until
                blockedUntil[other][victim] = until
            }
        case 3: if let link = servers[victim].life?.links.first { breakLink(link.link) }
        case 4: servers[victim].diskSlowness = chance.pick([1, 5, 20])
        default:
            // A stop in good order.
            guard servers[victim].life != nil, servers[victim].pausedUntil <= now else { return }
            turn(victim) { $0.pipeline.shutDown() }
            agenda.plan(.start(victim), at: now + chance.pick(100_000...400_000))
        }
    }

    private func heal() {
        isHealed = true
        for from in servers.indices {
            for to in servers.indices { blockedUntil[from][to] = min(blockedUntil[from][to], now) }
            servers[from].diskSlowness = 1
            agenda.plan(.start(from), at: now + chance.pick(0...50_000))
        }
        agenda.plan(.look, at: now + 50_000)
    }

    /// Everybody is served in the end, the trees are the same, and there are no sessions but those of the clients.
    private func look() {
        agenda.plan(.look, at: now + 50_000)
        for index in servers.indices where servers[index].life == nil { start(index) }
        let isWhole = servers.allSatisfy {
            $0.life?.serves == true && $0.life?.pipeline.tree.lastZXID == judge.lastZXID
        }
        if wholeSince == nil, servers.allSatisfy({ $0.life?.serves == true }) {
            wholeSince = now
            for number in clients.indices { clients[number].acknowledged = 0 }
        }
        let strangers = judge.sessions.filter { session in !clients.contains { $0.session == session } }
        if let since = wholeSince, isWhole, strangers.isEmpty, now > since + scenario.sessionTimeout * 1000,
            clients.allSatisfy({ $0.acknowledged >= 3 })
        {
            isDone = true
            return
        }
        guard now > scenario.stormLength + 10_000_000 + scenario.sessionTimeout * 4000 else { return }
        if let stranger = strangers.first {
            return judge.accuse("Session: \(stranger) of a client that is gone lives on, with what it created")
        }
        let words = servers.map { "\($0.id) \($0.life?.replication.quorum.status.words ?? "down")" }
        let unserved = clients.filter { $0.acknowledged < 3 }.map { "client \($0.number) \($0.state)" }
        judge.accuse("Liveness: \(words.joined(separator: "; ")); \(unserved.joined(separator: ", "))")
    }

    // MARK: Planted bugs

    private static func frames(_ bytes: [UInt8]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var start = 0
        while start + 4 <= bytes.count {
            let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = min(bytes.count, start + 4 + length)
            frames.append([UInt8](bytes[start..<end]))
            start = end
        }
        return frames
    }

    private static func isEvent(_ frame: [UInt8]) -> Bool {
        frame.count >= 8 && frame[4..<8].allSatisfy { $0 == 0xFF }
    }

    /// Output as a server with the planted bug would send it.
    private func tampered(_ bytes: [UInt8]) -> [UInt8] {
        switch scenario.bug {
        case .lateEvent:
            let frames = Self.frames(bytes)
            return (frames.filter { !Self.isEvent($0) } + frames.filter { Self.isEvent($0) }).flatMap(\.self)
        case .lostEvent:
            let frames = Self.frames(bytes)
            return frames.count < 2 ? bytes : frames.filter { !Self.isEvent($0) }.flatMap(\.self)
        case .ephemeralStays, .replyOutOfOrder, .effectsBehindNextInput, nil: return bytes
        }
    }

    /// The last two requests that came change places, once the connection has a session.
    private func swapFrames(_ connection: ClientConnection) {
        guard case .open = clients[connection.client].state else { return }
        var frames = Self.frames(connection.input)
        guard frames.count >= 2 else { return }
        frames.swapAt(frames.count - 1, frames.count - 2)
        connection.input = frames.flatMap(\.self)
    }
}
