import Jute
import TestSupport
import ZooKeeperProtocol

@testable import DataTree

/// A leader without a log or a network: prepares and applies by hand, one after the other or far apart.
final class TestServer {
    let tree: DataTree
    var sessions = SessionTracker()
    private var preparer: TxnPreparer
    /// The zxid of the last txn prepared.
    var zxid = ZXID.zero
    var time: Int64 = 1000
    /// Prepared, not applied.
    private(set) var log: [[UInt8]] = []
    private(set) var everything: [[UInt8]] = []

    static let session = SessionID(rawValue: 0x100_0000_0000_0001)

    init(_ options: TxnPreparer.Options = TxnPreparer.Options(), access: AccessControl = AccessControl()) {
        tree = DataTree(access: access)
        preparer = TxnPreparer(options)
        sessions.track(Self.session, timeout: 10_000, now: 0)
        tree.sessionTimeouts[Self.session] = 10_000
    }

    /// Prepares one request; what it came to in the preparer's view.
    @discardableResult
    func prepare(
        _ request: Request, session: SessionID = session, as identities: [AuthID] = [], owner: SessionOwner = .local
    ) -> ErrorCode {
        var body = JuteWriter()
        request.write(to: &body)
        return prepare(request.op, body.bytes, session: session, as: identities, owner: owner)
    }

    @discardableResult
    func prepare(
        _ op: OpCode, _ body: [UInt8], session: SessionID = session, as identities: [AuthID] = [],
        owner: SessionOwner = .local, cxid: Int32 = 1
    ) -> ErrorCode {
        zxid = zxid.next
        var entry = JuteWriter()
        let code = body.withUnsafeBytes { body in
            preparer.prepare(
                WriteRequest(session: session, owner: owner, cxid: cxid, op: op, body: body, identities: identities),
                zxid: zxid, time: time, tree: tree, sessions: &sessions, into: &entry)
        }
        log.append(entry.bytes)
        return code
    }

    func prepareDeleteContainer(_ path: String) -> ErrorCode {
        zxid = zxid.next
        var entry = JuteWriter()
        let code = Array(path.utf8).withUnsafeBytes {
            preparer.prepare(
                .deletingContainer($0), zxid: zxid, time: time, tree: tree, sessions: &sessions, into: &entry)
        }
        log.append(entry.bytes)
        return code
    }

    /// Another leader takes over, which has applied everything.
    func leadAnew(_ options: TxnPreparer.Options) {
        preparer.reset(tree: tree)
        preparer = TxnPreparer(options)
    }

    var lastEntry: [UInt8] { log.last! }
    func replaceLast(_ entry: [UInt8]) { log[log.count - 1] = entry }
    var lastPrepared: TxnEntry { try! TxnEntry(decoding: log.last!) }
    var preparerIsIdle: Bool { preparer.pending.isEmpty }

    /// Applies the oldest txn that is prepared: the reply's error and body.
    @discardableResult
    func applyNext() -> (error: ErrorCode, body: [UInt8]) {
        let entry = log.removeFirst()
        everything.append(entry)
        var reply = JuteWriter()
        let applied = try! entry.withUnsafeBytes { try tree.apply($0, reply: &reply) }
        preparer.applied(applied.header.zxid, tree: tree)
        if applied.header.type == .closeSession { sessions.remove(applied.header.session) }
        return (applied.error, reply.bytes)
    }

    func applyAll() { while !log.isEmpty { applyNext() } }

    @discardableResult
    func write(_ request: Request, session: SessionID = session, as identities: [AuthID] = []) -> ErrorCode {
        prepare(request, session: session, as: identities)
        return applyNext().error
    }

    func read(_ request: Request, _ connection: ClientID, session: SessionID = session) -> (
        error: ErrorCode, body: [UInt8]
    ) {
        var body = JuteWriter()
        request.write(to: &body)
        var reply = JuteWriter()
        let error = body.bytes.withUnsafeBytes {
            tree.read(request.op, $0, for: Reader(connection: connection, session: session), into: &reply)
        }
        return (error, reply.bytes)
    }

    /// What watchers were told by the last call: (connection, type, path).
    var told: [String] { tree.events.events.map { "\($0.connection.rawValue) \($0.type) \(tree.events.path($0))" } }

    func stat(_ path: String) -> Stat? { tree.find(path).map { tree.clientStat($0) } }
    func data(_ path: String) -> String? {
        tree.find(path).flatMap { tree.store.data($0).map { String(decoding: $0, as: UTF8.self) } }
    }
}

extension Request {
    static func create(_ path: String, _ data: String = "", flags: Int32 = 0, acl: [ACL]? = .open) -> Request {
        .create(
            flags == 4 ? .createContainer : .create,
            CreateRequest(path: path, data: Array(data.utf8), acl: acl, flags: flags))
    }
    static func createTTL(_ path: String, ttl: Int64, flags: Int32 = 5) -> Request {
        .createTTL(CreateTTLRequest(path: path, data: [], acl: .open, flags: flags, ttl: ttl))
    }
    static func set(_ path: String, _ data: String, version: Int32 = -1) -> Request {
        .setData(SetDataRequest(path: path, data: Array(data.utf8), version: version))
    }
    static func delete(_ path: String, version: Int32 = -1) -> Request {
        .delete(DeleteRequest(path: path, version: version))
    }
    static func setACL(_ path: String, _ acl: [ACL]?, version: Int32 = -1) -> Request {
        .setACL(SetACLRequest(path: path, acl: acl, version: version))
    }
}
