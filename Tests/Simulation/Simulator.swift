import DequeModule
import Membership
import Quorum
import ZooKeeperProtocol

/// A whole ensemble with its clients, network and disks in one thread: one seed, one run, the same everywhere.
///
/// First a storm of faults while the judge watches for safety; then everything is healed, and the ensemble
/// must be whole and serve every client within a budget of time. Or a script says what happens (`Script`), and nothing is
/// left to chance.
package final class Simulator {
    enum Event {
        case timer(Int, incarnation: Int)
        case pump(link: Int, side: Int)
        case dial(from: Int, incarnation: Int, to: Int)
        case connected(link: Int)
        case connectFailed(Int, incarnation: Int, to: Int)
        case linkDown(link: Int, side: Int)
        case notification(Notification, number: Int, from: Int, to: Int)
        /// A new election connection sends the last message again.
        case resend(from: Int, to: Int)
        case unreachable(Int, incarnation: Int, peer: Int)
        case diskDone(Int, incarnation: Int)
        case durable(Int, incarnation: Int, WriteTicket)
        case logRead(Int, incarnation: Int, LinkID, [Transaction]?)
        case sessionTick(Int, incarnation: Int)
        case clientStep(Int)
        case answer(client: Int, attachment: Int, Answer)
        case restart(Int)
        case fault
        case flap(Int)
        case heal
        case look
        case administer
    }

    enum Answer: CustomStringConvertible {
        case connected(session: SessionID, isValid: Bool)
        case written(Command, ZXID)
        case synced(View)
        case read(View)

        var description: String {
            switch self {
            case .connected(let session, let isValid): isValid ? "that \(session) lives" : "that \(session) is dead"
            case .written(let command, let zxid): "\(zxid) of \(command)"
            case .synced(let view): "that all is there up to \(view.state)"
            case .read(let view): "what it reads at \(view.state)"
            }
        }
    }

    package struct Outcome: Sendable {
        package var violation: String?
        /// Hash of everything that happened.
        package var digest: UInt64
        package var events: Int
        package var writes: Int
        package var reads: Int
        package var txns: Int
        package var milliseconds: Int
    }

    let scenario: Scenario
    var chance: Chance
    var now = 0
    var agenda = Agenda<Event>()
    var nodes: [Node]
    var clients: [Client]
    var links: [Link<Replica>] = []
    /// Nothing passes from one server to the other before this time.
    var blockedUntil: [[Int]]
    var lastSent: [[Notification?]]
    var notificationsReach: [[Int]]
    var judge: Judge
    /// The first one.
    let configuration: EnsembleConfiguration
    var reconfigurations = 0
    /// The highest zxid acknowledged, by epoch.
    var acknowledged: [(epoch: Epoch, zxid: ZXID)] = []
    var isHealed = false
    var wholeSince: Int?
    var isDone = false
    var events = 0
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    private let sink: ((TraceLine) -> Void)?
    /// Notes what happens, as the commands of a script; nil for speed.
    let recorder: ScriptRecorder?
    /// Whether a script says what happens.
    let isScripted: Bool
    /// While a script lets everything arrive that is under way.
    var isSettling = false
    var notificationsSent = 0

    /// - Parameter trace: gets one line for each event; nil for speed.
    init(
        _ scenario: Scenario, isScripted: Bool = false, recorder: ScriptRecorder? = nil,
        trace: ((TraceLine) -> Void)? = nil
    ) {
        self.scenario = scenario
        self.isScripted = isScripted
        self.recorder = recorder
        sink = trace
        chance = Chance(seed: scenario.seed &+ 1_000_003)
        let count = scenario.servers
        nodes = (0..<count).map { Node(id: ServerID(Int64($0 + 1))) }
        clients = (0..<scenario.clients).map { Client(number: $0) }
        blockedUntil = Array(repeating: Array(repeating: 0, count: count), count: count)
        lastSent = Array(repeating: Array(repeating: nil, count: count), count: count)
        notificationsReach = blockedUntil
        let voters = scenario.voters
        configuration = Self.configuration(
            voters: nodes.prefix(voters).map(\.id), observers: nodes[voters..<(voters + scenario.observers)].map(\.id),
            groups: scenario.groups, weights: scenario.weights)
        judge = Judge(configuration)
        for (index, rate) in scenario.clocks.enumerated() { nodes[index].clockRate = rate }
    }

    package static func run(_ scenario: Scenario, trace: ((TraceLine) -> Void)? = nil) -> Outcome {
        Simulator(scenario, trace: trace).run()
    }

    /// - Parameter end: when to stop at the latest, in microseconds.
    func run(until end: Int = .max) -> Outcome {
        for index in nodes.indices {
            nodes[index].clockRate = 100 + chance.pick(-scenario.clockDrift...scenario.clockDrift)
            agenda.plan(.restart(index), at: chance.pick(0...300_000))
        }
        for index in clients.indices { agenda.plan(.clientStep(index), at: chance.pick(0...400_000)) }
        agenda.plan(.fault, at: 200_000 + chance.delay(mean: scenario.faultPause))
        if scenario.reconfigPause > 0 {
            agenda.plan(.administer, at: 300_000 + chance.delay(mean: scenario.reconfigPause))
        }
        agenda.plan(.heal, at: scenario.stormLength)
        while !isDone, judge.violation == nil, now <= end, let (time, event) = agenda.next() {
            now = time
            events += 1
            mix(time)
            handle(event)
        }
        return Outcome(
            violation: judge.violation, digest: digest, events: events, writes: judge.acknowledged, reads: judge.reads,
            txns: judge.history.count, milliseconds: now / 1000)
    }

    // MARK: Keeping track

    func mix(_ number: Int) {
        digest = (digest ^ UInt64(truncatingIfNeeded: number)) &* 0x100_0000_01B3
    }

    func trace(_ server: Int?, _ kind: TraceLine.Kind, _ text: @autoclosure () -> String) {
        guard let sink else { return }
        sink(TraceLine(time: now, server: server.map { nodes[$0].id }, kind: kind, text: text()))
    }

    /// Notes a line of the script that this run could be.
    func record(_ line: @autoclosure () -> String) {
        guard let recorder else { return }
        recorder.note(line(), at: now)
    }

    /// How a script names the connection between two servers: the newest, or with how many newer ones.
    func name(_ link: Int, _ from: Int, _ arrow: String, _ to: Int) -> String {
        let ends = [from, to]
        let age = links[(link + 1)...].count {
            ends == [$0.dialler.server, $0.acceptor.server] || ends == [$0.acceptor.server, $0.dialler.server]
        }
        return "\(from + 1)\(arrow)\(to + 1)" + (age > 0 ? "~\(age)" : "")
    }

    /// Who has this txn on disk, and has entered the epoch.
    func holders(of zxid: ZXID, in epoch: Epoch = .zero) -> ServerSet {
        var holders = ServerSet()
        for node in nodes where node.disk.durable.contains(zxid) && node.disk.durable.currentEpoch >= epoch {
            holders.insert(node.id)
        }
        return holders
    }

    func isBlocked(_ from: Int, _ to: Int) -> Bool { blockedUntil[from][to] > now }

    func linkDelay() -> Int {
        if isScripted { return 1000 }
        return isHealed
            ? 100 + chance.pick(0...min(scenario.linkDelay, 400)) : 50 + chance.delay(mean: scenario.linkDelay)
    }

    func diskDelay(_ index: Int) -> Int {
        if isScripted { return nodes[index].isDiskStuck ? .max - now : 2000 }
        return isHealed
            ? 100 + chance.pick(0...min(scenario.diskDelay, 1000))
            : (100 + chance.delay(mean: scenario.diskDelay)) * nodes[index].diskSlowness
    }

    // MARK: Events

    func handle(_ event: Event) {
        switch event {
        case .timer(let index, let incarnation):
            guard isAlive(index, incarnation), !postpone(event, for: index), nodes[index].timerAt <= now else { return }
            nodes[index].timerAt = .max
            record("tick \(index + 1)")
            step(index, .tick)
        case .pump(let link, let side):
            pump(link, side)
        case .dial(let from, let incarnation, let to):
            dial(from, incarnation, to)
        case .connected(let link):
            let side = links[link].dialler
            guard isAlive(side.server, side.incarnation), !postpone(event, for: side.server), side.isOpen else {
                return
            }
            record("connected \(name(link, side.server, "->", links[link].acceptor.server))")
            step(side.server, .connected(side.id, to: nodes[links[link].acceptor.server].id))
        case .connectFailed(let index, let incarnation, let to):
            guard isAlive(index, incarnation), !postpone(event, for: index) else { return }
            record("refuse \(index + 1)->\(to + 1)")
            step(index, .connectFailed(to: nodes[to].id))
        case .linkDown(let link, let side):
            lose(link, side, event)
        case .notification(let notification, let number, let from, let to):
            guard nodes[to].isUp else {
                recorder?.loses(number, from, to, at: now)
                return
            }
            if postpone(event, for: to) { return }
            if isBlocked(from, to) {
                agenda.plan(event, at: blockedUntil[from][to])
                return
            }
            recorder?.delivers(number, from, to, at: now)
            hear(notification, from: from, to: to)
        case .resend(let from, let to):
            guard nodes[from].isUp, let last = lastSent[from][to] else { return }
            record("again \(from + 1)->\(to + 1)")
            plan(last, from: from, to: to, at: now + linkDelay())
        case .unreachable(let index, let incarnation, let peer):
            guard isAlive(index, incarnation), !postpone(event, for: index) else { return }
            record("unreachable \(index + 1)->\(peer + 1)")
            step(index, .unreachable(nodes[peer].id))
        case .diskDone(let index, let incarnation):
            guard isAlive(index, incarnation) else { return }
            let ticket = nodes[index].disk.finishBatch()
            record("\(nodes[index].pausedUntil > now ? "sync" : "disk") \(index + 1)")
            if nodes[index].pausedUntil > now {
                // The disk does not pause; the news does.
                agenda.plan(.durable(index, incarnation: incarnation, ticket), at: nodes[index].pausedUntil)
            } else {
                step(index, .durable(ticket))
            }
        case .durable(let index, let incarnation, let ticket):
            guard isAlive(index, incarnation), !postpone(event, for: index) else { return }
            record("report \(index + 1)")
            step(index, .durable(ticket))
        case .logRead(let index, let incarnation, let connection, let transactions):
            guard isAlive(index, incarnation), !postpone(event, for: index) else { return }
            if recorder != nil, let (_, link, side) = nodes[index].connections.first(where: { $0.id == connection }) {
                record("log \(name(link, index, "->", links[link][1 - side].server))")
            }
            step(index, .logRead(transactions, for: connection))
        case .sessionTick(let index, let incarnation):
            guard isAlive(index, incarnation), !postpone(event, for: index) else { return }
            expireSessions(index)
            agenda.plan(event, at: now + Int(scenario.options.tickTime) * 1000)
        case .clientStep(let client):
            stepClient(client)
        case .answer(let client, let attachment, let answer):
            guard clients[client].attachment == attachment else { return }
            record("answer \(client + 1)")
            receive(answer, client)
        case .restart(let index):
            start(index)
        case .fault:
            guard !isHealed else { return }
            injectFault()
            agenda.plan(.fault, at: now + 1000 + chance.delay(mean: scenario.faultPause))
        case .flap(let times):
            flap(times)
        case .heal:
            // Where elections are a lottery nothing can be asked of them but safety.
            if scenario.options.faults.contains(.electAnybody) { isDone = true } else { heal() }
        case .administer:
            administer()
        case .look:
            checkLiveness()
        }
    }

    private func isAlive(_ index: Int, _ incarnation: Int) -> Bool {
        nodes[index].incarnation == incarnation && nodes[index].isUp
    }

    /// A paused server sees what happens to it when it wakes.
    private func postpone(_ event: Event, for index: Int) -> Bool {
        guard nodes[index].pausedUntil > now else { return false }
        agenda.plan(event, at: nodes[index].pausedUntil)
        return true
    }

    // MARK: Servers

    func start(_ index: Int) {
        guard !nodes[index].isUp else { return }
        record("start \(index + 1)")
        let disk = nodes[index].disk.durable
        let (state, problem) = disk.replayed
        if let problem { judge.accuse("server \(nodes[index].id) starts and \(problem)") }
        nodes[index].incarnation += 1
        nodes[index].state = state
        nodes[index].timerAt = .max
        nodes[index].quorum = Quorum(
            id: nodes[index].id, configuration: disk.configuration ?? firstConfiguration(of: index),
            proposed: disk.proposed, options: scenario.options,
            recovered: RecoveredState(
                acceptedEpoch: disk.acceptedEpoch, currentEpoch: disk.currentEpoch, transactions: disk.log,
                base: disk.snapshot.lastZXID, floor: disk.snapshot.lastZXID))
        trace(index, .role, "starts with \(state.lastZXID), epoch \(disk.currentEpoch), accepted \(disk.acceptedEpoch)")
        agenda.plan(.sessionTick(index, incarnation: nodes[index].incarnation), at: now + 10_000)
        step(index, .start)
    }

    /// - Parameter survivors: how many of the writes not synced reach the platter all the same; nil for chance.
    func crash(_ index: Int, survivors: Int? = nil) {
        guard nodes[index].isUp else { return }
        let survivors = survivors ?? chance.pick(0...nodes[index].disk.pending.count)
        record("crash \(index + 1) keeping \(survivors)")
        trace(index, .role, "crashes; \(survivors) of \(nodes[index].disk.pending.count) writes survive")
        nodes[index].disk.crash(survivors: survivors)
        takeDown(index)
    }

    private func takeDown(_ index: Int) {
        nodes[index].quorum = nil
        nodes[index].isServing = false
        nodes[index].isLeader = false
        nodes[index].pausedUntil = 0
        nodes[index].received = []
        dropClients(of: index)
        for (_, link, side) in nodes[index].connections {
            links[link][side].isOpen = false
            breakLink(link)
        }
        nodes[index].connections = []
        for peer in nodes.indices where peer != index && nodes[peer].isUp && (isScripted || chance.happens(percent: 70))
        {
            agenda.plan(
                .unreachable(peer, incarnation: nodes[peer].incarnation, peer: index),
                at: max(now + linkDelay(), blockedUntil[index][peer]))
        }
    }

    func step(_ index: Int, _ input: Quorum.Input) {
        put(input, into: index)
        settle(index)
    }

    private func put(_ input: Quorum.Input, into index: Int) {
        nodes[index].quorum?.step(input, now: nodes[index].localTime(now))
    }

    /// Carries out what the core decides, and begins to wait for what comes next.
    func settle(_ index: Int) {
        guard nodes[index].isUp else { return }
        while let effect = nodes[index].nextEffect() { perform(effect, on: index) }
        if nodes[index].disk.beginBatch() {
            agenda.plan(.diskDone(index, incarnation: nodes[index].incarnation), at: now + diskDelay(index))
        }
        guard let deadline = nodes[index].deadline else { return }
        let due = max(nodes[index].trueTime(deadline), now + 50)
        // One that is overdue belongs to a pause that the healing cut short.
        if due < nodes[index].timerAt || nodes[index].timerAt < now, due != .max {
            nodes[index].timerAt = due
            agenda.plan(.timer(index, incarnation: nodes[index].incarnation), at: due)
        }
    }

    private func perform(_ effect: Quorum.Effect, on index: Int) {
        switch effect {
        case .notify(let notification, let peer):
            send(notification, from: index, to: Int(peer.rawValue) - 1)
        case .connect(let peer):
            agenda.plan(
                .dial(from: index, incarnation: nodes[index].incarnation, to: Int(peer.rawValue) - 1),
                at: now + linkDelay())
        case .send(let packet, let connection):
            send(.packet(packet), from: index, on: connection)
        case .broadcast(let packet, let connections):
            for connection in connections { send(.packet(packet), from: index, on: connection) }
        case .sendSnapshot(let zxid, let connection):
            send(.packet(QuorumPacket(.snap, zxid: zxid)), from: index, on: connection)
            send(.snapshot(nodes[index].state), from: index, on: connection)
        case .close(let connection, let reason):
            trace(index, .role, "closes connection \(connection.rawValue): \(plain(reason))")
            send(.end, from: index, on: connection)
            forget(connection, on: index)
        case .write(let write, let ticket):
            self.write(write, ticket, on: index)
        case .readLog(let from, let connection):
            let log = nodes[index].disk.written.log
            let start = log.lastIndex { $0.zxid <= from }
            agenda.plan(
                .logRead(
                    index, incarnation: nodes[index].incarnation, connection, start.map { Array(log[$0...]) }),
                at: now + diskDelay(index))
        case .apply(let transaction):
            apply(transaction, on: index)
        case .reload(let zxid):
            let (state, problem) = nodes[index].disk.written.replayed
            nodes[index].state = state
            trace(index, .role, "truncates to \(zxid)")
            if let problem { judge.accuse("server \(nodes[index].id) reloads and \(problem)") }
            if state.lastZXID > zxid {
                judge.accuse("server \(nodes[index].id) truncates to \(zxid) and has \(state.lastZXID)")
            }
        case .restore(let connection, let zxid):
            guard let received = nodes[index].received.first(where: { $0.on == connection }) else { return }
            nodes[index].state = received.state
            trace(index, .role, "restores a snapshot at \(zxid)")
            if received.state.lastZXID != zxid {
                judge.accuse("a snapshot of \(zxid) holds \(received.state.lastZXID)")
            }
        case .prepare(let request, _):
            prepare(request, on: index)
        case .synced:
            guard let waiting = nodes[index].syncs.popFirst() else { return }
            reply(.synced(view(of: index)), to: waiting.client, waiting.attachment)
            tookTurn(waiting.client, waiting.attachment, on: index)
        case .revalidate(let session, let timeout, let connection):
            let isValid = nodes[index].prepared.sessions.contains(session)
            nodes[index].hear(session, timeout: timeout, now)
            let time = nodes[index].localTime(now)
            nodes[index].quorum?.step(.revalidated(session, isValid: isValid, for: connection), now: time)
        case .revalidated(let session, let isValid):
            guard let place = nodes[index].renewals.firstIndex(where: { $0.session == session }) else { return }
            let renewal = nodes[index].renewals.remove(at: place)
            reply(.connected(session: session, isValid: isValid), to: renewal.client, renewal.attachment)
        case .touched(let sessions):
            for touch in sessions { nodes[index].hear(touch.session, timeout: touch.timeout, now) }
        case .activate(let configuration):
            trace(index, .role, "activates configuration \(ZXID(rawValue: configuration.version))")
            judge.activates(configuration, on: nodes[index].id)
        case .become(let status):
            become(status, index)
        }
    }

    private func become(_ status: Quorum.Status, _ index: Int) {
        trace(index, .role, "becomes \(status.words)")
        mix(index)
        switch status {
        case .leading(let epoch):
            nodes[index].isServing = true
            nodes[index].isLeader = true
            nodes[index].prepared = nodes[index].state
            let deadline = nodes[index].localTime(now) + Int64(scenario.sessionTimeout)
            nodes[index].sessionDeadlines = nodes[index].state.sessions.map { ($0, deadline) }
            judge.established(
                nodes[index].id, incarnation: nodes[index].incarnation, epoch: epoch, state: nodes[index].state,
                onDisksOf: holders(of: nodes[index].state.lastZXID, in: epoch))
        case .following, .observing:
            nodes[index].isServing = true
            judge.shows(nodes[index].state, on: nodes[index].id)
        case .looking, .preparingToLead, .joining:
            nodes[index].isServing = false
            nodes[index].isLeader = false
            dropClients(of: index)
        case .stopped:
            nodes[index].isServing = false
            nodes[index].isLeader = false
            dropClients(of: index)
            nodes[index].disk.crash(survivors: nodes[index].disk.pending.count)
            takeDown(index)
            if isScripted { return }
            agenda.plan(.restart(index), at: now + chance.pick(50_000...500_000))
        }
    }

    private func write(_ write: Quorum.Write, _ ticket: WriteTicket, on index: Int) {
        trace(index, .disk, "writes \(write.words)")
        var received: Replica?
        if case .snapshot(let connection, _) = write {
            received = nodes[index].received.first { $0.on == connection }?.state
            nodes[index].received.removeAll { $0.on == connection }
        }
        if case .truncate(let zxid) = write, zxid < nodes[index].disk.written.snapshot.lastZXID {
            judge.accuse("server \(nodes[index].id) must truncate to \(zxid), below its snapshot")
        }
        nodes[index].disk.write(write, ticket, received: received)
    }

    private func apply(_ transaction: Transaction, on index: Int) {
        let place = nodes[index].state.entries.count
        if let problem = nodes[index].state.apply(transaction) {
            judge.accuse("server \(nodes[index].id): \(problem)")
        }
        mix(Int(transaction.zxid.rawValue))
        trace(
            index, .txn,
            "applies \(transaction.zxid)" + (nodes[index].state.entries.last.map { " \($0.command)" } ?? ""))
        guard nodes[index].isServing, let entry = nodes[index].state.entries.last else { return }
        if nodes[index].isLeader {
            judge.leaderCommitted(
                entry, at: place, by: nodes[index].id, onDisksOf: holders(of: entry.zxid),
                reconfiguring: transaction.configuration)
            if entry.command.kind == .createSession {
                nodes[index].sessionDeadlines.append(
                    (entry.command.session, nodes[index].localTime(now) + Int64(scenario.sessionTimeout)))
            }
        } else {
            judge.shows(nodes[index].state, on: nodes[index].id)
        }
        guard let first = nodes[index].writes.first, first.session == entry.command.session,
            first.cxid == entry.command.cxid
        else { return }
        nodes[index].writes.removeFirst()
        reply(.written(entry.command, transaction.zxid), to: first.client, first.attachment)
        if entry.command.kind != .createSession { tookTurn(first.client, first.attachment, on: index) }
    }

    private func prepare(_ request: Quorum.Request, on index: Int) {
        guard let zxid = nodes[index].quorum?.nextZXID,
            let transaction = request.operation.op == .reconfig
                ? prepareReconfig(request, zxid, on: index) : prepare(request.operation.body, zxid, on: index)
        else { return }
        if let problem = nodes[index].prepared.apply(transaction) {
            judge.accuse("leader \(nodes[index].id) prepares what \(problem)")
        }
        let time = nodes[index].localTime(now)
        nodes[index].quorum?.step(.propose(transaction), now: time)
    }

    private func prepare(_ body: [UInt8], _ zxid: ZXID, on index: Int) -> Transaction? {
        Command(bytes: body).map { Transaction(zxid: zxid, bytes: nodes[index].prepared.prepare($0).bytes) }
    }

    func expireSessions(_ index: Int) {
        guard nodes[index].isLeader else { return }
        let local = nodes[index].localTime(now)
        let expired = nodes[index].sessionDeadlines.filter { $0.at <= local }
        guard !expired.isEmpty else { return }
        record("expire \(index + 1)")
        nodes[index].sessionDeadlines.removeAll { $0.at <= local }
        for (session, _) in expired {
            trace(index, .role, "expires session \(session)")
            if let whole = wholeSince, now > whole + Int(scenario.sessionTimeout) * 1500,
                clients.contains(where: { $0.session == session && $0.isConnected })
            {
                judge.accuse("session \(session) expired though its client was connected all the time")
            }
            step(index, .request(Command(kind: .closeSession, session: session, cxid: 0).request))
        }
    }

    // MARK: Network

    private func send(_ notification: Notification, from: Int, to: Int) {
        guard nodes.indices.contains(to), to != from else { return }
        trace(from, .vote, "-> \(nodes[to].id) \(notification.words)")
        lastSent[from][to] = notification
        if !nodes[to].isUp {
            if isScripted || chance.happens(percent: 80) {
                agenda.plan(
                    .unreachable(from, incarnation: nodes[from].incarnation, peer: to), at: now + linkDelay())
            }
            return
        }
        if !isHealed, !isScripted, chance.happens(percent: scenario.notificationLoss) {
            if let recorder {
                notificationsSent += 1
                recorder.sends(notificationsSent, from, to)
                recorder.loses(notificationsSent, from, to, at: now)
            }
            if chance.happens(percent: 50) {
                agenda.plan(.resend(from: from, to: to), at: now + chance.pick(1000...300_000))
            }
            return
        }
        let arrival = max(now + linkDelay(), notificationsReach[from][to] + 1)
        notificationsReach[from][to] = arrival
        plan(notification, from: from, to: to, at: arrival)
    }

    func hear(_ notification: Notification, from: Int, to: Int) {
        guard nodes[to].isUp else { return }
        trace(to, .received, "<- \(nodes[from].id) \(notification.words)")
        step(to, .notification(notification, from: nodes[from].id))
    }

    func plan(_ notification: Notification, from: Int, to: Int, at time: Int) {
        notificationsSent += 1
        recorder?.sends(notificationsSent, from, to)
        agenda.plan(.notification(notification, number: notificationsSent, from: from, to: to), at: time)
    }

    func dial(_ from: Int, _ incarnation: Int, _ to: Int) {
        guard isAlive(from, incarnation), !postpone(.dial(from: from, incarnation: incarnation, to: to), for: from)
        else { return }
        guard nodes[to].isUp, !isBlocked(from, to), !isBlocked(to, from) else {
            agenda.plan(
                .connectFailed(from, incarnation: incarnation, to: to),
                at: now + (!nodes[to].isUp || isScripted ? linkDelay() : chance.pick(10_000...200_000)))
            return
        }
        record("dial \(from + 1)->\(to + 1)")
        let index = links.count
        nodes[from].lastConnection += 1
        nodes[to].lastConnection += 1
        let ids = (
            LinkID(rawValue: nodes[from].lastConnection), LinkID(rawValue: nodes[to].lastConnection)
        )
        links.append(
            Link(
                dialler: Link<Replica>.Side(server: from, incarnation: incarnation, id: ids.0),
                acceptor: Link<Replica>.Side(server: to, incarnation: nodes[to].incarnation, id: ids.1)))
        nodes[from].connections.append((ids.0, index, 0))
        nodes[to].connections.append((ids.1, index, 1))
        let answered = now + linkDelay()
        links[index].dialler.nothingBefore = answered
        agenda.plan(.connected(link: index), at: answered)
        trace(to, .role, "accepts connection \(ids.1.rawValue) of \(nodes[from].id)")
        step(to, .accepted(ids.1))
    }

    private func send(_ item: Link<Replica>.Item, from index: Int, on connection: LinkID) {
        guard let place = nodes[index].connections.first(where: { $0.id == connection }) else { return }
        guard !links[place.link].isBroken else { return }
        let other = 1 - place.side
        if case .packet(let packet) = item {
            trace(
                index, packet.type == .ping ? .ping : .packet,
                "-> \(nodes[links[place.link][other].server].id) \(packet.words)")
            mix(Int(packet.type.rawValue))
        }
        // What is sent in one moment mostly comes in one segment.
        let follows = links[place.link][other].lastSent == now && (isScripted || chance.happens(percent: 80))
        let readyAt = max(links[place.link][other].nothingBefore, follows ? 0 : now + linkDelay())
        links[place.link][other].lastSent = now
        links[place.link][other].nothingBefore = readyAt
        links[place.link][other].incoming.append((readyAt, item))
        guard !links[place.link][other].isPumping else { return }
        links[place.link][other].isPumping = true
        agenda.plan(.pump(link: place.link, side: other), at: readyAt)
    }

    /// What has arrived is read and put in together.
    ///
    /// - Parameter limit: reads so much, whether it would have arrived by now or not.
    func pump(_ link: Int, _ side: Int, limit: Int? = nil) {
        let end = links[link][side]
        let (server, sender) = (end.server, links[link][1 - side].server)
        let line = recorder?.begin(at: now)
        var taken = 0
        defer {
            if let recorder, let line {
                let count = taken > 1 ? " \(taken)" : ""
                recorder.complete(line, taken == 0 ? nil : "deliver \(name(link, sender, "->", server))\(count)")
            }
        }
        end.isPumping = false
        while let first = end.incoming.first, end.isOpen {
            let due = isScripted && (isSettling || limit != nil) ? now : first.readyAt
            let arrival = limit == nil ? max(due, blockedUntil[sender][server], nodes[server].pausedUntil) : due
            if arrival > now || taken == limit {
                // Before it is planned: what has come may close the connection.
                settle(server)
                guard end.isOpen, !end.isPumping, !end.incoming.isEmpty else { return }
                end.isPumping = true
                agenda.plan(.pump(link: link, side: side), at: max(arrival, limit == nil ? now : first.readyAt))
                return
            }
            end.incoming.removeFirst()
            taken += 1
            switch first.item {
            case .packet(let packet):
                // All packets of one read, as a careless shell would put them in: the order of their effects is the core's business.
                trace(server, .received, "<- \(nodes[sender].id) \(packet.words)")
                put(.packet(packet, from: end.id), into: server)
            case .snapshot(let state):
                settle(server)
                guard end.isOpen else { return }
                nodes[server].received.append((end.id, state))
                step(server, .snapshotArrived(on: end.id))
            case .end:
                settle(server)
                guard end.isOpen else { return }
                forget(end.id, on: server)
                step(server, .disconnected(end.id))
            }
        }
        settle(server)
    }

    /// This side no longer uses the connection.
    private func forget(_ connection: LinkID, on index: Int) {
        guard let place = nodes[index].connections.firstIndex(where: { $0.id == connection }) else { return }
        let (_, link, side) = nodes[index].connections.remove(at: place)
        links[link][side].isOpen = false
        links[link][side].incoming = []
        nodes[index].received.removeAll { $0.on == connection }
    }

    func breakLink(_ link: Int) {
        guard !links[link].isBroken else { return }
        links[link].isBroken = true
        for side in 0...1 {
            links[link][side].incoming = []
            guard links[link][side].isOpen else { continue }
            let from = links[link][1 - side].server
            let to = links[link][side].server
            agenda.plan(.linkDown(link: link, side: side), at: max(now + linkDelay(), blockedUntil[from][to]))
        }
    }

    private func lose(_ link: Int, _ side: Int, _ event: Event) {
        let end = links[link][side]
        guard end.isOpen, isAlive(end.server, end.incarnation), !postpone(event, for: end.server) else { return }
        record("notice \(name(link, end.server, "-", links[link][1 - side].server))")
        forget(end.id, on: end.server)
        trace(end.server, .role, "loses connection \(end.id.rawValue)")
        step(end.server, .disconnected(end.id))
    }
}

extension Client {
    var isConnected: Bool {
        if case .connected = state { true } else { false }
    }
}
