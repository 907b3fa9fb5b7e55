import Diagnostics
import Jute
import TreeMemory
import ZooKeeperProtocol

/// The applied state of a server: znodes, sessions, watches, and what follows from them (Apache's `DataTree`).
///
/// Deterministic: no clock, no randomness, no I/O. The same txns in the same order make the same tree, and what leaves it
/// (replies, events, snapshots, digests) depends on nothing else.
///
/// How a write passes, on one event loop:
///
/// 1. `TxnPreparer.prepare` decides its outcome on the leader, against this tree *and* the txns not yet applied, and
///    writes the txn as it will be logged and proposed. Every prepared txn takes its zxid, also one that records a failure.
/// 2. The shell logs it (and, in a quorum, proposes it). Nothing may be acknowledged, and `apply` should not be called,
///    before the entry is durable here, and in a quorum committed.
/// 3. `apply`, in zxid order, on every server. It changes the tree and fills in the reply's body and `events`.
/// 4. The shell sends `events` (good until the next call), then the reply, to whom they belong.
/// 5. On the leader, `TxnPreparer.applied` forgets the pending changes.
///
/// A read is one call of `read`, at any time between these. At start: `DataTreeLoader` from a snapshot, then `apply` of every
/// later log record; since snapshots are fuzzy, records may be in them already, which `apply` is made for.
package final class DataTree {
    package let access: AccessControl
    /// How long the answer to a multiRead may become, bytes; a longer one is a MarshallingError.
    package var replyLimit = 64 << 20
    package var watches: WatchTable
    /// What the last `apply` or `read` has to tell watchers.
    package internal(set) var events = WatchEvents()

    /// The highest zxid applied.
    package internal(set) var lastZXID: ZXID
    /// The digest of all nodes, version 2: equal on all servers at the same zxid.
    package internal(set) var digest: UInt64 = 0
    /// How often a digest in a txn or a snapshot was not the tree's: each is a sign of divergence, to be logged.
    package internal(set) var digestMismatches = 0
    package internal(set) var traffic = NamespaceTraffic()
    package internal(set) var watchStatistics = WatchStatistics()
    /// The digest that a fuzzy snapshot promises for a zxid yet to come; until then txn digests mean nothing.
    var promisedDigest: (zxid: ZXID, value: UInt64)?
    /// Loaded from a stream that may hold the effects of txns yet to come: mismatches count from the first match on.
    var digestIsUnsettled = false
    /// By how much the digests of Apache's leader are off, since a create that it had foreseen otherwise.
    var misforeseen: UInt64 = 0

    private let placed: PlacedStore
    var store: NodeStore {
        _read { yield placed.store }
        _modify { yield &placed.store }
    }
    var acls = ACLCache()
    var quotas = Quotas()
    var sessionTimeouts: [SessionID: Int32] = [:]
    /// The nodes of each session, the containers, and the TTL nodes (`NodeKind.list`).
    var owned: [Int64: OwnedNodes] = [:]

    struct OwnedNodes {
        var nodes = NodeList()
        /// Of their paths, each with its length prefix: what a closeSession txn would hold.
        var pathBytes = 0
    }

    /// The tree of a new server: the root, /zookeeper, and /zookeeper/config and /zookeeper/quota.
    ///
    /// - Parameter seed: spreads names over hash buckets; give a random one where clients are not trusted. It never shows.
    package convenience init(access: AccessControl = AccessControl(), seed: UInt64 = 0) {
        self.init(bare: access, seed: seed)
        addSystemNodes()
    }

    init(bare access: AccessControl, seed: UInt64) {
        self.access = access
        watches = WatchTable(seed: seed)
        lastZXID = .zero
        placed = PlacedStore(NodeStore(seed: seed))
        store.setData(.root, .empty)
        store[.root].checksum = NodeDigest.content(path: .empty, data: nil)
        digest = nodeDigest(.root)
    }

    // MARK: What there is

    /// Nodes, the root counted twice as Apache does ("Node count" of `srvr`).
    package var nodeCount: Int { store.count + 1 }
    /// Bytes of all paths and data (`zk_approximate_data_size`), the root's path counted as "" and "/".
    package internal(set) var approximateDataSize = 1
    /// Bytes of memory that the nodes take.
    package var memory: Int { store.memory }
    package var sessionCount: Int { sessionTimeouts.count }
    package var ephemeralCount: Int {
        owned.reduce(0) {
            $0 + ($1.key == NodeKind.containerOwner || $1.key == NodeKind.ttlOwner ? 0 : $1.value.nodes.count)
        }
    }
    /// Whether some node has a time to live, for which the servers must have `extendedTypesEnabled`.
    package var hasTTLNodes: Bool { owned[NodeKind.ttlOwner] != nil }

    /// Every session with its timeout in milliseconds, by id.
    package var sessions: [(id: SessionID, timeout: Int32)] {
        sessionTimeouts.map { ($0.key, $0.value) }.sorted { $0.id < $1.id }
    }

    /// The session's ephemerals, sorted.
    package func ephemerals(of session: SessionID) -> [String] {
        var paths: [String] = []
        forEachOwned(by: session.rawValue) { paths.append(pathString($0)) }
        return paths.sorted()
    }

    /// Every session that owns ephemerals, by id (`dump`).
    package var sessionsWithEphemerals: [SessionID] {
        owned.keys.filter { $0 != NodeKind.containerOwner && $0 != NodeKind.ttlOwner }
            .map { SessionID(rawValue: $0) }.sorted()
    }

    /// Every path with a quota, its limits and what it uses, by path; with a limit of -1 there is none.
    package var quotaUsage: [(path: String, limits: QuotaText, used: QuotaText)] {
        func text(_ path: [UInt8]) -> QuotaText {
            QuotaText(path.withUnsafeBytes { store.find($0) }.flatMap { store.data($0) })
        }
        return quotas.all.map {
            (String(decoding: $0, as: UTF8.self), text(Quotas.limitsPath($0)), text(Quotas.statsPath($0)))
        }
    }

    /// The tree was seen to differ before it was loaded.
    package func rememberMismatch() { digestMismatches += 1 }

    /// Traffic and watches are counted anew.
    package func resetStatistics() {
        traffic.reset()
        watchStatistics = WatchStatistics()
    }

    // MARK: Maintenance that is not a txn

    /// Containers and TTL nodes whose time has come, as paths for `WriteRequest.deletingContainer`.
    ///
    /// - Parameters:
    ///   - now: the wall clock in milliseconds, the one that txns carry.
    ///   - maxNeverUsed: `znode.container.maxNeverUsedIntervalMs`, 0 for never.
    package func expiredContainers(now: Int64, maxNeverUsed: Int64 = 0) -> [String] {
        var paths: [String] = []
        forEachOwned(by: NodeKind.containerOwner) { node in
            guard store.childCount(node) == 0 else { return }
            let used = store[extra: node].cversion > 0
            let idle = now - store[node].mtime
            if used || maxNeverUsed != 0 && idle > maxNeverUsed { paths.append(pathString(node)) }
        }
        forEachOwned(by: NodeKind.ttlOwner) { node in
            guard store.childCount(node) == 0,
                case .ttl(let milliseconds) = NodeKind(owner: store[extra: node].ephemeralOwner)
            else { return }
            if now - store[node].mtime > milliseconds { paths.append(pathString(node)) }
        }
        return paths.sorted()
    }

    /// Removes ephemerals whose session is not in the session table, as a standalone server and a new leader do after
    /// loading. Not a txn: followers that hold such orphans do the same when they lead.
    ///
    /// - Returns: the sessions they belonged to.
    package func removeOrphanedEphemerals() -> [SessionID] {
        events.removeAll()
        let orphaned = sessionsWithEphemerals.filter { sessionTimeouts[$0] == nil }
        for session in orphaned { deleteOwned(by: session.rawValue, zxid: lastZXID) }
        return orphaned
    }

    /// Sets the text of /zookeeper/config, which each server keeps for itself: no txn, no watch, no digest.
    package func setConfiguration(_ text: [UInt8], version: Int64, now: Int64) {
        guard let node = find(DataTree.configPath) else { return }
        approximateDataSize += text.count - store.dataLength(node)
        text.withUnsafeBytes { store.setData(node, $0) }
        store[node].mzxid = version
        store[node].mtime = now
        store[node].version = -1
    }

    /// The version of the configuration in /zookeeper/config: its mzxid.
    package var configurationVersion: Int64 { find(Self.configPath).map { store[$0].mzxid } ?? 0 }

    package static let configPath = "/zookeeper/config"

    // MARK: Helpers

    func find(_ path: String) -> NodeID? {
        var path = path
        return path.withUTF8 { store.find(Bytes($0)) }
    }

    func pathString(_ node: NodeID) -> String { String(decoding: store.path(node), as: UTF8.self) }

    func nodeDigest(_ node: NodeID) -> UInt64 {
        NodeDigest.value(content: store[node].checksum, store.stat(node))
    }

    /// What the node at `path` adds to the digest of the tree.
    private func share(_ node: NodeID, _ path: Bytes) -> UInt64 {
        NodeDigest.excludes(path: path) ? 0 : nodeDigest(node)
    }

    /// Every change of a node's data or Stat goes through here, so that the digest stays that of all nodes.
    @inline(__always)
    func changing(_ node: NodeID, _ path: Bytes, _ change: () -> Void) {
        let before = share(node, path)
        change()
        digest = digest &- before &+ share(node, path)
    }

    /// A new node has all that its digest covers.
    func born(_ node: NodeID, _ path: Bytes) { digest &+= share(node, path) }

    /// A node is about to be removed.
    func leaving(_ node: NodeID, _ path: Bytes) { digest &-= share(node, path) }

    /// The Stat as clients see it.
    func clientStat(_ node: NodeID) -> Stat {
        let stat = store.stat(node)
        let children = Int32(truncatingIfNeeded: store.childCount(node))
        var owner = SessionID.none
        if case .ephemeral(let session) = NodeKind(owner: stat.ephemeralOwner) { owner = SessionID(rawValue: session) }
        return Stat(
            czxid: stat.czxid, mzxid: stat.mzxid, ctime: stat.ctime, mtime: stat.mtime, version: stat.version,
            cversion: stat.cversion &* 2 &- children, aversion: stat.aversion, ephemeralOwner: owner,
            dataLength: Int32(store.dataLength(node)), numChildren: children, pzxid: stat.pzxid)
    }

    func allows(_ acl: ACLCache.ID, _ wanted: Permissions, to identities: [AuthID]) -> Bool {
        acl == ACLCache.open || access.allows(acls.list(acl), wanted, to: identities)
    }

    /// /zookeeper and its children, where they are missing; from birth they have all-zero Stats.
    func addSystemNodes() {
        for text in ["/zookeeper", Self.configPath, "/zookeeper/quota"] where find(text) == nil {
            Array(text.utf8).withUnsafeBytes { path in
                let cut = ZNodePath.lastSlash(of: path)!
                let node = store.insert(
                    under: store.find(Bytes(rebasing: path[..<cut]))!, name: Bytes(rebasing: path[(cut + 1)...]),
                    data: .empty, zxid: .zero, time: 0)
                store[node].checksum = NodeDigest.content(path: path, data: nil)
                approximateDataSize += path.count
                if text == Self.configPath {
                    store[node].acl = acls.retain(.readOnly)
                    store[extra: node].aversion = -1
                }
                born(node, path)
            }
        }
    }

    // MARK: Owned nodes

    func forEachOwned(by owner: Int64, _ body: (NodeID) -> Void) {
        var next = (owned[owner]?.nodes).flatMap { store.first(in: $0) }
        while let node = next {
            next = store.nextListed(node)
            body(node)
        }
    }

    func addToOwner(_ node: NodeID, _ owner: Int64) {
        var list = owned[owner] ?? OwnedNodes()
        store.link(node, into: &list.nodes)
        list.pathBytes += 4 + store.pathLength(node)
        owned[owner] = list
    }

    func removeFromOwner(_ node: NodeID, _ owner: Int64) {
        var list = owned[owner]!
        store.unlink(node, from: &list.nodes)
        list.pathBytes -= 4 + store.pathLength(node)
        owned[owner] = list.nodes.count == 0 ? nil : list
    }
}
