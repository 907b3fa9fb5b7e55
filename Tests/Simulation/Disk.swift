import Membership
import Quorum
import ZooKeeperProtocol

/// A whole state as it is stored and sent.
protocol DiskSnapshot {
    init()
    var lastZXID: ZXID { get }
}

extension Replica: DiskSnapshot {}

/// What a server's disk holds.
struct DiskState<Snapshot: DiskSnapshot> {
    var acceptedEpoch = Epoch.zero
    var currentEpoch = Epoch.zero
    /// The state the log continues.
    var snapshot = Snapshot()
    var log: [Transaction] = []
    /// Nil: the one the server was set up with.
    var configuration: EnsembleConfiguration?
    var proposed: EnsembleConfiguration?

    var lastZXID: ZXID { log.last?.zxid ?? snapshot.lastZXID }

    mutating func apply(_ write: Quorum.Write, received: Snapshot?) {
        switch write {
        case .append(let transaction):
            log.append(transaction)
        case .truncate(let zxid):
            log.removeAll { $0.zxid > zxid }
        case .snapshot:
            if let received { snapshot = received }
            log = []
        case .acceptedEpoch(let epoch):
            acceptedEpoch = epoch
        case .currentEpoch(let epoch):
            currentEpoch = epoch
        case .proposedConfiguration(let configuration):
            proposed = configuration
        case .configuration(let configuration):
            self.configuration = configuration
            if let proposed, proposed.version <= configuration.version { self.proposed = nil }
        }
    }
}

/// A disk that does writes in order, and loses in a crash what it had not synced. Txns share a sync; each write of another kind has
/// one of its own, as in the server: between a TRUNC and the proposals behind it the disk has neither the old txns nor the new ones.
struct Disk<Snapshot: DiskSnapshot> {
    struct Pending {
        var ticket: WriteTicket
        var write: Quorum.Write
        /// The state that came over the wire, for a snapshot.
        var received: Snapshot?
    }

    /// What a crash leaves.
    private(set) var durable = DiskState<Snapshot>()
    /// What a read sees: all writes done.
    private(set) var written = DiskState<Snapshot>()
    private(set) var pending: [Pending] = []
    /// How many of `pending` the batch under way holds; 0 when the disk is idle.
    private(set) var batch = 0

    mutating func write(_ write: Quorum.Write, _ ticket: WriteTicket, received: Snapshot?) {
        pending.append(Pending(ticket: ticket, write: write, received: received))
        written.apply(write, received: received)
    }

    /// Begins a batch of what waits. False if there is nothing to do or one is under way.
    mutating func beginBatch() -> Bool {
        guard batch == 0, !pending.isEmpty else { return false }
        batch = max(1, pending.prefix { $0.write.isTxn }.count)
        return true
    }

    mutating func finishBatch() -> WriteTicket {
        let ticket = pending[batch - 1].ticket
        sync(batch)
        batch = 0
        return ticket
    }

    /// A crash: of what was not synced, the first `survivors` writes reached the platter all the same.
    mutating func crash(survivors: Int) {
        sync(survivors)
        pending = []
        batch = 0
        written = durable
    }

    /// The server snapshots its state and purges the log below.
    mutating func purge(_ state: Snapshot) {
        guard pending.isEmpty, state.lastZXID > durable.snapshot.lastZXID else { return }
        durable.snapshot = state
        durable.log.removeAll { $0.zxid <= state.lastZXID }
        written = durable
    }

    private mutating func sync(_ count: Int) {
        for pending in pending.prefix(count) { durable.apply(pending.write, received: pending.received) }
        pending.removeFirst(count)
    }
}

extension DiskState<Replica> {
    /// The whole state: snapshot and log.
    var replayed: (state: Replica, problem: String?) {
        var state = snapshot
        for transaction in log {
            if let problem = state.apply(transaction) { return (state, problem) }
        }
        return (state, nil)
    }

    func contains(_ zxid: ZXID) -> Bool {
        if zxid == .zero { return true }
        return zxid <= snapshot.lastZXID ? snapshot.entry(at: zxid) != nil : log.place(of: zxid) != nil
    }
}

extension Quorum.Write {
    fileprivate var isTxn: Bool { if case .append = self { true } else { false } }
}
