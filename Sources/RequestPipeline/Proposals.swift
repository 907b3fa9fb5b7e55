import DataTree
import DequeModule
import ZooKeeperProtocol

/// What waits for its turn to be applied, in the order in which it was prepared, or forwarded to the leader (learner).
struct Proposals {
    struct Item {
        enum Origin {
            /// A client's request, to be answered on its connection if that still is there.
            case request(ClientReference, xid: Int32, received: Int64)
            /// A new session, whose ConnectResponse waits for it.
            case session(ClientReference)
            /// The server's own (an expired session, a container), or of a client of another server.
            case none
        }

        /// What the item waits for.
        enum Turn: Equatable {
            /// The txn made of it.
            case txn(ZXID)
            /// The txn that the leader makes of it, known by these in its header.
            case forwarded(SessionID, cxid: Int32)
            /// A `sync`, which waits for what is before it.
            case sync
        }

        var turn: Turn
        var op: OpCode
        var origin: Origin
        /// The path of a sync.
        var path: [UInt8]? = nil
        /// What is held for it: the txn, or the request that was forwarded.
        var bytes: Int
        /// The length of the client's frame; 0 for what is no client's of this server.
        var requestLength: Int
    }

    private var items: Deque<Item> = []
    /// Bytes held for clients of this server.
    private(set) var bytes = 0
    /// Bytes of their requests that are longer than `largeRequestThreshold`.
    private(set) var largeBytes = 0
    private let largeRequestThreshold: Int

    init(largeRequestThreshold: Int) { self.largeRequestThreshold = largeRequestThreshold }

    var count: Int { items.count }
    var isEmpty: Bool { items.isEmpty }
    var first: Item? { items.first }
    var isSyncFirst: Bool { if case .sync = items.first?.turn { true } else { false } }

    mutating func append(_ item: Item) {
        items.append(item)
        count(item, 1)
    }

    mutating func removeFirst() -> Item {
        let item = items.removeFirst()
        count(item, -1)
        return item
    }

    mutating func popFirst() -> Item? { items.isEmpty ? nil : removeFirst() }

    mutating func removeAll() {
        items.removeAll()
        (bytes, largeBytes) = (0, 0)
    }

    private mutating func count(_ item: Item, _ sign: Int) {
        if item.requestLength == 0 { return }
        bytes += sign * item.bytes
        if largeRequestThreshold >= 0, item.requestLength > largeRequestThreshold {
            largeBytes += sign * item.requestLength
        }
    }

    /// The oldest item, if the txn with this header is what it waits for.
    mutating func take(_ header: TxnHeader) -> Item? { isNext(header) ? removeFirst() : nil }

    func isNext(_ header: TxnHeader) -> Bool {
        switch items.first?.turn {
        case .txn(header.zxid), .forwarded(header.session, cxid: header.cxid): true
        default: false
        }
    }
}
