import Quorum
import ZooKeeperProtocol

/// What a script makes happen. Each takes one of the things that are planned out of its turn; false when none of the kind is.
extension Simulator {
    // MARK: Votes

    /// The oldest notification under way between the two, behind `passing` others.
    func takeNotification(from: Int, to: Int, passing: Int) -> Notification? {
        let numbers = agenda.planned.compactMap { event in
            if case .notification(_, let number, from, to) = event { number } else { nil }
        }
        guard passing < numbers.count else { return nil }
        let wanted = numbers.sorted()[passing]
        let taken = agenda.take { _, event in
            if case .notification(_, wanted, from, to) = event { true } else { false }
        }
        guard case .notification(let notification, _, _, _)? = taken?.event else { return nil }
        return notification
    }

    // MARK: Connections

    /// The connections between two servers, the newest first; only the one of this age when there is one.
    private func between(_ first: Int, _ second: Int, age: Int?) -> [(link: Int, side: Int)] {
        let all = links.indices.reversed().compactMap { link -> (link: Int, side: Int)? in
            switch (links[link].dialler.server, links[link].acceptor.server) {
            case (first, second): (link, 0)
            case (second, first): (link, 1)
            default: nil
            }
        }
        guard let age else { return all }
        return age < all.count ? [all[age]] : []
    }

    private func carryOut(_ fits: (Event) -> Bool) -> Bool {
        guard let (_, event) = agenda.take(where: { fits($1) }) else { return false }
        handle(event)
        return true
    }

    func dialNext(_ from: Int, _ to: Int) -> Bool {
        let incarnation = nodes[from].incarnation
        return carryOut { if case .dial(from, incarnation, to) = $0 { true } else { false } }
    }

    func refuse(_ from: Int, _ to: Int) -> Bool {
        let incarnation = nodes[from].incarnation
        let taken = agenda.take { _, event in
            switch event {
            case .dial(from, incarnation, to), .connectFailed(from, incarnation, to): true
            default: false
            }
        }
        guard taken != nil else { return false }
        handle(.connectFailed(from, incarnation: incarnation, to: to))
        return true
    }

    func connect(_ from: Int, _ to: Int, age: Int?) -> Bool {
        between(from, to, age: age).contains { place in
            carryOut { if case .connected(place.link) = $0 { true } else { false } }
        }
    }

    func deliver(_ from: Int, _ to: Int, age: Int?, limit: Int) -> Bool {
        for (link, side) in between(to, from, age: age) where !links[link][side].incoming.isEmpty {
            let taken = agenda.take { _, event in
                if case .pump(link, side) = event { true } else { false }
            }
            guard taken != nil else { continue }
            pump(link, side, limit: limit)
            return true
        }
        return false
    }

    func breakLink(_ first: Int, _ second: Int, age: Int?) -> Bool {
        guard let (link, _) = between(first, second, age: age).first(where: { !links[$0.link].isBroken }) else {
            return false
        }
        breakLink(link)
        return true
    }

    func notice(_ server: Int, _ peer: Int, age: Int?) -> Bool {
        between(server, peer, age: age).contains { place in
            carryOut { if case .linkDown(place.link, place.side) = $0 { true } else { false } }
        }
    }

    func tell(_ server: Int, isUnreachable peer: Int) {
        guard nodes[server].isUp else { return }
        _ = agenda.take { _, event in
            if case .unreachable(server, _, peer) = event { true } else { false }
        }
        step(server, .unreachable(nodes[peer].id))
    }

    // MARK: Disks

    private func takeDiskDone(_ server: Int) -> Event? {
        let incarnation = nodes[server].incarnation
        return agenda.take { _, event in
            if case .diskDone(server, incarnation) = event { true } else { false }
        }?.event
    }

    /// - Parameter reports: whether the server hears of it at once.
    func finishDisk(_ server: Int, reports: Bool) -> Bool {
        guard nodes[server].isUp, let event = takeDiskDone(server) else { return false }
        if reports {
            handle(event)
        } else {
            let ticket = nodes[server].disk.finishBatch()
            agenda.plan(
                .durable(server, incarnation: nodes[server].incarnation, ticket), at: now + diskDelay(server))
        }
        return true
    }

    func report(_ server: Int) -> Bool {
        let incarnation = nodes[server].incarnation
        return carryOut { if case .durable(server, incarnation, _) = $0 { true } else { false } }
    }

    func stick(_ server: Int) {
        nodes[server].isDiskStuck = true
        if let event = takeDiskDone(server) { agenda.plan(event, at: .max) }
    }

    func readLog(_ server: Int, for learner: Int, age: Int?) -> Bool {
        let incarnation = nodes[server].incarnation
        return between(server, learner, age: age).contains { link, side in
            let connection = links[link][side].id
            return carryOut { if case .logRead(server, incarnation, connection, _) = $0 { true } else { false } }
        }
    }

    // MARK: Requests

    func answerNext(_ client: Int) -> Bool {
        let attachment = clients[client].attachment
        return carryOut { if case .answer(client, attachment, _) = $0 { true } else { false } }
    }

    /// A write of somebody whose session never ends.
    func proposeSomething(at server: Int) {
        guard nodes[server].isUp else { return }
        let command = nextCommand(.set)
        step(server, .request(command.request))
    }

    // MARK: Time

    /// Lets everything happen in its turn.
    func play(until end: Int) {
        while judge.violation == nil, let (time, event) = agenda.take(where: { time, _ in time <= end }) {
            now = max(now, time)
            handle(event)
        }
        now = max(now, end)
    }

    /// Lets everything arrive that is under way, and what that leads to, while the clocks stand still.
    func playWhatIsUnderWay() {
        isSettling = true
        defer { isSettling = false }
        var count = 0
        while judge.violation == nil, let (_, event) = agenda.take(where: { $0 < .max && !$1.isOfTheClock }) {
            handle(event)
            count += 1
            if count == 20_000 { judge.accuse("Liveness: the servers do not stop talking") }
        }
    }

    /// What was held back, and is so no more, is under way again.
    func freeHeld() {
        var events: [Event] = []
        while let (_, event) = agenda.take(where: { time, _ in time == .max }) { events.append(event) }
        for event in events {
            let isHeld =
                switch event {
                case .diskDone(let server, _): nodes[server].isDiskStuck
                case .linkDown(let link, let side):
                    isBlocked(links[link][1 - side].server, links[link][side].server)
                case .unreachable(let server, _, let peer): isBlocked(peer, server)
                default: false
                }
            agenda.plan(event, at: isHeld ? .max : now + 1000)
        }
    }

    /// Undoes every trouble and demands that the ensemble is whole in time, and stores a txn.
    ///
    /// - Returns: how long it took.
    func demandService(within limit: Int) -> Int? {
        let start = now
        for from in nodes.indices {
            for to in nodes.indices { blockedUntil[from][to] = 0 }
            nodes[from].pausedUntil = 0
            nodes[from].isDiskStuck = false
        }
        freeHeld()
        for index in nodes.indices { self.start(index) }
        var asked = false
        while now < start + limit {
            play(until: now + 10_000)
            if judge.violation != nil { return nil }
            guard isWhole, let leader = nodes.firstIndex(where: \.isLeader) else { continue }
            let settled = nodes.allSatisfy { $0.state.chain == nodes[leader].state.chain }
            if !asked {
                asked = true
                proposeSomething(at: leader)
            } else if settled {
                return now - start
            }
        }
        judge.accuse("Liveness: not whole after \(limit / 1000) ms: \(nodes.map(\.words).joined(separator: "; "))")
        return nil
    }
}

extension Simulator.Event {
    /// Timers, not things under way.
    fileprivate var isOfTheClock: Bool {
        switch self {
        case .timer, .sessionTick: true
        default: false
        }
    }
}

extension Node {
    /// What it is doing, and what it has.
    var words: String {
        guard let quorum else { return "\(id) down" }
        var text = "\(id) \(quorum.status.words); logged \(quorum.lastLogged), applied \(quorum.lastApplied)"
        text += ", epochs \(quorum.acceptedEpoch) \(quorum.currentEpoch)"
        guard quorum.options.reconfigEnabled else { return text }
        text +=
            ", configuration \(ZXID(rawValue: quorum.membership.committed.version)) of \(quorum.membership.committed.voters)"
        if let proposed = quorum.membership.proposed {
            text += ", proposed \(ZXID(rawValue: proposed.version)) of \(proposed.voters)"
        }
        return text
    }
}
