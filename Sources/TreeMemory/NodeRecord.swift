import CLinux

/// Names a node in its store. The number of a deleted node is given to a later one.
@usableFromInline package struct NodeID: Hashable, Sendable {
    @usableFromInline let rawValue: UInt32

    @inlinable init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable package static var root: NodeID { NodeID(rawValue: 1) }
}

/// One node: a cache line. What most nodes leave at its default lives in `NodeExtra`, name and data in the payload
/// heap.
///
/// What holds the store together is the store's alone to write.
@usableFromInline package struct NodeRecord {
    @usableFromInline var parent: UInt32 = 0
    @usableFromInline var nextSibling: UInt32 = 0
    /// Of the first child: the last one.
    var previousSibling: UInt32 = 0
    /// Block of the payload heap: `NodeBirth`, name, data.
    @usableFromInline var payload: UInt32 = 0
    @usableFromInline var nameLength: UInt32 = 0
    /// -1 when the data is null, which is not the same as empty.
    @usableFromInline var dataLength: Int32 = -1
    @usableFromInline package var version: Int32 = 0
    /// Slot of this node's `NodeExtra`, or 0.
    @usableFromInline var extra: UInt32 = 0
    /// Of (parent, name): see `NodeStore.hash`.
    var hash: UInt32 = 0
    /// Next node of the same bucket; for a free record, the next free one.
    var hashNext: UInt32 = 0
    /// CRC-32 register after path and data: the part of the node's digest that its Stat does not change.
    @usableFromInline package var checksum: UInt32 = 0
    /// 0 for world:anyone:all (-1 on disk), else a key of the ACL cache.
    @usableFromInline package var acl: UInt32 = 0
    @usableFromInline package var mzxid: Int64 = 0
    @usableFromInline package var mtime: Int64 = 0
}

/// What never changes in a node's life, in front of its name.
@usableFromInline struct NodeBirth {
    @usableFromInline var czxid: Int64
    @usableFromInline var ctime: Int64
}

/// What only some nodes have: children, an owner, a changed ACL.
@usableFromInline package struct NodeExtra {
    /// As stored: a session id, the container marker, an encoded TTL, or 0.
    @usableFromInline package var ephemeralOwner: Int64 = 0
    @usableFromInline package var pzxid: Int64 = 0
    /// As stored: the number of creates. For a free slot, unused.
    @usableFromInline package var cversion: Int32 = 0
    @usableFromInline package var aversion: Int32 = 0
    /// For a free slot, the next free one.
    @usableFromInline var firstChild: UInt32 = 0
    @usableFromInline var childCount: UInt32 = 0
    /// Neighbours in the `NodeList` that the node is in.
    @usableFromInline var nextListed: UInt32 = 0
    @usableFromInline var previousListed: UInt32 = 0

    @inlinable init(pzxid: Int64) { self.pzxid = pzxid }
}

/// Where a path will lead, looked up before it is wanted; good until a node is removed.
package struct Foreseen {
    package let parent: NodeID
    /// Of parent and name: what `child(of:named:hash:)` and `insert` want.
    package let hash: UInt32
    let removals: UInt32
}

/// Borrowed bytes that are wanted soon are fetched from now on.
package func prefetch(_ bytes: Bytes) {
    for line in stride(from: 0, to: bytes.count, by: 64) { clinux_prefetch(bytes.baseAddress! + line) }
}

/// A list that is threaded through its nodes, the newest first. A node is in one at most, and leaves it before it is
/// removed.
package struct NodeList {
    var head: UInt32 = 0
    package internal(set) var count = 0

    package init() {}
}
