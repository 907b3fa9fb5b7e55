import DataTree
import DequeModule
import Jute
import ZooKeeperProtocol

/// What the pipeline knows of one client connection.
///
/// Can become: fresh → connecting → open → closing. Each can become closing, and that free, when the connection is
/// gone.
struct Client {
    enum State {
        /// No connection has this place.
        case free
        /// Has yet to ask for a session.
        case fresh
        /// The session is being made or renewed: later requests wait.
        case connecting
        case open
        /// The last bytes are being sent; input is ignored.
        case closing
    }

    var state = State.free
    /// Which connection of this place it is: what is meant for an earlier one is void.
    var serial: UInt64 = 0
    /// Its address, and `ip:port` as the four-letter words show it.
    var host = ""
    var remote = ""
    /// Whether its bytes are encrypted on the way.
    var isSecure = false
    /// Who the client is: its address from the start, then what auth packets, SASL and certificates added.
    var identities: [AuthID] = []
    var sasl = SASLProgress.none

    /// From the handshake on.
    var session = SessionID.none
    /// The session is known to this server only.
    var isLocal = false
    /// Of the session, milliseconds.
    var timeout: Int32 = 0
    /// Whether the ConnectRequest had the read-only byte, which the response must then have, too.
    var saidReadOnly: Bool?
    /// When the session's last request came.
    var lastTouch: Int64 = 0
    /// Learner: the round of PINGs in which the leader was last told of the session.
    var touchedInRound: Int64 = -1

    /// Answered and not yet sent; nil when there is nothing, so that an idle connection holds no memory.
    var output: JuteWriter?
    /// Bytes of output that came when there was enough already.
    var surplus = 0
    /// Whether the system takes more bytes for it.
    var isWritable = true
    /// Requests wait until the client has read some of its output.
    var isHeldBack = false
    /// Among those that go on when fewer requests are under way.
    var isThrottled = false
    var closesAfterFlush = false

    var waiting = WaitingRequests()
    var statistics = ClientStatistics()

    /// Whether one more request may be answered into its output.
    var canAnswer: Bool { outputCount < Self.outputLimit && isWritable }
    var outputCount: Int { output?.count ?? 0 }

    /// Output above which no further read of this connection is answered until the client has read some: one
    /// read of requests can ask for gigabytes.
    static let outputLimit = 1 << 20
    /// How much may come on top of that, events and answers to writes, before a client that does not read is given up.
    static let surplusLimit = 64 << 20
}

/// The requests of a connection that wait for its writes before them.
struct WaitingRequests {
    struct Read {
        var frame: [UInt8]
        var received: Int64
        /// About how many bytes its answer will have.
        var answer: Int
    }

    /// What has no read is a write, whose turn it is when the oldest one in flight is answered.
    private var items: Deque<(xid: Int32, read: Read?)> = []
    /// Those that are requests (xid above 0).
    private(set) var outstanding = 0
    private var reads = 0
    /// Bytes of requests that wait, and about how many their answers will have.
    private var bytes = 0
    private var answers = 0

    /// Bytes of reads that may wait behind a write, and how many reads before the next write: what they ask for is
    /// answered before that write is, whether the client reads or not.
    static let byteLimit = 256 << 10
    static let readLimit = 256

    var isEmpty: Bool { items.isEmpty }
    var isReadFirst: Bool { items.first?.read != nil }

    /// - Parameter read: nil for a write.
    mutating func append(xid: Int32, _ read: Read? = nil) {
        items.append((xid, read))
        count(xid, read, 1)
    }

    /// The first; nil when it is a write.
    mutating func removeFirst() -> Read? {
        let (xid, read) = items.removeFirst()
        count(xid, read, -1)
        return read
    }

    private mutating func count(_ xid: Int32, _ read: Read?, _ sign: Int) {
        if xid > 0 { outstanding += sign }
        guard let read else { return }
        reads += sign
        bytes += sign * Self.cost(read.frame.count)
        answers += sign * read.answer
    }

    /// Whether one more request would have too much wait behind the writes under way.
    func hasNoRoom(for frame: UnsafeRawBufferPointer) -> Bool {
        if bytes >= Self.byteLimit { return true }
        guard reads >= Self.readLimit || answers >= Client.outputLimit else { return false }
        var reader = JuteReader(frame)
        guard let header = try? RequestHeader(from: &reader) else { return false }
        return header.op != .ping && !DataTree.isRead(header.op)
    }

    /// What a read that waits costs beside its bytes.
    private static func cost(_ bytes: Int) -> Int { bytes + 64 }
}

/// A client for as long as its connection stands: its place is taken by others after it.
struct ClientReference: Hashable {
    var id: ClientID
    var serial: UInt64
}
