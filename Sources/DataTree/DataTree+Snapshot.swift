import Jute
import TreeMemory
import ZooKeeperProtocol

/// A snapshot being taken in slices while the tree goes on changing (Apache's fuzzy snapshot).
///
/// What the file holds is no state that ever was; it becomes one when the log from `zxid` on is applied to it. Hand it
/// to `DataTree.writeSnapshot` until that returns false, or to `DataTree.abandon`.
package struct FuzzySnapshot: ~Copyable {
    /// The last zxid applied when it began: the number in the file's name.
    package let zxid: ZXID
    fileprivate let walk: Int
    /// Lists that came later have no entry in the file.
    fileprivate let lastACL: ACLCache.ID
}

extension DataTree {
    /// About how long a snapshot is, bytes: a znode's record has its path and data, and 76 bytes besides.
    package var snapshotSize: Int { approximateDataSize + 76 * nodeCount }

    /// Begins a snapshot: appends sessions and ACLs, which come before the nodes.
    package func beginSnapshot(into writer: inout JuteWriter) -> FuzzySnapshot {
        let sessions = sessions
        writer.write(Int32(sessions.count))
        for session in sessions {
            writer.write(session.id)
            writer.write(session.timeout)
        }
        let ids = acls.ids
        writer.write(Int32(ids.count))
        for id in ids {
            writer.write(Int64(id))
            writer.write(raw: acls.encoded(id))
        }
        return FuzzySnapshot(zxid: lastZXID, walk: store.startWalk(), lastACL: acls.last)
    }

    /// Appends nodes until `writer` holds about `size` bytes; behind the last one the closing "/".
    ///
    /// - Returns: whether there is more. When there is not, the digest trailer is `lastZXID` and `digest` as
    ///   they are now.
    package func writeSnapshot(
        _ snapshot: borrowing FuzzySnapshot, into writer: inout JuteWriter, size: Int = 256 << 10
    ) -> Bool {
        while writer.count < size {
            guard let node = store.step(snapshot.walk) else {
                store.endWalk(snapshot.walk)
                writer.write("/")
                return false
            }
            writeNode(node, snapshot, &writer)
        }
        return true
    }

    /// Ends a snapshot that is not finished.
    package func abandon(_ snapshot: borrowing FuzzySnapshot) { store.endWalk(snapshot.walk) }

    private func writeNode(_ node: NodeID, _ snapshot: borrowing FuzzySnapshot, _ writer: inout JuteWriter) {
        let stat = store.stat(node)
        // Created since the snapshot began: the log has it, whole. Its ACL may not be in this file.
        if stat.czxid > snapshot.zxid { return }
        store.writePath(node, to: &writer)
        writer.write(slice: store.data(node))
        let acl = store[node].acl
        // A list newer than the snapshot was set by a setACL that the log will apply again.
        writer.write(acl == ACLCache.open || acl > snapshot.lastACL ? -1 : Int64(acl))
        stat.write(to: &writer)
    }
}
