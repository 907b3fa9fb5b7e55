import Jute
import TreeMemory
import ZooKeeperProtocol

/// What applying a txn came to.
package struct AppliedTxn: Hashable, Sendable {
    package let header: TxnHeader
    /// The `err` of the reply to whom asked for it; with an error there is no body. Errors of txns that replay meets in a
    /// fuzzy snapshot are expected, and nothing to worry about.
    package let error: ErrorCode
}

extension DataTree {
    /// Applies a txn: an entry of the log or of a proposal (TxnHeader, body, maybe a digest).
    ///
    /// Appends the body of the reply to `reply`. Also right in replay over a fuzzy snapshot, which may hold the txn's effects
    /// already (Apache's `DataTree.processTxn`). An error thrown means that the entry is damaged or of a kind no server of this
    /// version writes; the tree must not be used further.
    package func apply(_ entry: Bytes, reply: inout JuteWriter) throws(JuteError) -> AppliedTxn {
        try apply(entry, nil, reply: &reply)
    }

    func apply(
        _ entry: Bytes, _ foresight: Foresight?, reply: inout JuteWriter
    ) throws(JuteError) -> AppliedTxn {
        events.removeAll()
        var reader = JuteReader(entry, maxFieldLength: entry.count)
        let header = try TxnHeader(from: &reader)
        var error: ErrorCode
        switch header.type {
        case .multi: error = try applyMulti(&reader, header, &reply)
        case .createSession:
            sessionTimeouts[header.session] = try reader.readInt32()
            error = .ok
        case .closeSession:
            error = .ok
            let end = entry.count
            applyCloseSession(&reader, end: end, header)
        default:
            error = try applyOne(header.type, &reader, header, foresight, &reply)
        }
        if header.zxid > lastZXID { lastZXID = header.zxid }
        try checkDigest(header, &reader, entry)
        return AppliedTxn(header: header, error: error)
    }

    /// Applies a txn whose reply nobody waits for.
    @discardableResult
    package func apply(_ entry: Bytes) throws(JuteError) -> AppliedTxn {
        var reply = JuteWriter()
        return try apply(entry, reply: &reply)
    }

    // MARK: One operation, alone or in a multi

    private func applyOne(
        _ type: OpCode, _ reader: inout JuteReader, _ header: TxnHeader, _ foresight: Foresight?,
        _ reply: inout JuteWriter
    ) throws(JuteError) -> ErrorCode {
        switch type {
        case .create, .create2, .createContainer, .createTTL:
            return try applyCreate(type, &reader, header, foresight, &reply)
        case .delete, .deleteContainer:
            return delete(try reader.readPresentSlice(), zxid: header.zxid)
        case .setData, .reconfig:
            let (path, data) = (try reader.readPresentSlice(), try reader.readSlice())
            let version = try reader.readInt32()
            guard let node = setData(path, data, foresight, version: version, header) else { return .noNode }
            if type == .reconfig { reply.write(slice: store.data(node)) }
            clientStat(node).write(to: &reply)
            return .ok
        case .setACL:
            let path = try reader.readPresentSlice()
            let acl = try acls.retain(encoded: try reader.readACLSlice())
            let version = try reader.readInt32()
            guard let node = store.find(path) else {
                acls.release(acl)
                return .noNode
            }
            acls.release(store[node].acl)
            store[node].acl = acl
            if store[extra: node].aversion != version {
                changing(node, path) { store[extra: node].aversion = version }
            }
            clientStat(node).write(to: &reply)
            return .ok
        case .check:
            _ = try reader.readPresentSlice()
            _ = try reader.readInt32()
            return .ok
        case .error:
            return ErrorCode(rawValue: try reader.readInt32())
        default:
            throw .unknownValue(Int64(type.rawValue), at: reader.offset)
        }
    }

    private func applyCreate(
        _ type: OpCode, _ reader: inout JuteReader, _ header: TxnHeader, _ foresight: Foresight?,
        _ reply: inout JuteWriter
    ) throws(JuteError) -> ErrorCode {
        let path = try reader.readPresentSlice()
        let data = try reader.readSlice()
        let acl = try acls.retain(encoded: try reader.readACLSlice())
        var kind = NodeKind.persistent
        if type == .createContainer { kind = .container }
        if type == .create || type == .create2, try reader.readBool() {
            kind = NodeKind(owner: header.session.rawValue)
        }
        // Servers before 3.3 ended the body here.
        let parentCVersion = reader.isAtEnd && type == .create ? -1 : try reader.readInt32()
        if type == .createTTL {
            let ttl = try reader.readInt64()
            guard (1...NodeKind.maxTTL).contains(ttl) else {
                // 3.8.0 accepts such a request and then cannot start again: skip it.
                acls.release(acl)
                return .badArguments
            }
            kind = .ttl(ttl)
        }
        switch create(path, data, foresight, acl: acl, kind: kind, parentCVersion: parentCVersion, header) {
        case .success(let node):
            reply.write(slice: path)
            if type != .create { clientStat(node).write(to: &reply) }
            return .ok
        case .failure(let refusal):
            acls.release(acl)
            // The snapshot was taken after this create: the parent may still be older than it.
            if refusal.code == .nodeExists, type == .create {
                raiseCVersion(ofParentOf: path, parentCVersion, header.zxid)
            }
            return refusal.code
        }
    }

    private func applyMulti(
        _ reader: inout JuteReader, _ header: TxnHeader, _ reply: inout JuteWriter
    ) throws(JuteError) -> ErrorCode {
        let count = try reader.readVectorCount() ?? 0
        var ahead = reader
        var failed = false
        for _ in 0..<count {
            if OpCode(rawValue: try ahead.readInt32()) == .error { failed = true }
            _ = try ahead.readPresentSlice()
        }
        for _ in 0..<count {
            let type = OpCode(rawValue: try reader.readInt32())
            let body = try reader.readPresentSlice()
            var operation = JuteReader(body, maxFieldLength: body.count)
            if failed {
                let code = type == .error ? try operation.readInt32() : 0
                MultiHeader(type: .error, error: code).write(to: &reply)
                reply.write(code)
                continue
            }
            MultiHeader(type: Self.resultType(type), error: 0).write(to: &reply)
            _ = try applyOne(type, &operation, header, nil, &reply)
        }
        MultiHeader.end.write(to: &reply)
        return .ok
    }

    /// Creates of containers and TTL nodes in a multi are answered as create2, with a Stat.
    private static func resultType(_ type: OpCode) -> OpCode {
        switch type {
        case .createContainer, .createTTL: .create2
        case .deleteContainer: .delete
        default: type
        }
    }

    // MARK: Creating

    private func create(
        _ path: Bytes, _ data: Bytes?, _ foresight: Foresight?, acl: ACLCache.ID, kind: NodeKind, parentCVersion: Int32,
        _ header: TxnHeader
    ) -> Result<NodeID, Refusal> {
        let place = current(foresight)
        guard let cut = ZNodePath.lastSlash(of: path),
            let parent = place?.parent ?? store.find(Bytes(rebasing: path[..<cut]))
        else {
            return .failure(Refusal(code: .noNode))
        }
        let name = Bytes(rebasing: path[(cut + 1)...])
        let hash = (place ?? store.foresee(parent, name)).hash
        let content = foresight?.content ?? NodeDigest.content(path: path, data: data)
        if name.isEmpty || store.child(of: parent, named: name, hash: hash) != nil {
            return .failure(Refusal(code: .nodeExists))
        }
        let parentPath = Bytes(rebasing: path[..<cut])
        raiseCVersion(of: parent, parentPath, parentCVersion, header.zxid)
        let node = store.insert(
            under: parent, name: name, data: data, zxid: header.zxid, time: header.time, hash: hash)
        store[node].acl = acl
        store[node].checksum = content
        if let list = kind.list {
            store[extra: node].ephemeralOwner = kind.owner
            addToOwner(node, list)
        }
        born(node, path)
        approximateDataSize += path.count + (data?.count ?? 0)
        quotaNodeCreated(path, name)
        updateQuota(path, bytes: Int64(data?.count ?? 0), count: 1)
        traffic.wrote(path, bytes: data?.count ?? 0)

        fire(.nodeCreated, path, in: [.data], acl: acl)
        fire(.nodeChildrenChanged, Bytes(rebasing: path[..<max(cut, 1)]), in: [.child], acl: store[parent].acl)
        return .success(node)
    }

    private func current(_ foresight: Foresight?) -> Foreseen? {
        guard let place = foresight?.place, store.isCurrent(place) else { return nil }
        return place
    }

    private func find(_ path: Bytes, _ place: Foreseen?) -> NodeID? {
        guard let place, let cut = ZNodePath.lastSlash(of: path) else { return store.find(path) }
        return store.child(of: place.parent, named: Bytes(rebasing: path[(cut + 1)...]), hash: place.hash)
    }

    private func raiseCVersion(ofParentOf path: Bytes, _ cversion: Int32, _ zxid: ZXID) {
        guard let cut = ZNodePath.lastSlash(of: path) else { return }
        let parentPath = Bytes(rebasing: path[..<cut])
        guard let parent = store.find(parentPath) else { return }
        raiseCVersion(of: parent, parentPath, cversion, zxid)
    }

    /// cversion and pzxid move together, and only forward: replay must not turn them back.
    private func raiseCVersion(of node: NodeID, _ path: Bytes, _ cversion: Int32, _ zxid: ZXID) {
        let current = store[extra: node].cversion
        let raised = cversion == -1 ? current &+ 1 : cversion
        guard raised > current else { return }
        changing(node, path) {
            store[extra: node].cversion = raised
            store[extra: node].pzxid = zxid.rawValue
        }
    }

    // MARK: Setting data

    private func setData(
        _ path: Bytes, _ data: Bytes?, _ foresight: Foresight?, version: Int32, _ header: TxnHeader
    ) -> NodeID? {
        guard let node = find(path, current(foresight)) else { return nil }
        let difference = (data?.count ?? 0) - store.dataLength(node)
        changing(node, path) {
            store.setData(node, data)
            store[node].checksum = foresight?.content ?? NodeDigest.content(path: path, data: data)
            store[node].mzxid = header.zxid.rawValue
            store[node].mtime = header.time
            store[node].version = version
        }
        approximateDataSize += difference
        updateQuota(path, bytes: Int64(difference), count: 0)
        traffic.wrote(path, bytes: data?.count ?? 0)
        fire(.nodeDataChanged, path, in: [.data], acl: store[node].acl)
        return node
    }

    // MARK: Deleting

    private func delete(_ path: Bytes, zxid: ZXID) -> ErrorCode {
        guard let cut = ZNodePath.lastSlash(of: path) else { return .noNode }
        let parentPath = Bytes(rebasing: path[..<cut])
        guard let parent = store.find(parentPath) else { return .noNode }
        // The parent is touched even when the node is gone already, see Apache's `deleteNode`.
        if zxid.rawValue > store[extra: parent].pzxid {
            changing(parent, parentPath) { store[extra: parent].pzxid = zxid.rawValue }
        }
        let name = Bytes(rebasing: path[(cut + 1)...])
        guard let node = store.child(of: parent, named: name) else { return .noNode }
        let bytes = Int64(store.dataLength(node))
        // The watchers' right to know is that to the node, so its ACL must outlive it here.
        let acl = store[node].acl
        acls.retain(acl)
        removeWithDescendants(node, path)
        if let subject = Quotas.subject(ofQuotaNode: path, named: Quotas.limitsName) { quotas.unmark(subject) }
        updateQuota(path, bytes: -bytes, count: -1)
        traffic.wrote(path, bytes: 0)

        fire(.nodeDeleted, path, in: [.data, .child], acl: acl)
        fire(.nodeChildrenChanged, Bytes(rebasing: path[..<max(cut, 1)]), in: [.child], acl: store[parent].acl)
        acls.release(acl)
        return .ok
    }

    /// A node with children is deleted only in replay, when a fuzzy snapshot holds children of its next life: the log
    /// will create them again.
    private func removeWithDescendants(_ node: NodeID, _ path: Bytes) {
        while let child = store.firstChild(node) {
            store.path(child).withUnsafeBytes { removeWithDescendants(child, $0) }
        }
        forget(node, path)
        approximateDataSize -= path.count + store.dataLength(node)
        store.remove(node)
    }

    /// The node's digest, its place with its owner and its ACL no longer count.
    func forget(_ node: NodeID, _ path: Bytes) {
        leaving(node, path)
        if let list = NodeKind(owner: store[extra: node].ephemeralOwner).list { removeFromOwner(node, list) }
        acls.release(store[node].acl)
    }

    // MARK: Sessions

    /// Deletes what the txn lists, then what else the session owns here. Old txns list nothing, and may still carry a digest.
    private func applyCloseSession(_ reader: inout JuteReader, end: Int, _ header: TxnHeader) {
        var attempt = reader
        if let count = try? attempt.readVectorCount(), (try? attempt.skipSlices(count)) != nil,
            attempt.isAtEnd || attempt.remaining == TxnDigest.size
        {
            _ = try? reader.readInt32()
            for _ in 0..<count {
                if let path = try? reader.readPresentSlice() { _ = delete(path, zxid: header.zxid) }
            }
        }
        deleteOwned(by: header.session.rawValue, zxid: header.zxid)
        sessionTimeouts[header.session] = nil
    }

    func deleteOwned(by owner: Int64, zxid: ZXID) {
        while let list = owned[owner] {
            store.path(store.first(in: list.nodes)!).withUnsafeBytes { _ = delete($0, zxid: zxid) }
        }
    }

    // MARK: Digests

    private func checkDigest(_ header: TxnHeader, _ reader: inout JuteReader, _ entry: Bytes) throws(JuteError) {
        if let promised = promisedDigest {
            if header.zxid < promised.zxid { return }
            promisedDigest = nil
            if header.zxid == promised.zxid, promised.value != digest { digestMismatches += 1 }
        }
        guard reader.remaining >= TxnDigest.size else { return }
        let foreseen = try TxnDigest(from: &reader)
        guard foreseen.version == NodeDigest.version else { return }
        let difference = foreseen.tree &- digest
        if difference == 0 {
            digestIsUnsettled = false
            misforeseen = 0
        } else if difference == misforeseen {
            // Behind such a create, before it was applied.
        } else if mistakes(header, entry).contains(where: { difference == $0 || difference == misforeseen &+ $0 }) {
            misforeseen = difference
        } else if !digestIsUnsettled {
            digestMismatches += 1
        }
    }

    /// How Apache's leader may be mistaken in the digest of a create whose flags and opcode do not belong together: it foresees
    /// the node that the flags mean, and every server makes the one that the opcode means (reference 2.8).
    private func mistakes(_ header: TxnHeader, _ entry: Bytes) -> [UInt64] {
        let owners: [Int64]
        switch header.type {
        case .create, .create2: owners = [NodeKind.containerOwner]
        case .createContainer: owners = [0, header.session.rawValue]
        default: return []
        }
        var reader = JuteReader(entry, maxFieldLength: entry.count)
        guard (try? TxnHeader(from: &reader)) != nil, let path = try? reader.readPresentSlice(),
            !NodeDigest.excludes(path: path), let node = store.find(path)
        else { return [] }
        var stat = store.stat(node)
        let made = nodeDigest(node)
        return owners.map { owner in
            stat.ephemeralOwner = owner
            return NodeDigest.value(content: store[node].checksum, stat) &- made
        }
    }

    // MARK: Quotas

    private func quotaNodeCreated(_ path: Bytes, _ name: Bytes) {
        guard path.count > Quotas.root.count, path.starts(with: Quotas.root) else { return }
        if let subject = Quotas.subject(ofQuotaNode: path, named: Quotas.limitsName) { quotas.mark(subject) }
        if let subject = Quotas.subject(ofQuotaNode: path, named: Quotas.statsName) { recountQuota(subject) }
    }

    /// Writes what the subtree holds now, the marked node included, into its stats node.
    func recountQuota(_ subject: [UInt8]) {
        let statsPath = Quotas.statsPath(subject)
        guard let stats = statsPath.withUnsafeBytes({ store.find($0) }) else { return }
        var (count, bytes): (Int64, Int64) = (0, 0)
        if let top = subject.withUnsafeBytes({ store.find($0) }) {
            forEachNode(below: top) { node in
                count += 1
                bytes += Int64(store.dataLength(node))
            }
        }
        setQuotaText(stats, QuotaText(count: count, bytes: bytes))
    }

    /// Rewrites the stats of the longest marked path above `path`: not a txn, so no version, no watch, no digest.
    private func updateQuota(_ path: Bytes, bytes: Int64, count: Int64) {
        if quotas.isEmpty { return }
        guard let subject = quotas.longestPrefix(of: path),
            let stats = Quotas.statsPath(subject).withUnsafeBytes({ store.find($0) })
        else { return }
        var text = QuotaText(store.data(stats))
        text.count += count
        text.bytes += bytes
        setQuotaText(stats, text)
    }

    private func setQuotaText(_ node: NodeID, _ text: QuotaText) {
        Array(text.text.utf8).withUnsafeBytes { store.setData(node, $0) }
    }

    /// The node and all below it, parents first.
    func forEachNode(below top: NodeID, _ body: (NodeID) -> Void) {
        var node = top
        while true {
            body(node)
            if let child = store.firstChild(node) {
                node = child
                continue
            }
            while node != top, store.nextSibling(node) == nil { node = store.parent(node)! }
            guard node != top, let sibling = store.nextSibling(node) else { return }
            node = sibling
        }
    }

    // MARK: Watches

    private func fire(_ type: EventType, _ path: Bytes, in kinds: [WatchKind], acl: ACLCache.ID) {
        if watches.count == 0 { return }
        let before = events.events.count
        watches.fire(type, path: path, in: kinds, to: &events) { allows(acl, .read, to: $0) }
        watchStatistics.fired(type, watchers: events.events.count - before)
    }
}

extension JuteReader {
    fileprivate mutating func skipSlices(_ count: Int) throws(JuteError) {
        for _ in 0..<count { _ = try readPresentSlice() }
    }
}
