import DataTree
import DequeModule
import ZooKeeperProtocol

/// A client connection's name in the watch table (the quorum has connections of its own).
typealias ClientID = ConnectionID

/// What waits for its turn to be applied, in the order in which it was prepared.
struct Proposals {
    struct Item {
        enum Origin {
            /// A client's request, to be answered on its connection if that still is there.
            case request(ClientConnection, xid: Int32, received: Int64)
            /// A new session, whose ConnectResponse waits for it.
            case session(ClientConnection)
            /// The server's own: an expired session, a container.
            case server
        }

        /// Nil: a `sync`, which waits for what is before it and has no txn.
        var zxid: ZXID?
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
}
