import TreeMemory
import ZooKeeperProtocol

/// A node as it will be once all prepared txns are applied.
struct PendingNode {
    /// The change that made it so; zero for a node straight from the tree.
    var zxid = ZXID.zero
    /// False is the tombstone of a delete that is not applied yet.
    var exists = true
    var stat = StatPersisted()
    var childCount: Int32 = 0
    var dataLength = 0
    /// CRC register of path and data (`NodeDigest.content`).
    var content: UInt32 = 0
    var acl = ACLCache.open
}

/// What has been prepared and not yet been applied, by path (Apache's `outstandingChangesForPath`).
///
/// Each record holds one use of its ACL in the tree's cache.
struct PendingChanges {
    private var nodes = PathTable<PendingNode>()
    /// In zxid order: which record each change made or replaced. The first `forgotten` are done with.
    private var changes: [(zxid: ZXID, slot: Int)] = []
    private var forgotten = 0
    /// Ephemerals whose creates are not applied yet, in zxid order: of which session, and how many bytes each adds to its
    /// closeSession txn.
    private var ephemerals: [(zxid: ZXID, session: Int64, bytes: Int)] = []
    private var ephemeralsForgotten = 0
    private var ephemeralBytes: [Int64: Int] = [:]
    /// What the records were before the multi that is being prepared changed them; nil: not there.
    private var undo: [(slot: Int, before: PendingNode?)]?

    /// Changes that were ever recorded, and those of them that are applied.
    private(set) var queued: Int64 = 0
    private(set) var removed: Int64 = 0

    var isEmpty: Bool { nodes.isEmpty }

    func find(_ path: Bytes) -> Int? { nodes.find(path) }

    subscript(slot: Int) -> PendingNode { nodes[slot] }

    /// Puts a record in place of the one in `slot`, or as a new one. Its ACL must have been retained for it.
    mutating func set(_ path: Bytes, at slot: Int?, to node: PendingNode, _ acls: inout ACLCache) {
        var place = slot
        if let slot {
            let before = nodes[slot]
            if undo != nil { undo!.append((slot, before)) } else { acls.release(before.acl) }
            nodes[slot] = node
        } else {
            place = nodes.insert(path, node)
            undo?.append((place!, nil))
        }
        changes.append((node.zxid, place!))
        queued += 1
    }

    /// Bytes of a session's ephemerals on their way into the tree.
    func ephemeralBytes(of session: Int64) -> Int { ephemeralBytes.isEmpty ? 0 : ephemeralBytes[session] ?? 0 }

    mutating func addEphemeral(of session: Int64, bytes: Int, _ zxid: ZXID) {
        ephemerals.append((zxid, session, bytes))
        ephemeralBytes[session, default: 0] += bytes
    }

    private mutating func forgetEphemeral(_ ephemeral: (zxid: ZXID, session: Int64, bytes: Int)) {
        let left = ephemeralBytes[ephemeral.session]! - ephemeral.bytes
        ephemeralBytes[ephemeral.session] = left == 0 ? nil : left
    }

    /// Forgets the changes that are now in the tree.
    mutating func applied(_ zxid: ZXID, _ acls: inout ACLCache) {
        while ephemeralsForgotten < ephemerals.count, ephemerals[ephemeralsForgotten].zxid <= zxid {
            forgetEphemeral(ephemerals[ephemeralsForgotten])
            ephemeralsForgotten += 1
        }
        Self.compact(&ephemerals, &ephemeralsForgotten)
        while forgotten < changes.count, changes[forgotten].zxid <= zxid {
            let change = changes[forgotten]
            // A record changed again since then stays until that change is applied.
            if nodes.isOccupied(change.slot), nodes[change.slot].zxid == change.zxid {
                acls.release(nodes[change.slot].acl)
                nodes.remove(change.slot)
            }
            forgotten += 1
            removed += 1
        }
        Self.compact(&changes, &forgotten)
    }

    /// Lets go of the first elements when they are all of them, or most.
    private static func compact<Element>(_ array: inout [Element], _ forgotten: inout Int) {
        if forgotten == array.count {
            array.removeAll(keepingCapacity: array.capacity <= 1 << 16)
        } else if forgotten > 4096, forgotten * 2 > array.count {
            array.removeFirst(forgotten)
        } else {
            return
        }
        forgotten = 0
    }

    mutating func removeAll(_ acls: inout ACLCache) {
        for slot in nodes.occupied { acls.release(nodes[slot].acl) }
        self = PendingChanges()
    }

    /// Calls `body` with every record, in no meaningful order.
    func forEach(_ body: (_ path: [UInt8], PendingNode) -> Void) {
        for slot in nodes.occupied { body(nodes.path(slot), nodes[slot]) }
    }

    mutating func resetStatistics() { (queued, removed) = (0, 0) }

    // MARK: Multi

    mutating func beginMulti() { undo = [] }

    mutating func commitMulti(_ acls: inout ACLCache) {
        for step in undo! { if let before = step.before { acls.release(before.acl) } }
        undo = nil
    }

    /// Puts everything back as it was at `beginMulti`.
    mutating func rollBackMulti(_ zxid: ZXID, _ acls: inout ACLCache) {
        while let last = ephemerals.last, last.zxid == zxid {
            forgetEphemeral(last)
            ephemerals.removeLast()
        }
        for step in undo!.reversed() {
            acls.release(nodes[step.slot].acl)
            if let before = step.before { nodes[step.slot] = before } else { nodes.remove(step.slot) }
        }
        changes.removeLast(undo!.count)
        undo = nil
    }
}
