import Jute
import TreeMemory
import ZooKeeperProtocol

/// Makes a tree from the content of a snapshot: sessions, ACLs, then nodes, parents first, as the file has them.
package struct DataTreeLoader: ~Copyable {
    private let tree: DataTree
    /// The keys that the file uses for ACLs.
    private var keys: [Int64: ACLCache.ID] = [:]
    /// The last node's parent: nodes come in order, so the next one is often its sibling.
    private var parentPath: [UInt8] = []
    private var parent = NodeID.root

    /// - Parameter bytes: about how long the content is.
    package init(access: AccessControl = AccessControl(), seed: UInt64 = 0, bytes: Int = 0) {
        tree = DataTree(bare: access, seed: seed)
        tree.store.expect(bytes / Self.usualNode)
    }

    /// Bytes that a node takes in a snapshot: 96, and its path and data.
    private static let usualNode = 160

    package mutating func addSession(_ id: SessionID, timeout: Int32) { tree.sessionTimeouts[id] = timeout }

    /// - Parameter list: a vector of ACLs as jute.
    package mutating func addACL(key: Int64, list: Bytes) throws(JuteError) {
        keys[key] = try tree.acls.retain(encoded: list)
    }

    /// Adds one node. False when its parent is not there: the snapshot is damaged.
    package mutating func addNode(_ path: Bytes, data: Bytes?, acl: Int64, stat: StatPersisted) -> Bool {
        let node: NodeID
        var isNew = true
        let content: UInt32
        if path.count <= 1 {
            node = .root
            content = NodeDigest.content(path: path, data: data)
            tree.leaving(.root, path)
            tree.store.setData(.root, data)
            tree.approximateDataSize += data?.count ?? 0
        } else {
            guard let cut = ZNodePath.lastSlash(of: path), findParent(Bytes(rebasing: path[..<cut])) else {
                return false
            }
            let name = Bytes(rebasing: path[(cut + 1)...])
            let hash = tree.store.foresee(parent, name)
            content = NodeDigest.content(path: path, data: data)
            if let known = tree.store.child(of: parent, named: name, hash: hash) {
                // A fuzzy snapshot may hold a node twice, when it was deleted and made again meanwhile: the later one counts.
                tree.forget(known, path)
                tree.approximateDataSize -= path.count + tree.store.dataLength(known)
                tree.store.setData(known, data)
                node = known
                isNew = false
            } else {
                node = tree.store.insert(
                    under: parent, name: name, data: data, zxid: stat.czxid, time: stat.ctime, hash: hash)
            }
        }
        if node != .root { tree.approximateDataSize += path.count + (data?.count ?? 0) }
        tree.store.setStat(node, stat)
        tree.store[node].acl = acl == -1 ? ACLCache.open : use(acl)
        if let list = NodeKind(owner: stat.ephemeralOwner).list { tree.addToOwner(node, list) }
        tree.store[node].checksum = content
        tree.born(node, path)
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
