/// Borrowed bytes: a path, a name, data. Good only until the store, or whoever owns them, changes.
package typealias Bytes = UnsafeRawBufferPointer

/// Names a node in its store. The number of a deleted node is given to a later one.
package struct NodeID: Hashable, Sendable {
    let rawValue: UInt32

    package static let root = NodeID(rawValue: 1)
}

/// One node: a cache line. What most nodes leave at its default lives in `NodeExtra`, name and data in the payload heap.
struct NodeRecord {
    var parent: UInt32 = 0
    var nextSibling: UInt32 = 0
    /// Of the first child: the last one.
    var previousSibling: UInt32 = 0
    /// Block of the payload heap: `NodeBirth`, name, data.
    var payload: UInt32 = 0
    var nameLength: UInt32 = 0
    /// -1 when the data is null, which is not the same as empty.
    var dataLength: Int32 = -1
    var version: Int32 = 0
    /// Slot of this node's `NodeExtra`, or 0.
    var extra: UInt32 = 0
    /// Of (parent, name): see `NodeStore.hash`.
    var hash: UInt32 = 0
    /// Next node of the same bucket; for a free record, the next free one.
    var hashNext: UInt32 = 0
    /// CRC-32 register after path and data: the part of the node's digest that its Stat does not change.
    var checksum: UInt32 = 0
    /// 0 for world:anyone:all (-1 on disk), else a key of the ACL cache.
    var acl: UInt32 = 0
    var mzxid: Int64 = 0
    var mtime: Int64 = 0
}

/// What never changes in a node's life, in front of its name.
struct NodeBirth {
    var czxid: Int64
    var ctime: Int64
}

/// What only some nodes have: children, an owner, a changed ACL.
struct NodeExtra {
    /// As stored: a session id, the container marker, an encoded TTL, or 0.
    var ephemeralOwner: Int64 = 0
    var pzxid: Int64 = 0
    /// As stored: the number of creates. For a free slot, unused.
    var cversion: Int32 = 0
    var aversion: Int32 = 0
    /// For a free slot, the next free one.
    var firstChild: UInt32 = 0
    var childCount: UInt32 = 0
    /// Neighbours in the list of the owner's nodes.
    var nextOwned: UInt32 = 0
    var previousOwned: UInt32 = 0
}
