import DequeModule
import Quorum
import ZooKeeperProtocol

/// One simulated server: a disk that outlives crashes, and while it runs the core, the replicated state, and what its
/// clients wait for. The shell of the simulator, as `ZooKeeperServer` is that of real sockets and files.
///
/// A reference, like `Link` and `Simulator`: as values they were copied at every step, and a run took four times as long.
final class Node {
    let id: ServerID
    var disk = Disk<Replica>()
    /// Counts starts; events meant for an earlier life are void.
    var incarnation = 0
    /// Nil while down.
    var quorum: Quorum?
    var state = Replica()
    /// Leader: the state behind all proposals, from which requests are prepared.
    var prepared = Replica()
    var isServing = false
    var isLeader = false

    /// The clock of this server, in percent of true time.
    var clockRate = 100
    /// Deaf and dumb until then (SIGSTOP); its disk goes on.
    var pausedUntil = 0
    var diskSlowness = 1
    /// A script's: its disk finishes nothing by itself.
    var isDiskStuck = false
    var timerAt = Int.max

    var connections: [(id: LinkID, link: Int, side: Int)] = []
    var lastConnection: UInt64 = 0
    /// Snapshots received and not yet taken over.
    var received: [(on: LinkID, state: Replica)] = []

    // What clients of this server wait for.
    /// In the order in which they were passed on; each is answered by the txn it becomes, and holds up the others until then.
    var writes: Deque<(session: SessionID, cxid: Int32, client: Int, attachment: Int)> = []
    var syncs: Deque<(client: Int, attachment: Int)> = []
    var renewals: [(session: SessionID, client: Int, attachment: Int)] = []
    /// Leader: when each session dies if not heard, in local milliseconds.
    var sessionDeadlines: [(session: SessionID, at: Milliseconds)] = []

    init(id: ServerID) { self.id = id }

    var isUp: Bool { quorum != nil }

    func nextEffect() -> Quorum.Effect? { quorum?.nextEffect() }

    var deadline: Milliseconds? { Self.deadline(&quorum) }

    /// In place: a read of the property would copy the whole core, at every step.
    private static func deadline(_ quorum: inout Quorum?) -> Milliseconds? { quorum?.nextDeadline }

    func localTime(_ now: Int) -> Milliseconds { Int64(now * clockRate / 100 / 1000) }

    /// The first moment this server's clock shows `local`.
    func trueTime(_ local: Milliseconds) -> Int {
        if local >= Int64(Int.max / 200_000) { return .max }
        return (Int(local) * 1000 * 100 + clockRate - 1) / clockRate
    }

    func hear(_ session: SessionID, timeout: Int32, _ now: Int) {
        guard let index = sessionDeadlines.firstIndex(where: { $0.session == session }) else { return }
        sessionDeadlines[index].at = localTime(now) + Int64(timeout)
    }
}

/// One simulated client: a session, one server at a time, requests of all kinds under way together.
struct Client {
    enum State: Equatable {
        case away
        case connecting(Int)
        case connected(Int)
    }

    let number: Int
    var state = State.away
    /// Counts connections; answers meant for an earlier one are void.
    var attachment = 0
    var session: SessionID?
    var sessions = 0
    var lastCxid: Int32 = 0
    /// The last zxid an answer carried: servers that are behind it refuse the client.
    private(set) var lastSeen = ZXID.zero
    /// The last txn it has seen the effect of.
    private(set) var lastRead = ZXID.zero
    /// What was asked over this connection and is not answered yet.
    var asked: Deque<Asked> = []
    /// The server's side of it: what waits for its turn.
    var waiting: Deque<Waiting> = []
    var acknowledged = 0
    /// Answers come in order.
    var answersReach = 0

    /// A request under way, and what had been acknowledged to anybody when it was asked for, where that matters.
    enum Asked: CustomStringConvertible {
        case write(Command, floor: ZXID)
        /// Promises to show all that was acknowledged by then.
        case sync(floor: ZXID)
        case read

        var description: String {
            switch self {
            case .write(let command, _): command.description
            case .sync: "sync"
            case .read: "read"
            }
        }
    }

    enum Waiting {
        /// A write or a sync, which takes its turn when the leader has dealt with it.
        case turn
        /// Answered behind all turns before it.
        case read
    }

    mutating func sees(_ view: View) {
        lastSeen = max(lastSeen, view.header)
        lastRead = max(lastRead, view.state)
    }
}

/// What an answer says of its server.
struct View {
    /// The zxid in the reply's header.
    var header: ZXID
    /// The last txn in the state it shows.
    var state: ZXID
}
