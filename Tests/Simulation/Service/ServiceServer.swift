import DataTree
import DequeModule
import Quorum
import RequestPipeline
import ZooKeeperProtocol

/// All txns up to one: what the simulator stores and sends for a snapshot.
struct TxnPrefix: DiskSnapshot {
    var transactions: [Transaction] = []

    var lastZXID: ZXID { transactions.last?.zxid ?? .zero }

    /// The tree that they make.
    var tree: DataTree {
        let tree = DataTree()
        for transaction in transactions { tree.add(transaction) }
        return tree
    }
}

extension DataTree {
    @discardableResult
    func add(_ transaction: Transaction) -> AppliedTxn {
        do {
            return try transaction.bytes.withUnsafeBytes { try apply($0) }
        } catch {
            fatalError("a txn of the simulation cannot be read: \(error)")
        }
    }
}

extension DiskState<TxnPrefix> {
    var all: TxnPrefix { TxnPrefix(transactions: snapshot.transactions + log) }
}

/// One simulated server: its disk, and while it runs the pipeline over its quorum.
final class ServiceServer {
    let id: ServerID
    var disk = Disk<TxnPrefix>()
    var lives = 0
    var life: Life?
    var pausedUntil = 0
    var diskSlowness = 1
    var lastLink: UInt64 = 0

    init(id: ServerID) { self.id = id }

    /// From one start to the next crash.
    final class Life {
        let number: Int
        var pipeline: RequestPipeline
        let replication: QuorumReplication
        var isCarryingOut = false
        /// Clients that may go on when all effects are carried out.
        var resumed: Deque<ClientID> = []
        var links: [(id: LinkID, link: Int, side: Int)] = []
        var received: [(on: LinkID, state: TxnPrefix)] = []
        /// By the pipeline's name.
        var connections: [ClientID: Int] = [:]
        var timerAt = Int.max
        /// The last txn that the judge was shown.
        var observed = ZXID.zero
        /// Whether it served when the last input was dealt with.
        var isServing = false

        init(number: Int, _ pipeline: consuming RequestPipeline, _ replication: QuorumReplication) {
            self.number = number
            self.pipeline = pipeline
            self.replication = replication
        }

        var serves: Bool {
            switch pipeline.service {
            case .leading, .learning: true
            case .readOnly, .none: false
            }
        }
    }
}

/// A connection of a client.
final class ClientConnection {
    let client: Int
    let server: Int
    let life: Int
    /// Nil when the server is rid of it.
    var id: ClientID?
    var isOpenAtClient = true
    /// What came from the client and was not taken.
    var input: [UInt8] = []
    /// When the last bytes arrive on either side.
    var requestsReach = 0
    var repliesReach = 0

    init(client: Int, server: Int, life: Int, id: ClientID) {
        self.client = client
        self.server = server
        self.life = life
        self.id = id
    }
}
