import Quorum
import ZooKeeperProtocol

/// Faults, their end, and what must be true then.
extension Simulator {
    func injectFault() {
        let kind = chance.pick(scenario.faults)
        let victim = chance.pick(0...nodes.count - 1)
        let leader = nodes.firstIndex { $0.isLeader }
        trace(nil, .role, "fault: \(kind.rawValue)")
        switch kind {
        case .crash: crashAndRestart(victim)
        case .crashLeader: crashAndRestart(leader ?? victim)
        case .crashCandidate:
            let busy = candidates
            crashAndRestart(busy.isEmpty ? leader ?? victim : chance.pick(busy))
        case .crashAll: for index in nodes.indices where chance.happens(percent: 80) { crashAndRestart(index) }
        case .pause: nodes[victim].pausedUntil = now + chance.delay(mean: Int(scenario.options.tickTime) * 3000)
        case .shutDown: shutDown(victim)
        case .breakConnection:
            if let connection = nodes[victim].connections.first { cut(connection.link) }
        case .stallConnection:
            guard let connection = nodes[victim].connections.last else { return }
            links[connection.link][connection.side].nothingBefore = now + chance.delay(mean: 200_000)
        case .isolate: isolate(victim)
        case .isolateLeader: isolate(leader ?? victim)
        case .split:
            let sides = nodes.indices.map { _ in chance.happens(percent: 50) }
            let until = blockLength()
            for from in nodes.indices {
                for to in nodes.indices where sides[from] != sides[to] { block(from, to, until) }
            }
        case .oneWay: block(victim, chance.pick(0...nodes.count - 1), blockLength())
        case .slowDisk: nodes[victim].diskSlowness = chance.pick([1, 5, 20])
        case .slowLeaderDisk: nodes[leader ?? victim].diskSlowness = chance.pick([1, 20])
        case .flap: flap(chance.pick(3...20))
        case .limp:
            // ACKs trickle in while those who gave them lose their connections and are told to TRUNC.
            for index in nodes.indices { nodes[index].diskSlowness = chance.pick([1, 5, 20]) }
            flap(chance.pick(3...20))
        }
        if scenario.purges, chance.happens(percent: 30) { purge(chance.pick(0...nodes.count - 1)) }
    }

    func shutDown(_ index: Int) {
        record("stop \(index + 1)")
        step(index, .shutDown)
    }

    private func cut(_ link: Int) {
        record("break \(name(link, links[link].dialler.server, "-", links[link].acceptor.server))")
        breakLink(link)
    }

    private func crashAndRestart(_ index: Int) {
        crash(index)
        agenda.plan(.restart(index), at: now + chance.pick(chance.happens(percent: 30) ? 100...5000 : 10_000...600_000))
    }

    /// Breaks one connection, and soon another: of whoever promises, synchronises or leads, now here, now there.
    func flap(_ times: Int) {
        guard times > 0, !isHealed else { return }
        let busy = candidates
        let victim = !busy.isEmpty && chance.happens(percent: 70) ? chance.pick(busy) : chance.pick(0...nodes.count - 1)
        if !nodes[victim].connections.isEmpty { cut(chance.pick(nodes[victim].connections).link) }
        agenda.plan(.flap(times - 1), at: now + chance.pick(500...20_000))
    }

    /// Those between election and service, where promises and epochs are made.
    private var candidates: [Int] {
        nodes.indices.filter { index in
            switch nodes[index].quorum?.status {
            case .preparingToLead, .joining: true
            default: false
            }
        }
    }

    private func blockLength() -> Int { now + chance.delay(mean: Int(scenario.options.tickTime) * 6000) }

    private func block(_ from: Int, _ to: Int, _ until: Int) {
        guard from != to else { return }
        blockedUntil[from][to] = max(blockedUntil[from][to], until)
    }

    private func isolate(_ index: Int) {
        let until = blockLength()
        for other in nodes.indices {
            block(index, other, until)
            block(other, index, until)
        }
    }

    /// Only a serving server's state is sure to be committed.
    func purge(_ index: Int) {
        guard nodes[index].isServing else { return }
        record("purge \(index + 1)")
        nodes[index].disk.purge(nodes[index].state)
    }

    // MARK: Liveness

    func heal() {
        trace(nil, .role, "healed")
        isHealed = true
        for from in nodes.indices {
            for to in nodes.indices { blockedUntil[from][to] = min(blockedUntil[from][to], now) }
            nodes[from].diskSlowness = 1
            nodes[from].pausedUntil = min(nodes[from].pausedUntil, now)
            agenda.plan(.restart(from), at: now + chance.pick(0...100_000))
        }
        for link in links.indices {
            links[link].dialler.nothingBefore = min(links[link].dialler.nothingBefore, now + 1000)
            links[link].acceptor.nothingBefore = min(links[link].acceptor.nothingBefore, now + 1000)
        }
        agenda.plan(.look, at: now + 50_000)
    }

    /// How long a healed ensemble may take to be whole and to serve everybody.
    private var budget: Int {
        let options = scenario.options
        let ticks = 4 * options.initLimit + 6 * options.syncLimit + 10
        return Int(ticks * options.tickTime + 6 * options.maxNotificationInterval + 4 * options.connectPatience) * 1300
            + 2_000_000
    }

    func checkLiveness() {
        if isWhole {
            if wholeSince == nil {
                wholeSince = now
                for number in clients.indices { clients[number].acknowledged = 0 }
                trace(nil, .role, "whole")
            }
            let served = clients.allSatisfy { $0.acknowledged >= 3 }
            let settled = Set(nodes.indices.filter { !waitsForLaterEpoch($0) }.map { nodes[$0].state.chain }).count == 1
            if let since = wholeSince, served, settled, now > since + Int(scenario.sessionTimeout) * 2000 {
                isDone = true
                return
            }
        } else if wholeSince != nil {
            trace(nil, .role, "no longer whole")
            wholeSince = nil
        }
        if now > scenario.stormLength + budget + Int(scenario.sessionTimeout) * 3000 {
            let states = nodes.map { node in
                "\(node.id) \(node.quorum.map { "\($0.status) at \($0.lastApplied)" } ?? "down")"
            }
            let unserved = clients.filter { $0.acknowledged < 3 }.map { "client \($0.number) \($0.state)" }
            judge.accuse("Liveness: \(states.joined(separator: "; ")); \(unserved.joined(separator: ", "))")
            return
        }
        agenda.plan(.look, at: now + 50_000)
    }

    /// Who is in no configuration follows.
    private func isObserver(_ index: Int) -> Bool { judge.configuration.server(nodes[index].id)?.isVoter == false }

    /// Where the leader is, and its epoch.
    private var reign: (leader: Int, epoch: Epoch)? {
        guard let leader = nodes.firstIndex(where: { $0.isLeader }), let epoch = nodes[leader].quorum?.visibleZXID.epoch
        else { return nil }
        return (leader, epoch)
    }

    /// Who is in no configuration and has promised a later epoch than the leader's joins in that one, and not sooner
    /// (Docs/decisions/0008-epochs-are-promised-once.md).
    private func waitsForLaterEpoch(_ index: Int) -> Bool {
        guard let reign, judge.configuration.server(nodes[index].id) == nil else { return false }
        return nodes[index].disk.written.acceptedEpoch > reign.epoch
    }

    /// One leader, and with it everybody who can be.
    var isWhole: Bool {
        guard let (leader, epoch) = reign else { return false }
        return nodes.indices.filter { !waitsForLaterEpoch($0) }.allSatisfy { index in
            switch nodes[index].quorum?.status {
            case .leading(let other): other == epoch
            case .following(let server, let other):
                server == nodes[leader].id && other == epoch && !isObserver(index)
            case .observing(let server, let other):
                server == nodes[leader].id && other == epoch && isObserver(index)
            case .looking, .preparingToLead, .joining, .stopped, nil: false
            }
        }
    }
}
