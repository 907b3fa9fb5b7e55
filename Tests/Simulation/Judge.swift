import Membership
import Quorum
import ZooKeeperProtocol

/// Watches a run from outside the servers and knows what must hold. The names are those of ZooKeeper's own TLA+
/// specification where it has one.
struct Judge {
    /// What was committed, in order, as the leaders have decided it.
    private(set) var history: [Replica.Entry] = []
    /// In force behind `history`.
    private(set) var configuration: EnsembleConfiguration
    /// The text of every version that some server activated.
    private var activated: [Int64: String] = [:]
    private var leaders: [(epoch: Epoch, server: ServerID, incarnation: Int)] = []
    /// Every request clients have made, by session and number, and whether it has become a txn.
    private var requested: [Request: (command: Command, connection: Int)] = [:]
    private var committed: Set<Request> = []
    /// The last request of each client's connection that became a txn.
    private var lastOfConnection: [Connection: Int32] = [:]
    private(set) var acknowledged = 0
    private(set) var reads = 0
    private(set) var violation: String?

    private struct Request: Hashable {
        var session: SessionID
        var cxid: Int32
    }

    private struct Connection: Hashable {
        var session: SessionID
        var number: Int
    }

    init(_ configuration: EnsembleConfiguration) { self.configuration = configuration }

    mutating func accuse(_ what: String) { violation = violation ?? what }

    var lastCommitted: ZXID { history.last?.zxid ?? .zero }

    // MARK: Servers

    /// Leadership: an epoch has one leader. PrefixConsistency: it has all that was ever committed. And a quorum of voters
    /// holds its history on disk.
    mutating func established(
        _ server: ServerID, incarnation: Int, epoch: Epoch, state: Replica, onDisksOf holders: ServerSet
    ) {
        if let other = leaders.first(where: { $0.epoch == epoch }) {
            accuse("Leadership: servers \(other.server) and \(server) both lead epoch \(epoch)")
        }
        let isLate = leaders.contains { $0.epoch > epoch }
        leaders.append((epoch, server, incarnation))
        if isLate {
            // It wakes up deposed and does not know it: what it has is old, but nothing else.
            shows(state, on: server)
        } else if let last = history.last {
            let has = history.count <= state.entries.count && state.entries[history.count - 1].chain == last.chain
            if !has {
                accuse(
                    "PrefixConsistency: server \(server) leads epoch \(epoch) without \(firstMissing(in: state)), which was committed"
                )
            }
        }
        let completed = state.configurations.drop { $0.zxid <= lastCommitted }
        if !([configuration] + completed.map(\.configuration)).allSatisfy({ $0.verifier.isQuorum(holders) }) {
            accuse("epoch \(epoch) of server \(server) began with its history on the disks of only \(holders)")
        }
        for entry in state.entries.dropFirst(history.count) { extend(entry) }
        if let last = completed.last { configuration = last.configuration }
    }

    /// A leader committed a txn: it comes next, and a quorum of voters has it on disk.
    mutating func leaderCommitted(
        _ entry: Replica.Entry, at index: Int, by server: ServerID, onDisksOf holders: ServerSet,
        reconfiguring next: EnsembleConfiguration?
    ) {
        if index < history.count {
            // A deposed leader may still hear ACKs that were on their way; a later one has committed the same.
            if history[index] != entry {
                accuse("Agreement: leader \(server) commits \(entry.zxid) where \(history[index].zxid) was committed")
            }
            return
        }
        guard index == history.count else {
            accuse(
                "Agreement: leader \(server) commits \(entry.zxid) as number \(index), \(history.count) were committed")
            return
        }
        if !configuration.verifier.isQuorum(holders) || next?.verifier.isQuorum(holders) == false {
            accuse("leader \(server) commits \(entry.zxid), which only \(holders) have on disk")
        }
        extend(entry)
        if let next { configuration = next }
    }

    /// A configuration is put in force: a version means the same everywhere, and is one that was committed, or the first
    /// one under a number.
    mutating func activates(_ new: EnsembleConfiguration, on server: ServerID) {
        if let text = activated.updateValue(new.text, forKey: new.version), text != new.text {
            accuse(
                "Configuration: server \(server) activates another version \(ZXID(rawValue: new.version)): \(new.text)")
        }
        let zxid = ZXID(rawValue: new.version)
        if !zxid.isStartOfEpoch, history.place(of: zxid).map({ history[$0].command.kind }) != .reconfig {
            accuse("Configuration: server \(server) activates \(zxid), which was not committed")
        }
    }

    /// TotalOrder: what a server shows is a prefix of what was committed.
    mutating func shows(_ state: Replica, on server: ServerID) {
        guard let last = state.entries.last else { return }
        let count = state.entries.count
        if count > history.count || history[count - 1].chain != last.chain {
            accuse("TotalOrder: server \(server) shows \(last.zxid), which is not what was committed")
        }
    }

    private func firstMissing(in state: Replica) -> ZXID {
        for (place, entry) in history.enumerated() {
            if place >= state.entries.count || state.entries[place] != entry { return entry.zxid }
        }
        return .zero
    }

    /// Integrity: every txn was asked for, and once. FIFO: what one client asked for over one connection, in that order.
    private mutating func extend(_ entry: Replica.Entry) {
        history.append(entry)
        let command = entry.command
        let request = Request(session: command.session, cxid: command.cxid)
        if command.kind == .closeSession, command.cxid == 0 { return }
        if command.kind == .refused, command.cxid == 0 { return }
        guard let asked = requested[request] else {
            accuse("Integrity: txn \(entry.zxid) \(command) was not asked for")
            return
        }
        if command.kind != asked.command.kind, command.kind != .refused {
            accuse("Integrity: txn \(entry.zxid) is \(command), asked was \(asked.command)")
        }
        if !committed.insert(request).inserted { accuse("Integrity: \(command) was committed twice") }
        let connection = Connection(session: command.session, number: asked.connection)
        if let last = lastOfConnection.updateValue(command.cxid, forKey: connection), last >= command.cxid {
            accuse("FIFO: \(command) was committed behind request \(last) of the same connection")
        }
    }

    // MARK: Clients

    mutating func asks(_ command: Command, over connection: Int) {
        requested[Request(session: command.session, cxid: command.cxid)] = (command, connection)
    }

    /// A write was acknowledged: it stands in the history, behind all that was acknowledged before it was asked for.
    mutating func acknowledges(_ command: Command, as zxid: ZXID, after floor: ZXID) {
        acknowledged += 1
        if zxid <= floor {
            accuse("Linearizability: \(command) has \(zxid), but \(floor) was acknowledged before it was asked for")
        }
        guard let place = history.place(of: zxid), case let entry = history[place],
            entry.command.session == command.session, entry.command.cxid == command.cxid
        else {
            accuse("\(command) was acknowledged as \(zxid), which is not in the history")
            return
        }
    }

    /// A client read at `seen`; it must not be behind what it knows.
    mutating func read(seen: ZXID, floor: ZXID, by client: Int, on server: ServerID, afterSync: Bool) {
        reads += 1
        if seen < floor {
            let why = afterSync ? "synced behind" : "had seen"
            accuse("SequentialConsistency: client \(client + 1) reads \(seen) on server \(server) and \(why) \(floor)")
        }
    }
}
