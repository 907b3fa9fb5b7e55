import DataTree
import Jute
import Quorum
import ZooKeeperProtocol

/// Knows what was committed, what that makes of the tree, and so what each client may see.
struct ServiceJudge {
    static let paths = (0..<6).map { "/k\($0)" }

    /// What a path was from one txn on.
    struct Change {
        var zxid: ZXID
        /// Nil: there is no such node.
        var node: DataResponse?
    }

    private(set) var violation: String?
    /// All that was committed, in order, applied once.
    private let reference = DataTree()
    private var digests: [ZXID: UInt64] = [.zero: 0]
    private var outcomes: [ZXID: (session: SessionID, cxid: Int32, error: ErrorCode)] = [:]
    private(set) var changes: [[Change]]
    private(set) var committed = 0
    private(set) var acknowledged = 0
    private(set) var reads = 0
    private var highestAcknowledged = ZXID.zero

    init() {
        changes = Self.paths.map { _ in [Change(zxid: .zero, node: nil)] }
        digests[.zero] = reference.digest
    }

    mutating func accuse(_ what: String) { violation = violation ?? what }

    var lastZXID: ZXID { reference.lastZXID }
    var sessions: [SessionID] { reference.sessions.map(\.id) }
    private func hasSession(_ session: SessionID) -> Bool { reference.sessions.contains { $0.id == session } }
    /// What a sync or a write that is asked for now must be behind.
    var floor: ZXID { highestAcknowledged }

    // MARK: Servers

    /// A server that serves has applied this.
    mutating func commits(_ transaction: Transaction) {
        let header: TxnHeader
        do {
            header = try transaction.bytes.readJute { (reader) throws(JuteError) in try TxnHeader(from: &reader) }
        } catch {
            return accuse("Integrity: txn \(transaction.zxid) cannot be read")
        }
        let isAlive = hasSession(header.session)
        let applied = reference.add(transaction)
        committed += 1
        digests[header.zxid] = reference.digest
        outcomes[header.zxid] = (header.session, header.cxid, applied.error)
        for place in Self.paths.indices {
            let node = look(at: Self.paths[place])
            guard node != changes[place].last?.node else { continue }
            changes[place].append(Change(zxid: header.zxid, node: node))
            if !isAlive {
                accuse("Session: \(header.session) is dead and \(header.type) \(header.zxid) changes a node")
            }
        }
        for session in reference.sessionsWithEphemerals where !hasSession(session) {
            accuse("Session: \(session) is closed, its ephemerals stay: \(reference.ephemerals(of: session))")
        }
    }

    private func look(at path: String) -> DataResponse? {
        var reply = JuteWriter()
        let reader = Reader(connection: ClientID(rawValue: 0), session: .none)
        let error = ReadRequest(path: path, watch: false).encoded.withUnsafeBytes {
            reference.read(.getData, $0, for: reader, into: &reply)
        }
        guard error == .ok else { return nil }
        return try? DataResponse(decoding: reply.bytes)
    }

    /// TotalOrder: what a server has is what was committed.
    mutating func shows(_ tree: DataTree, on server: ServerID) {
        guard let digest = digests[tree.lastZXID] else {
            return accuse("TotalOrder: server \(server) shows \(tree.lastZXID), which was not committed")
        }
        if digest != tree.digest { accuse("TotalOrder: the tree of server \(server) differs at \(tree.lastZXID)") }
    }

    // MARK: Clients

    mutating func acknowledges(
        _ zxid: ZXID, _ error: ErrorCode, of session: SessionID, xid: Int32, floor: ZXID, by client: Int
    ) {
        acknowledged += 1
        guard let outcome = outcomes[zxid], outcome.session == session, outcome.cxid == xid else {
            return accuse(
                "Integrity: request \(xid) of client \(client) is answered as \(zxid), which is another's")
        }
        if outcome.error != error { accuse("client \(client): \(zxid) was \(outcome.error), it is told \(error)") }
        if zxid <= floor { accuse("Linearizability: client \(client) gets \(zxid), \(floor) was acknowledged before") }
        highestAcknowledged = max(highestAcknowledged, zxid)
    }

    /// A client reads a path on a server at this zxid.
    mutating func reads(_ node: DataResponse?, at path: Int, zxid: ZXID, floor: ZXID, by client: Int) {
        let expected = expectation(at: path, zxid, floor, client)
        if node != expected { accuse(client, of: node?.stat, at: path, zxid, expected) }
    }

    /// The same for `exists`, which shows the Stat alone.
    mutating func looks(_ stat: Stat?, at path: Int, zxid: ZXID, floor: ZXID, by client: Int) {
        let expected = expectation(at: path, zxid, floor, client)
        if stat != expected?.stat { accuse(client, of: stat, at: path, zxid, expected) }
    }

    private mutating func expectation(at path: Int, _ zxid: ZXID, _ floor: ZXID, _ client: Int) -> DataResponse? {
        reads += 1
        if zxid < floor { accuse("SequentialConsistency: client \(client) reads at \(zxid), it knows of \(floor)") }
        return changes[path].last { $0.zxid <= zxid }?.node
    }

    private mutating func accuse(
        _ client: Int, of stat: Stat?, at path: Int, _ zxid: ZXID, _ expected: DataResponse?
    ) {
        func words(_ stat: Stat?) -> String { stat.map { "\($0.mzxid) version \($0.version)" } ?? "nothing" }
        accuse(
            "client \(client) reads \(Self.paths[path]) at \(zxid) as \(words(stat)), it is \(words(expected?.stat))")
    }

    /// The first change of a path behind `since`, up to `zxid`.
    func change(of path: Int, since: ZXID, upTo zxid: ZXID) -> ZXID? {
        changes[path].first { $0.zxid > since && $0.zxid <= zxid }?.zxid
    }
}
