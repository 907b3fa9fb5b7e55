import Jute
import TreeMemory
import ZooKeeperProtocol

/// A node of a snapshot, and what its digest needs: all of adding it that needs no tree, so that another thread may do it.
package struct SnapshotNode {
    package let path: Bytes
    fileprivate let data: Bytes?
    /// The key that the file uses for its ACL.
    fileprivate let acl: Int64
    fileprivate let stat: StatPersisted
    fileprivate let content: UInt32
    /// What it adds to the digest of the tree.
    fileprivate let share: UInt64

    package init(_ path: Bytes, data: Bytes?, acl: Int64, stat: StatPersisted) {
        self.path = path
        self.data = data
        self.acl = acl
        self.stat = stat
        content = NodeDigest.content(path: path, data: data)
        share = NodeDigest.excludes(path: path) ? 0 : NodeDigest.value(content: content, stat)
    }

    fileprivate func fetch() {
        prefetch(path)
        if let data { prefetch(data) }
    }
}

/// Makes a tree from the content of a snapshot: sessions, ACLs, then nodes, parents first, as the file has them.
package struct DataTreeLoader: ~Copyable {
    private let tree: DataTree
    /// The keys that the file uses for ACLs.
    private var keys: [Int64: ACLCache.ID] = [:]
    /// The last node's parent: nodes come in order, so the next one is often its sibling.
    private var parentPath: [UInt8] = []
    private var parent = NodeID.root

    /// - Parameters:
    ///   - bytes: about how long the content is.
    ///   - logged: about how long the log is that will be applied to the tree.
    package init(access: AccessControl = AccessControl(), seed: UInt64 = 0, bytes: Int = 0, logged: Int = 0) {
        tree = DataTree(bare: access, seed: seed)
        tree.store.expect(bytes / Self.usualNode + logged / Self.usualTxn)
    }

    /// Bytes that a node takes in a snapshot: 96, and its path and data.
    private static let usualNode = 160
    /// Bytes that a txn which makes such a node takes in the log, and some that make none.
    private static let usualTxn = 256

    package mutating func addSession(_ id: SessionID, timeout: Int32) { tree.sessionTimeouts[id] = timeout }

    /// - Parameter list: a vector of ACLs as jute.
    package mutating func addACL(key: Int64, list: Bytes) throws(JuteError) {
        keys[key] = try tree.acls.retain(encoded: list)
    }

    /// Adds nodes, in the order of the file; the path of the first one whose parent is not there: the snapshot is damaged.
    package mutating func add(_ nodes: [SnapshotNode]) -> Bytes? {
        // A node is somewhere in memory: while one is added, what the ones behind it will look at is on its way.
        var ahead = Lookahead()
        for place in nodes.indices {
            if place + 2 * Lookahead.distance < nodes.count { nodes[place + 2 * Lookahead.distance].fetch() }
            let far = place + Lookahead.distance
            let foreseen = ahead.advance(far < nodes.count ? foresee(nodes[far].path) : nil)
            if let soon = ahead[4] { tree.store.foreseeNode(soon) }
            guard add(nodes[place], foreseen) else { return nodes[place].path }
        }
        return nil
    }

    /// Known of those that lie where the last node lies, which most do.
    private func foresee(_ path: Bytes) -> Foreseen? {
        guard ZNodePath.lastSlash(of: path) == parentPath.count,
            same(parentPath, Bytes(rebasing: path[..<parentPath.count]))
        else { return nil }
        return tree.store.foresee(parent, Bytes(rebasing: path[(parentPath.count + 1)...]))
    }

    private mutating func add(_ added: SnapshotNode, _ foreseen: Foreseen?) -> Bool {
        let (path, data) = (added.path, added.data)
        let node: NodeID
        var isNew = true
        if path.count <= 1 {
            node = .root
            tree.leaving(.root, path)
            tree.store.setData(.root, data)
            tree.approximateDataSize += data?.count ?? 0
        } else {
            guard let cut = ZNodePath.lastSlash(of: path), findParent(Bytes(rebasing: path[..<cut])) else {
                return false
            }
            let name = Bytes(rebasing: path[(cut + 1)...])
            let hash = (foreseen ?? tree.store.foresee(parent, name)).hash
            if let known = tree.store.child(of: parent, named: name, hash: hash) {
                // A fuzzy snapshot may hold a node twice, when it was deleted and made again meanwhile: the later one counts.
                tree.forget(known, path)
                tree.approximateDataSize -= path.count + tree.store.dataLength(known)
                tree.store.setData(known, data)
                node = known
                isNew = false
            } else {
                node = tree.store.insert(
                    under: parent, name: name, data: data, zxid: added.stat.czxid, time: added.stat.ctime, hash: hash)
            }
        }
        if node != .root { tree.approximateDataSize += path.count + (data?.count ?? 0) }
        tree.store.setStat(node, added.stat)
        tree.store[node].acl = added.acl == -1 ? ACLCache.open : use(added.acl)
        if let list = NodeKind(owner: added.stat.ephemeralOwner).list { tree.addToOwner(node, list) }
        tree.store[node].checksum = added.content
        tree.digest &+= added.share
        if isNew, path.starts(with: Quotas.root),
            let subject = Quotas.subject(ofQuotaNode: path, named: Quotas.limitsName)
        {
            tree.quotas.mark(subject)
        }
        return true
    }

    /// The tree, ready for the log from `lastZXID` + 1 on.
    ///
    /// - Parameters:
    ///   - digest: the snapshot's trailer, if it has one. It holds for a zxid that the log may yet have to reach.
    ///   - isFuzzy: the content may be ahead of `lastZXID`, nobody says how far: the stream of a leader that goes on serving,
    ///     and the file made of it.
    package consuming func finish(
        lastZXID: ZXID, digest: (zxid: ZXID, value: UInt64)?, isFuzzy: Bool = false
    ) -> DataTree {
        tree.digestIsUnsettled = isFuzzy
        tree.addSystemNodes()
        for id in keys.values { tree.acls.release(id) }
        tree.lastZXID = lastZXID
        for subject in tree.quotas.all { tree.recountQuota(subject) }
        if let digest, digest.zxid > .zero, digest.zxid >= lastZXID {
            if digest.zxid > lastZXID {
                tree.promisedDigest = digest
            } else if digest.value != tree.digest {
                tree.digestMismatches += 1
            }
        }
        return tree
    }

    private mutating func findParent(_ path: Bytes) -> Bool {
        if same(parentPath, path) { return true }
        guard let found = tree.store.find(path) else { return false }
        parent = found
        parentPath = [UInt8](path)
        return true
    }

    /// The list behind a key. One that the file does not have (ZOOKEEPER-4846) lets in nobody but the super user.
    private mutating func use(_ key: Int64) -> ACLCache.ID {
        guard let id = keys[key] else { return tree.acls.retain([ACL([], .anyone)]) }
        tree.acls.retain(id)
        return id
    }
}
