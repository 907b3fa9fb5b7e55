import Jute
import TreeMemory
import ZooKeeperProtocol

/// A write as the leader gets it, from a client of its own or forwarded by a learner.
package struct WriteRequest {
    package var session: SessionID
    package var owner: SessionOwner
    package var cxid: Int32
    package var op: OpCode
    /// Borrowed for the call.
    package var body: Bytes
    /// Who the connection is (REQUEST's authinfo).
    package var identities: [AuthID]
    /// The session lives on one server only, which vouches for it: it may do everything but own ephemerals.
    package var isLocal = false
    /// Of a reconfig: what the ensemble says to it; nil on a server that stands alone.
    package var reconfiguration: ReconfigVerdict?

    package init(
        session: SessionID, owner: SessionOwner = .local, cxid: Int32, op: OpCode, body: Bytes, identities: [AuthID],
        isLocal: Bool = false
    ) {
        self.isLocal = isLocal
        self.session = session
        self.owner = owner
        self.cxid = cxid
        self.op = op
        self.body = body
        self.identities = identities
    }
}

/// What becomes of a client's reconfig.
package struct ReconfigVerdict {
    /// The text of the configuration that it leads to, or why the quorum refuses it.
    package let result: Result<[UInt8], Refusal>
    /// Why this server refuses it although Apache's would not, told to those alone who may reconfigure: no topology may have it.
    package let objection: String?

    package init(_ result: Result<[UInt8], Refusal>, objection: String? = nil) {
        self.result = result
        self.objection = objection
    }
}

extension WriteRequest {
    /// About how long the client's frame was.
    package var length: Int { body.count + 8 }

    /// The server's own, of a session that has expired.
    package static func closing(_ session: SessionID) -> WriteRequest {
        WriteRequest(session: session, cxid: 0, op: .closeSession, body: .empty, identities: [])
    }

    /// The server's own, for a path of `DataTree.expiredContainers`. What the node is meanwhile is looked at again.
    package static func deletingContainer(_ path: Bytes) -> WriteRequest {
        WriteRequest(session: .none, cxid: 0, op: .deleteContainer, body: path, identities: [serverItself])
    }

    /// Stands in the identities of requests that no client can make.
    fileprivate static let serverItself = AuthID(scheme: "", id: "server")
}

/// Decides writes on the leader: a request becomes a txn, checked against the tree as it will be when everything
/// prepared before is applied (Apache's `PrepRequestProcessor` and its outstanding changes).
///
/// `DataTree` tells in which order what is called. The pending changes belong to one reign: make a new preparer, over a tree
/// that has applied everything in the log, when a server begins to lead.
package struct TxnPreparer: ~Copyable {
    package struct Options: Sendable {
        /// `extendedTypesEnabled`: nodes with a time to live.
        package var allowsTTL = false
        /// `enforceQuota`: hard limits refuse (QuotaExceeded).
        package var enforcesQuotas = false
        /// `digest.enabled`: txns carry the digest that the tree will have.
        package var writesDigests = true
        /// `reconfigEnabled`
        package var allowsReconfig = false
        /// What a closeSession txn may hold of paths in bytes (`jute.maxbuffer`). An ephemeral that would lead beyond it is
        /// refused, because Apache's servers could not read such a txn again (ZOOKEEPER-4306).
        package var maxEphemeralPathBytes = 0xf_ffff
        /// How long a txn may be in the log and in a proposal, in bytes: what every server of the ensemble can read again
        /// (`jute.maxbuffer` and `jute.maxbuffer.extrasize`). A request that would become a longer one is refused.
        package var maxTxnLength = JuteLimits.standard.maxFieldLength

        package init() {}
    }

    let options: Options
    var pending = PendingChanges()
    /// The tree's digest after everything pending.
    var foreseenDigest: UInt64 = 0

    /// Changes of nodes that were ever prepared, and those of them that are applied since.
    package var changesQueued: Int64 { pending.queued }
    package var changesApplied: Int64 { pending.removed }

    package init(_ options: Options = Options()) { self.options = options }

    package mutating func resetStatistics() { pending.resetStatistics() }

    /// Whether `prepare` is for this operation.
    package static func isWrite(_ op: OpCode) -> Bool {
        switch op {
        case .create, .create2, .createContainer, .createTTL, .delete, .setData, .setACL, .check, .multi, .reconfig,
            .createSession, .closeSession, .deleteContainer:
            true
        default: false
        }
    }

    /// Writes the txn that a request becomes, as an entry of the log (TxnHeader, body, digest), and remembers its effects.
    ///
    /// A request that fails becomes a txn of type error: it takes its zxid, too, and must be logged and proposed like any other.
    /// A session is given to `sessions.track` before its createSession, and touched by the shell with each of its requests.
    ///
    /// - Parameters:
    ///   - zxid: the next one; zxids go up by one from call to call.
    ///   - time: the leader's wall clock, in milliseconds.
    /// - Returns: why it failed, or ok. The answer to the client comes from `DataTree.apply`, with one exception: for
    ///   `sessionMoved` there is none, the connection is closed.
    package mutating func prepare(
        _ request: WriteRequest, zxid: ZXID, time: Int64, tree: DataTree, sessions: inout SessionTracker,
        into entry: inout JuteWriter
    ) -> ErrorCode {
        if pending.isEmpty { foreseenDigest = tree.digest }
        let start = entry.count
        var step = PrepareStep(request: request, zxid: zxid, time: time, tree: tree, start: start)
        var header = TxnHeader(session: request.session, cxid: request.cxid, zxid: zxid, time: time, type: request.op)
        header.write(to: &entry)
        do throws(Refusal) {
            let type = try prepareBody(&step, &sessions, &entry)
            if type != request.op { entry.overwrite(type.rawValue, at: start + TxnHeader.typeOffset) }
            if options.writesDigests { TxnDigest(tree: foreseenDigest).write(to: &entry) }
            return step.failure
        } catch {
            entry.truncate(to: start)
            header.type = .error
            header.write(to: &entry)
            entry.write(error.code.rawValue)
            return error.code
        }
    }

    /// Forgets what is in the tree now; call it after each `apply` on the leader.
    package mutating func applied(_ zxid: ZXID, tree: DataTree) { pending.applied(zxid, &tree.acls) }

    /// Forgets everything: the reign is over.
    package mutating func reset(tree: DataTree) { pending.removeAll(&tree.acls) }

    /// Whether this request would make an ephemeral, for which a local session must become a global one first. A body that
    /// cannot be read makes none.
    package static func createsEphemeral(_ op: OpCode, _ body: Bytes) -> Bool {
        var reader = JuteReader(body, maxFieldLength: body.count)
        func isEphemeral(_ flags: Int32?) -> Bool { flags.flatMap { CreateMode(rawValue: $0) }?.isEphemeral == true }
        switch op {
        case .create, .create2: return isEphemeral(try? CreateFields(from: &reader, hasTTL: false).flags)
        case .multi: return (try? operationFlags(&reader).contains(where: isEphemeral)) ?? false
        default: return false
        }
    }

    // MARK: By operation

    /// Writes the txn's body and returns its type.
    private mutating func prepareBody(
        _ step: inout PrepareStep, _ sessions: inout SessionTracker, _ entry: inout JuteWriter
    ) throws(Refusal) -> OpCode {
        let request = step.request
        var reader = JuteReader(request.body, maxFieldLength: request.body.count)
        switch request.op {
        case .create, .create2, .createContainer, .createTTL:
            let fields = try decode(&reader) { (reader) throws(JuteError) in
                try CreateFields(from: &reader, hasTTL: request.op == .createTTL)
            }
            let mode = try checkMode(fields, op: request.op)
            try prepareCreate(fields, mode, op: request.op, &step, &sessions, &entry)
            return request.op
        case .delete, .setData, .setACL:
            try checkSession(step, &sessions)
            return try prepareChange(request.op, &reader, step, &entry)
        case .check:
            // Apache 3.8.0 accepts it and never answers; 3.8.5 refuses it as here.
            throw Refusal(code: .unimplemented)
        case .multi: return try prepareMulti(&reader, &step, &sessions, &entry)
        case .reconfig:
            guard options.allowsReconfig else { throw Refusal(code: .reconfigDisabled) }
            try checkSession(step, &sessions)
            try prepareReconfiguration(step, &entry)
            return .reconfig
        case .createSession:
            let timeout = try decode(&reader) { (reader) throws(JuteError) in try reader.readInt32() }
            sessions.setOwner(request.owner, of: request.session)
            entry.write(timeout)
            return .createSession
        case .closeSession: return prepareCloseSession(step, &sessions, &entry)
        case .deleteContainer:
            // A client that sends it gets what Apache answers, by accident, to all of them.
            guard request.identities == [WriteRequest.serverItself] else { throw Refusal(code: .badArguments) }
            return try prepareContainerDeletion(request.body, step, &entry)
        default: throw Refusal(code: .unimplemented)
        }
    }

    /// Delete, setData, setACL and check, alone or in a multi, behind the check of the session.
    mutating func prepareChange(
        _ op: OpCode, _ reader: inout JuteReader, _ step: PrepareStep, _ entry: inout JuteWriter
    ) throws(Refusal) -> OpCode {
        switch op {
        case .delete: try prepareDelete(&reader, step, &entry)
        case .setData: try prepareSetData(&reader, step, &entry)
        case .setACL: try prepareSetACL(&reader, step, &entry)
        default: try prepareCheck(&reader, step, &entry)
        }
        return op
    }

    /// - Parameter global: whether a local session will not do.
    func checkSession(
        _ step: PrepareStep, _ sessions: inout SessionTracker, global: Bool = false
    ) throws(Refusal) {
        if step.request.isLocal, !global { return }
        let outcome = sessions.check(step.request.session, owner: step.request.owner)
        if outcome != .ok { throw Refusal(code: outcome) }
    }

    // MARK: The pending view

    /// The node at `path` as it will be, and where its record is if it has one already.
    func lookUp(_ path: Bytes, _ tree: DataTree) -> (node: PendingNode, slot: Int?)? {
        let path = path.count == 1 && path[0] == slash ? Bytes(rebasing: path[..<0]) : path
        if let slot = pending.find(path) {
            let node = pending[slot]
            return node.exists ? (node, slot) : nil
        }
        guard let id = tree.store.find(path) else { return nil }
        let node = PendingNode(
            stat: tree.store.stat(id), childCount: Int32(truncatingIfNeeded: tree.store.childCount(id)),
            dataLength: tree.store.dataLength(id), content: tree.store[id].checksum, acl: tree.store[id].acl)
        return (node, nil)
    }

    func existing(_ path: Bytes, _ tree: DataTree) throws(Refusal) -> (node: PendingNode, slot: Int?) {
        guard let found = lookUp(path, tree) else { throw Refusal(code: .noNode) }
        return found
    }

    /// Remembers what a node has become, and what that does to the digest.
    ///
    /// - Parameters:
    ///   - before: what it was, or nil for a new one.
    ///   - acl: the list of `node`, which gets one more use.
    mutating func change(
        _ path: Bytes, from before: (node: PendingNode, slot: Int?)?, to node: PendingNode, _ step: PrepareStep
    ) {
        let path = path.count == 1 ? Bytes(rebasing: path[..<0]) : path
        if !NodeDigest.excludes(path: path) {
            if let before { foreseenDigest &-= NodeDigest.value(content: before.node.content, before.node.stat) }
            if node.exists { foreseenDigest &+= NodeDigest.value(content: node.content, node.stat) }
        }
        var node = node
        node.zxid = step.zxid
        step.tree.acls.retain(node.acl)
        let slot = before == nil ? pending.find(path) : before!.slot
        pending.set(path, at: slot, to: node, &step.tree.acls)
    }

    func requirePermission(
        _ wanted: Permissions, on node: PendingNode, _ step: PrepareStep
    ) throws(Refusal) {
        guard step.tree.allows(node.acl, wanted, to: step.request.identities) else { throw Refusal(code: .noAuth) }
    }

    func decode<Fields>(
        _ reader: inout JuteReader, _ read: (inout JuteReader) throws(JuteError) -> Fields
    ) throws(Refusal) -> Fields {
        do throws(JuteError) { return try read(&reader) } catch { throw Refusal(code: .marshallingError) }
    }
}

/// Why a request fails.
package struct Refusal: Error {
    package let code: ErrorCode

    package init(code: ErrorCode) { self.code = code }
}

/// What one call of `prepare` is about.
struct PrepareStep {
    let request: WriteRequest
    let zxid: ZXID
    let time: Int64
    let tree: DataTree
    /// Where the txn begins in its writer.
    let start: Int
    /// In a multi: bytes of the operations yet to come. Should this one fail, each of them becomes an error, which is shorter.
    var bytesBehind = 0
    /// In a multi that failed: why.
    var failure = ErrorCode.ok
}

extension TxnHeader {
    /// Where the type is in the header's 32 bytes.
    static let typeOffset = 28
}
