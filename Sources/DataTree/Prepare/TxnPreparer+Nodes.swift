import Jute
import TreeMemory
import ZooKeeperProtocol

/// The fields of a create request, borrowed.
struct CreateFields {
    var path: Bytes
    var data: Bytes?
    /// The ACL vector as the bytes it is made of.
    var acl: Bytes
    var flags: Int32
    var ttl: Int64?

    init(from reader: inout JuteReader, hasTTL: Bool) throws(JuteError) {
        path = try reader.readPresentSlice()
        data = try reader.readSlice()
        acl = try reader.readACLSlice()
        flags = try reader.readInt32()
        ttl = hasTTL ? try reader.readInt64() : nil
    }
}

extension TxnPreparer {
    // MARK: Create

    /// The mode of a create that is not in a multi. Opcode 21 without a time to live keeps Apache's servers from ever starting
    /// again: refused.
    func checkMode(_ fields: CreateFields, op: OpCode) throws(Refusal) -> CreateMode {
        guard let mode = CreateMode(rawValue: fields.flags) else { throw Refusal(code: .badArguments) }
        try checkTTL(mode, fields.ttl)
        guard mode.isTTL || op != .createTTL else { throw Refusal(code: .badArguments) }
        return mode
    }

    /// The opcode of a create in a multi: its flags decide, and create2 is logged as create: 3.8.0 cannot apply it otherwise.
    static func opInMulti(_ mode: CreateMode) -> OpCode {
        mode == .container ? .createContainer : mode.isTTL ? .createTTL : .create
    }

    func checkTTL(_ mode: CreateMode, _ ttl: Int64?) throws(Refusal) {
        guard mode.isTTL else { return }
        guard options.allowsTTL else { throw Refusal(code: .unimplemented) }
        guard let ttl, (1...NodeKind.maxTTL).contains(ttl) else { throw Refusal(code: .badArguments) }
    }

    /// Checks in Apache's order: session, path, ACL, parent, permission, name, existence, kind of parent, quota.
    mutating func prepareCreate(
        _ fields: CreateFields, _ mode: CreateMode, op: OpCode, _ step: inout PrepareStep,
        _ sessions: inout SessionTracker, _ entry: inout JuteWriter
    ) throws(Refusal) {
        try checkSession(step, &sessions, global: mode.isEphemeral)
        guard let cut = ZNodePath.lastSlash(of: fields.path), !fields.path.contains(0) else {
            throw Refusal(code: .badArguments)
        }
        let acl = try ResolvedACL(fields.acl, limit: options.maxTxnLength, step)
        defer { acl.release(step.tree) }
        let parentPath = Bytes(rebasing: fields.path[..<cut])
        let parent = try existing(parentPath, step.tree)
        try requirePermission(.create, on: parent.node, step)
        if mode.isSequential {
            let path = [UInt8](fields.path) + Self.sequenceSuffix(parent.node.stat.cversion)
            return try path.withUnsafeBufferPointer { (bytes) throws(Refusal) in
                try finishCreate(Bytes(bytes), parentPath, parent, fields, mode, op, acl, step, &entry)
            }
        }
        try finishCreate(fields.path, parentPath, parent, fields, mode, op, acl, step, &entry)
    }

    private mutating func finishCreate(
        _ path: Bytes, _ parentPath: Bytes, _ parent: (node: PendingNode, slot: Int?), _ fields: CreateFields,
        _ mode: CreateMode, _ op: OpCode, _ acl: borrowing ResolvedACL, _ step: PrepareStep, _ entry: inout JuteWriter
    ) throws(Refusal) {
        guard ZNodePath.problem(in: path) == nil else { throw Refusal(code: .badArguments) }
        if lookUp(path, step.tree) != nil { throw Refusal(code: .nodeExists) }
        if case .ephemeral = NodeKind(owner: parent.node.stat.ephemeralOwner) {
            throw Refusal(code: .noChildrenForEphemerals)
        }
        let length = Int64(fields.data?.count ?? 0)
        try checkQuota(path, bytes: length, count: 1, step)
        // The txn's type decides what is applied, not the flags: create with the container flag makes a plain node, and
        // createContainer without it a container. Apache's digests expect otherwise, and differ from its own tree.
        let kind: NodeKind =
            switch op {
            case .createContainer: .container
            case .createTTL: .ttl(fields.ttl!)
            default: mode.isEphemeral ? .ephemeral(step.request.session.rawValue) : .persistent
            }
        if case .ephemeral = kind { try checkEphemeralPaths(path, step) }
        let parentCVersion = parent.node.stat.cversion &+ 1

        try checkRoom(path.count + Int(length) + acl.encodedLength, step, entry)
        entry.write(slice: path)
        entry.write(slice: fields.data)
        acl.write(to: &entry)
        if op == .create || op == .create2 { entry.write(mode.isEphemeral) }
        entry.write(parentCVersion)
        if case .ttl(let milliseconds) = kind { entry.write(milliseconds) }

        var newParent = parent.node
        newParent.childCount += 1
        newParent.stat.cversion = parentCVersion
        newParent.stat.pzxid = step.zxid
        change(parentPath, from: parent, to: newParent, step)
        var node = PendingNode(dataLength: Int(length), acl: acl.id)
        node.content = NodeDigest.content(path: path, data: fields.data)
        node.stat = StatPersisted(
            czxid: step.zxid, mzxid: step.zxid, ctime: step.time, mtime: step.time, ephemeralOwner: kind.owner,
            pzxid: step.zxid)
        change(path, from: nil, to: node, step)
        if case .ephemeral(let session) = kind { pending.addEphemeral(of: session, bytes: path.count + 4, step.zxid) }
    }

    /// "%010d" of the parent's number of creates, which turns negative after 2^31 - 1.
    static func sequenceSuffix(_ number: Int32) -> [UInt8] {
        let digits = Array(String(number.magnitude).utf8)
        let width = number < 0 ? 9 : 10
        let padding = Array(repeating: UInt8(ascii: "0"), count: max(0, width - digits.count))
        return (number < 0 ? [UInt8(ascii: "-")] : []) + padding + digits
    }

    private func checkEphemeralPaths(_ path: Bytes, _ step: PrepareStep) throws(Refusal) {
        let session = step.request.session.rawValue
        let held = (step.tree.owned[session]?.pathBytes ?? 0) + pending.ephemeralBytes(of: session)
        if held + path.count + 4 > options.maxEphemeralPathBytes { throw Refusal(code: .quotaExceeded) }
    }

    // MARK: Delete

    mutating func prepareDelete(
        _ reader: inout JuteReader, _ step: PrepareStep, _ entry: inout JuteWriter
    ) throws(Refusal) {
        let (path, version) = try decode(&reader) { (reader) throws(JuteError) in
            (try reader.readPresentSlice(), try reader.readInt32())
        }
        let parentPath = try parentOfDeletable(path)
        let parent = try existing(parentPath, step.tree)
        try requirePermission(.delete, on: parent.node, step)
        let node = try existing(path, step.tree)
        _ = try checkVersion(node.node.stat.version, version)
        if node.node.childCount > 0 { throw Refusal(code: .notEmpty) }
        try checkRoom(path.count, step, entry)
        entry.write(slice: path)
        remove(path, node, parentPath, parent, step)
    }

    mutating func prepareContainerDeletion(
        _ path: Bytes, _ step: PrepareStep, _ entry: inout JuteWriter
    ) throws(Refusal) -> OpCode {
        let parentPath = try parentOfDeletable(path)
        let node = try existing(path, step.tree)
        if node.node.childCount > 0 { throw Refusal(code: .notEmpty) }
        switch NodeKind(owner: node.node.stat.ephemeralOwner) {
        case .container, .ttl: break
        // Apache lets a plain node pass, which may have come in the container's place.
        case .ephemeral, .persistent: throw Refusal(code: .badVersion)
        }
        let parent = try existing(parentPath, step.tree)
        entry.write(slice: path)
        remove(path, node, parentPath, parent, step)
        return .deleteContainer
    }

    private func parentOfDeletable(_ path: Bytes) throws(Refusal) -> Bytes {
        guard let cut = ZNodePath.lastSlash(of: path), !path.contains(0), !Self.isSpecial(path) else {
            throw Refusal(code: .badArguments)
        }
        return Bytes(rebasing: path[..<cut])
    }

    private static func isSpecial(_ path: Bytes) -> Bool {
        path.count == 1 || systemPaths.contains { same($0, path) }
    }

    private static let systemPaths = ["/zookeeper", "/zookeeper/quota", "/zookeeper/config"].map { Array($0.utf8) }

    mutating func remove(
        _ path: Bytes, _ node: (node: PendingNode, slot: Int?), _ parentPath: Bytes,
        _ parent: (node: PendingNode, slot: Int?), _ step: PrepareStep
    ) {
        var newParent = parent.node
        newParent.childCount -= 1
        newParent.stat.pzxid = step.zxid
        change(parentPath, from: parent, to: newParent, step)
        // The slot of the node may be new since it was looked up, but not another one.
        change(path, from: node, to: PendingNode(exists: false), step)
    }

    // MARK: Change

    mutating func prepareSetData(
        _ reader: inout JuteReader, _ step: PrepareStep, _ entry: inout JuteWriter
    ) throws(Refusal) {
        let (path, data, version) = try decode(&reader) { (reader) throws(JuteError) in
            (try reader.readSlice(), try reader.readSlice(), try reader.readInt32())
        }
        guard let path, ZNodePath.problem(in: path) == nil else { throw Refusal(code: .badArguments) }
        let before = try existing(path, step.tree)
        try requirePermission(.write, on: before.node, step)
        let length = data?.count ?? 0
        try checkQuota(path, bytes: Int64(length - before.node.dataLength), count: 0, step)
        let newVersion = try checkVersion(before.node.stat.version, version)

        try checkRoom(path.count + length, step, entry)
        entry.write(slice: path)
        entry.write(slice: data)
        entry.write(newVersion)

        var node = before.node
        node.stat.version = newVersion
        node.stat.mtime = step.time
        node.stat.mzxid = step.zxid
        node.dataLength = length
        node.content = NodeDigest.content(path: path, data: data)
        change(path, from: before, to: node, step)
    }

    mutating func prepareSetACL(
        _ reader: inout JuteReader, _ step: PrepareStep, _ entry: inout JuteWriter
    ) throws(Refusal) {
        let (path, list, version) = try decode(&reader) { (reader) throws(JuteError) in
            (try reader.readSlice(), try reader.readACLSlice(), try reader.readInt32())
        }
        guard let path, ZNodePath.problem(in: path) == nil else { throw Refusal(code: .badArguments) }
        let acl = try ResolvedACL(list, limit: options.maxTxnLength, step)
        defer { acl.release(step.tree) }
        let before = try existing(path, step.tree)
        try requirePermission(.admin, on: before.node, step)
        let newVersion = try checkVersion(before.node.stat.aversion, version)

        try checkRoom(path.count + acl.encodedLength, step, entry)
        entry.write(slice: path)
        acl.write(to: &entry)
        entry.write(newVersion)

        var node = before.node
        node.stat.aversion = newVersion
        node.acl = acl.id
        change(path, from: before, to: node, step)
    }

    /// A reconfig is a setData of /zookeeper/config, whose version is always -1 and which no digest covers.
    mutating func prepareReconfiguration(_ step: PrepareStep, _ entry: inout JuteWriter) throws(Refusal) {
        guard let verdict = step.request.reconfiguration else { throw Refusal(code: .unimplemented) }
        let text = try verdict.result.get()
        let path = Array(DataTree.configPath.utf8)
        let config = try path.withUnsafeBufferPointer { (path) throws(Refusal) in try existing(Bytes(path), step.tree) }
        try requirePermission(.write, on: config.node, step)
        if verdict.objection != nil { throw Refusal(code: .badArguments) }
        try checkRoom(DataTree.configPath.utf8.count + text.count, step, entry)
        entry.write(DataTree.configPath)
        entry.write(text)
        entry.write(-1 as Int32)
    }

    /// Changes nothing; the txn holds the version checked + 1, as Apache's does.
    mutating func prepareCheck(
        _ reader: inout JuteReader, _ step: PrepareStep, _ entry: inout JuteWriter
    ) throws(Refusal) {
        let (path, version) = try decode(&reader) { (reader) throws(JuteError) in
            (try reader.readPresentSlice(), try reader.readInt32())
        }
        guard ZNodePath.problem(in: path) == nil else { throw Refusal(code: .badArguments) }
        let node = try existing(path, step.tree)
        try requirePermission(.read, on: node.node, step)
        let newVersion = try checkVersion(node.node.stat.version, version)
        try checkRoom(path.count, step, entry)
        entry.write(slice: path)
        entry.write(newVersion)
    }

    /// The next version, when `expected` is -1 or the current one.
    private func checkVersion(_ current: Int32, _ expected: Int32) throws(Refusal) -> Int32 {
        guard expected == -1 || expected == current else { throw Refusal(code: .badVersion) }
        return current &+ 1
    }

    // MARK: The size of a txn

    /// Whether the txn may grow by strings and buffers of these lengths. Checked before anything is changed: a txn that is
    /// too long to be read again, here or by another server, is an error (MarshallingError) and never a loss.
    func checkRoom(_ lengths: Int, _ step: PrepareStep, _ entry: borrowing JuteWriter) throws(Refusal) {
        let needed = entry.count - step.start + lengths + Self.fieldsBesides + step.bytesBehind
        if needed > options.maxTxnLength { throw Refusal(code: .marshallingError) }
    }

    /// What an operation has beside its strings and buffers, and the digest, at most.
    static let fieldsBesides = 64

    // MARK: Quotas

    /// Hard limits of the longest prefix with a quota, against its counts as applied: what is under way may overshoot.
    private func checkQuota(_ path: Bytes, bytes: Int64, count: Int64, _ step: PrepareStep) throws(Refusal) {
        let tree = step.tree
        guard options.enforcesQuotas, let subject = tree.quotas.longestPrefix(of: path),
            let limitsNode = Quotas.limitsPath(subject).withUnsafeBytes({ tree.store.find($0) }),
            let statsNode = Quotas.statsPath(subject).withUnsafeBytes({ tree.store.find($0) })
        else { return }
        let limits = QuotaText(tree.store.data(limitsNode))
        let stats = QuotaText(tree.store.data(statsNode))
        let tooMany = count != 0 && limits.countHardLimit > -1 && stats.count + count > limits.countHardLimit
        let tooLarge = bytes != 0 && limits.byteHardLimit > -1 && stats.bytes + bytes > limits.byteHardLimit
        if tooMany || tooLarge { throw Refusal(code: .quotaExceeded) }
    }
}

/// An ACL as it will be stored, with one use in the tree's cache until `release`.
struct ResolvedACL: ~Copyable {
    let id: ACLCache.ID
    private let encoded: [UInt8]

    /// Refuses lists that may not be set (InvalidACL) or are too long for a txn.
    init(_ requested: Bytes, limit: Int, _ step: PrepareStep) throws(Refusal) {
        if same(ACLCache.openEncoded, requested) {
            id = ACLCache.open
            encoded = ACLCache.openEncoded
            return
        }
        var reader = JuteReader(requested)
        let list: [ACL]?
        do throws(JuteError) { list = try reader.readVector() } catch { throw Refusal(code: .marshallingError) }
        let resolved = try step.tree.access.resolve(list, for: step.request.identities, limit: limit)
        id = step.tree.acls.retain(resolved)
        encoded = step.tree.acls.encoded(id)
    }

    var encodedLength: Int { encoded.count }

    func write(to writer: inout JuteWriter) { writer.write(raw: encoded) }

    func release(_ tree: DataTree) { tree.acls.release(id) }
}
