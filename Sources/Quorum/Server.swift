import DequeModule
import Diagnostics
import Membership
import ZooKeeperProtocol

/// What a server keeps whatever its role: its id, epochs, log and vote, and the effects to be carried out.
///
/// The roles (`Election`, `Leader`, `Learner`) work on it. Whatever is written goes to the disk in one queue of
/// tickets, and `isDurable` tells how far the disk has come; that is all the core knows of disks.
struct Server: Sendable {
    let id: ServerID
    let options: QuorumOptions
    let rules: Rules
    var membership: JointConfiguration
    var now: Milliseconds = 0
    /// To be carried out, in order.
    var effects: Deque<Quorum.Effect> = []

    // MARK: Votes

    /// The logical clock of elections: counts them, for the life of the process.
    var round: Int64 = 0
    /// This server's proposal while it looks for a leader; after that, what it answers to servers that look.
    var vote: Vote
    /// The round `vote` was decided in.
    var voteRound: Int64 = 0
    /// Servers whose election connection is known to be down. Cleared when they are heard.
    var unreachable: ServerSet = []
    /// What each server was last answered, and when.
    var replies: [ServerID: (ballot: Ballot, at: Milliseconds)] = [:]
    /// Why the present role ends; set by the role, acted upon by `Quorum`.
    private(set) var departure: (reason: Quorum.Departure, successor: ServerID?)?

    // MARK: Epochs and log

    private(set) var acceptedEpoch: Epoch
    /// The highest epoch that a member had promised when it was too late for this leader to begin a later one: it does
    /// so when it leads again.
    var highestRefused = Epoch.zero
    private(set) var currentEpoch: Epoch
    /// Txns applied. Invariant: `history.last` is the last txn applied to the tree.
    private(set) var history: CommittedHistory
    /// Txns logged and not yet known to be committed, in order; all above `history.last`.
    private(set) var uncommitted: Deque<Transaction> = []
    /// The oldest state that the disk can go back to.
    private(set) var floor: ZXID
    /// A leader wanted to cut below `floor`: the next one is told that this server is empty, so that it sends a whole
    /// tree.
    private(set) var mustBeReplaced = false
    /// The tree is known to differ from the other servers': see `Quorum.Input.dataDiffers`.
    private(set) var dataDiffers = false
    private(set) var lastTicket = WriteTicket(rawValue: 0)
    private var durableTicket = WriteTicket(rawValue: 0)

    init(id: ServerID, membership: JointConfiguration, options: QuorumOptions, recovered: RecoveredState) {
        self.id = id
        self.options = options
        rules = Rules(planted: options.faults)
        self.membership = membership
        floor = recovered.floor
        dataDiffers = recovered.differs
        history = CommittedHistory(base: recovered.base, options)
        for transaction in recovered.transactions { history.append(transaction) }
        // A crash between log and currentEpoch leaves txns of a later epoch behind. They were logged in the order of
        // that epoch's leader, behind its whole earlier history: the server has in fact entered it (ZOOKEEPER-1653).
        currentEpoch = max(recovered.currentEpoch, history.last.epoch)
        acceptedEpoch = max(recovered.acceptedEpoch, currentEpoch)
        vote = Vote(leader: id, zxid: history.last, peerEpoch: currentEpoch)
    }

    /// The last txn in the log.
    var lastLogged: ZXID { uncommitted.last?.zxid ?? history.last }
    var lastApplied: ZXID { history.last }
    /// Whether this server votes and may lead. One that is only proposed as a voter waits for the commit: voters that
    /// have not heard of the proposal know neither its vote nor its address.
    var isVoter: Bool { membership.committed.voters.contains(id) }

    /// How this server learns. One that is in no configuration (not yet, or no more) follows without a vote. An
    /// observer that is proposed as a voter follows: observers do not ACK, and the reconfig may need its ACK.
    var learnerKind: Learner.Kind {
        membership.committed.server(id)?.isVoter != false || membership.voters.contains(id) ? .follower : .observer
    }

    /// Asks for the end of the present role. The first reason stands.
    ///
    /// - Parameter successor: the next leader, without an election; nil to hold one.
    mutating func leave(_ reason: Quorum.Departure, successor: ServerID? = nil) {
        departure = departure ?? (reason, successor)
    }

    mutating func takeDeparture() -> (reason: Quorum.Departure, successor: ServerID?)? {
        defer { departure = nil }
        return departure
    }

    // MARK: Writing

    mutating func write(_ write: Quorum.Write) {
        lastTicket.rawValue += 1
        effects.append(.write(write, lastTicket))
    }

    mutating func markDurable(_ ticket: WriteTicket) {
        invariant(
            ticket <= lastTicket,
            "server \(id): write \(ticket.rawValue) is durable, only \(lastTicket.rawValue) were asked for")
        durableTicket = max(durableTicket, ticket)
    }

    func isDurable(_ ticket: WriteTicket) -> Bool { ticket <= durableTicket }

    mutating func distrust() { dataDiffers = true }

    mutating func storeAcceptedEpoch(_ epoch: Epoch) {
        invariant(epoch >= acceptedEpoch, "server \(id): accepts epoch \(epoch) after \(acceptedEpoch)")
        acceptedEpoch = epoch
        write(.acceptedEpoch(rules.stored(epoch)))
    }

    /// From now on this server has accepted `epoch`. If it crashes before the disk has that, the later one is there,
    /// which does no harm.
    mutating func takeBackAcceptedEpoch(to epoch: Epoch) {
        acceptedEpoch = epoch
        write(.acceptedEpoch(rules.stored(epoch)))
    }

    mutating func storeCurrentEpoch(_ epoch: Epoch) {
        invariant(epoch >= currentEpoch, "server \(id): enters epoch \(epoch) after \(currentEpoch)")
        currentEpoch = epoch
        write(.currentEpoch(rules.stored(epoch)))
    }

    /// A reconfig among the txns is known, and on its way to the disk, before it is logged (reference 8.17).
    mutating func log(_ transaction: Transaction) {
        if options.reconfigEnabled, let configuration = transaction.configuration { propose(configuration) }
        invariant(transaction.zxid > lastLogged, "server \(id): logs \(transaction.zxid) behind \(lastLogged)")
        uncommitted.append(transaction)
        write(.append(transaction))
    }

    /// Applies the oldest uncommitted txn.
    mutating func commitNext() {
        guard let transaction = uncommitted.popFirst() else { return }
        history.append(transaction)
        effects.append(.apply(transaction))
    }

    /// Applies all that is logged, as a server does when its role ends: its vote then stands for its whole log, and a
    /// TRUNC makes it load the tree anew.
    mutating func commitAll() {
        while !uncommitted.isEmpty { commitNext() }
    }

    mutating func truncate(to zxid: ZXID) {
        uncommitted.removeAll { $0.zxid > zxid }
        history.truncate(to: zxid)
        write(.truncate(to: zxid))
        effects.append(.reload(upTo: zxid))
        if let proposed = membership.proposed, proposed.version > zxid.rawValue,
            !ZXID(rawValue: proposed.version).isStartOfEpoch
        {
            // Its txn is gone.
            membership.withdrawProposed()
            write(.proposedConfiguration(nil))
        }
    }

    /// Whether the log can be cut at `zxid`. It cannot when a leader whose uncommitted txns came to nothing had sent
    /// its whole tree before: that snapshot is all there is. What is here stays until another whole tree takes its
    /// place: it may hold what nobody else has (Apache cuts, loads the snapshot again, and has the txns back:
    /// ZOOKEEPER-1549).
    mutating func canTruncate(to zxid: ZXID) -> Bool {
        if zxid < floor { mustBeReplaced = true }
        return zxid >= floor
    }

    mutating func restore(from connection: LinkID, at zxid: ZXID) {
        floor = zxid
        mustBeReplaced = false
        dataDiffers = false
        uncommitted.removeAll()
        history.reset(to: zxid)
        effects.append(.restore(from: connection, at: zxid))
        write(.snapshot(from: connection, at: zxid))
    }
}

/// Configurations (reference 8.17). Without `reconfigEnabled` nothing is ever adopted.
extension Server {
    mutating func propose(_ configuration: EnsembleConfiguration) {
        guard configuration.version > membership.committed.version else { return }
        membership.propose(configuration)
        write(.proposedConfiguration(configuration))
    }

    /// Takes up a proposal that was written before the server stopped, unless it was never logged, or never ACKed with
    /// NEWLEADER: then no leader has counted this server for it.
    mutating func recover(_ proposed: EnsembleConfiguration) {
        let zxid = ZXID(rawValue: proposed.version)
        let isKnown = zxid.isStartOfEpoch ? zxid.epoch <= currentEpoch : zxid <= lastLogged
        if isKnown {
            membership.propose(proposed)
        } else {
            write(.proposedConfiguration(nil))
        }
    }

    /// NEWLEADER brings what the leader has last seen.
    mutating func takeOver(_ configuration: EnsembleConfiguration) {
        guard configuration != membership.lastSeen else { return }
        membership.replaceProposed(configuration)
        write(.proposedConfiguration(membership.proposed))
    }

    mutating func activate(_ configuration: EnsembleConfiguration) {
        guard configuration.version > membership.committed.version else { return }
        membership.activate(configuration)
        write(.configuration(configuration))
        effects.append(.activate(configuration))
    }

    /// Adopts a newer configuration that a notification brought to a server that looks (reference 7.4). Its sender had
    /// it committed. Only a member is believed: a stranger may be of another ensemble.
    mutating func adopt(_ text: String?, from sender: ServerID) -> Bool {
        guard options.reconfigEnabled, let text, text != membership.committed.text,
            membership.committed.server(sender) != nil || membership.voters.contains(sender),
            let configuration = EnsembleConfiguration(text: text),
            configuration.version > membership.committed.version
        else { return false }
        activate(configuration)
        return true
    }
}

/// What the disk holds when the server starts.
package struct RecoveredState: Hashable, Sendable {
    package var acceptedEpoch: Epoch
    package var currentEpoch: Epoch
    /// The newest txns of the log, in order and without a gap; all have been applied to the tree.
    package var transactions: [Transaction]
    /// The txn before them: the last one of all if there are none.
    package var base: ZXID
    /// The zxid of the oldest snapshot: the log cannot be cut below it.
    package var floor: ZXID
    /// The tree is known to differ from the other servers' (`Quorum.Input.dataDiffers`).
    package var differs: Bool

    package init(
        acceptedEpoch: Epoch = .zero, currentEpoch: Epoch = .zero, transactions: [Transaction] = [],
        base: ZXID = .zero, floor: ZXID = .zero, differs: Bool = false
    ) {
        self.differs = differs
        self.floor = floor
        self.acceptedEpoch = acceptedEpoch
        self.currentEpoch = currentEpoch
        self.transactions = transactions
        self.base = base
    }
}

/// Things that must not happen before a write is on disk, in the order of their writes.
struct HeldBack<Action: Sendable>: Sendable {
    private var waiting: Deque<(ticket: WriteTicket, action: Action)> = []

    /// Holds `action` back until everything written so far is durable.
    mutating func hold(_ action: Action, for server: Server) {
        waiting.append((server.lastTicket, action))
    }

    /// The next action whose writes are done.
    mutating func next(_ server: Server) -> Action? {
        guard let first = waiting.first, server.isDurable(first.ticket) else { return nil }
        waiting.removeFirst()
        return first.action
    }
}
