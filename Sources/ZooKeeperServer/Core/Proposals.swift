import DataTree
import DequeModule
import ZooKeeperProtocol

/// A client connection's name in the watch table (the quorum has connections of its own).
typealias ClientID = ConnectionID

/// What waits for its turn to be applied, in the order in which it was prepared (standalone, leader) or forwarded to the
/// leader (learner).
struct Proposals {
    struct Item {
        enum Origin {
            /// A client's request, to be answered on its connection if that still is there.
            case request(ClientConnection, xid: Int32, received: Int64)
            /// A new session, whose ConnectResponse waits for it.
            case session(ClientConnection)
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
        var path: [UInt8]?
    }

    private var items: Deque<Item> = []

    var count: Int { items.count }
    var isEmpty: Bool { items.isEmpty }
    var first: Item? { items.first }

    mutating func append(_ item: Item) { items.append(item) }
    mutating func removeFirst() -> Item { items.removeFirst() }
    mutating func removeAll() { items.removeAll() }

    /// The oldest item, if the txn with this header is what it waits for.
    mutating func take(_ header: TxnHeader) -> Item? {
        switch items.first?.turn {
        case .txn(header.zxid), .forwarded(header.session, cxid: header.cxid): items.removeFirst()
        default: nil
        }
    }
}
