import CLinux
import Diagnostics
import Glibc
import Jute
import ZooKeeperProtocol

/// The nodes of a tree, compactly: about 90 bytes a node beside its name and data, no allocation a node.
///
/// Records of one cache line in a growing slab, `UInt32` references instead of pointers, children as linked lists,
/// one hash table on (parent, name) that grows a bucket at a time, so that no insert ever stops to rehash a million
/// nodes. Knows nothing of ZooKeeper's rules: who may be created or deleted when is decided above.
///
/// Every `Bytes` handed out points into the store and is good until the next mutation.
@usableFromInline package struct NodeStore: ~Copyable {
    /// Nodes in the store, the root included.
    package private(set) var count = 1

    private var records: Region
    private let extras: Region
    private let buckets: Region
    private var heap: PayloadHeap
    /// Where the three begin; they never move.
    @usableFromInline let firstRecord: UnsafeMutablePointer<NodeRecord>
    @usableFromInline let firstExtra: UnsafeMutablePointer<NodeExtra>
    @usableFromInline let payloads: UnsafeMutableRawPointer

    private var recordsEnd: UInt32 = 2
    private var freeRecord: UInt32 = 0
    private var extrasEnd: UInt32 = 1
    private var freeExtra: UInt32 = 0
    /// How often a node was removed, and its number became another's.
    private var removals: UInt32 = 0
    /// Linear hashing: buckets `0..<bucketCount` exist; `lowMask + 1` is the power of two at which this round began.
    private var bucketCount = 256
    private var lowMask: UInt32 = 255
    private let seed: UInt64
    /// Next node of each running walk; 0 at its end. Freed places hold `UInt32.max`.
    private var walks: [UInt32] = []

    /// A store with a root and nothing else. `seed` only spreads names over buckets; it never shows in any output.
    package init(seed: UInt64 = 0) {
        self.records = Region(bytes: 16 << 30)
        self.extras = Region(bytes: 8 << 30)
        self.buckets = Region(bytes: 1 << 30)
        self.heap = PayloadHeap(reserve: 32 << 30)
        self.firstRecord = records.base.assumingMemoryBound(to: NodeRecord.self)
        self.firstExtra = extras.base.assumingMemoryBound(to: NodeExtra.self)
        self.payloads = heap.base
        self.seed = seed &+ 0x9e37_79b9_7f4a_7c15
        at(.root).initialize(to: NodeRecord())
        at(.root).pointee.payload = heap.allocate(MemoryLayout<NodeBirth>.size)
        birth(.root).initialize(to: NodeBirth(czxid: 0, ctime: 0))
    }

    /// Bytes of memory touched so far.
    package var memory: Int {
        Int(recordsEnd) * MemoryLayout<NodeRecord>.stride + Int(extrasEnd) * MemoryLayout<NodeExtra>.stride
            + bucketCount * 4 + heap.bytesTouched
    }

    // MARK: Looking up

    /// The node at a path; "" and "/" are the root. A path that is not well formed simply leads nowhere.
    package func find(_ path: Bytes) -> NodeID? {
        guard let start = path.baseAddress, path.count > 1 else {
            return path.isEmpty || path[0] == slash ? .root : nil
        }
        guard path[0] == slash else { return nil }
        var node = NodeID.root
        let end = path.count
        var offset = 1
        while true {
            let separator = memchr(start + offset, Int32(slash), end - offset)
            let stop = separator.map { UnsafeRawPointer($0) - start } ?? end
            guard let child = child(of: node, named: Bytes(start: start + offset, count: stop - offset)) else {
                return nil
            }
            node = child
            if separator == nil { return node }
            offset = stop + 1
        }
    }

    package func child(of parent: NodeID, named name: Bytes) -> NodeID? {
        child(of: parent, named: name, hash: hash(parent, name))
    }

    /// Where a child is or will be. The memory that whoever wants it will look at is being fetched from now on, while the caller
    /// does something else.
    package func foresee(_ parent: NodeID, _ name: Bytes) -> Foreseen {
        let hash = hash(parent, name)
        clinux_prefetch(bucket(hash))
        return Foreseen(parent: parent, hash: hash, removals: removals)
    }

    /// Whether what was foreseen is still right.
    package func isCurrent(_ foreseen: Foreseen) -> Bool { foreseen.removals == removals }

    /// Some time after `foresee`: has the node there be fetched as well, if there is one.
    package func foreseeNode(_ foreseen: Foreseen) {
        let head = bucket(foreseen.hash).pointee
        if head != 0 { clinux_prefetch(at(NodeID(rawValue: head))) }
    }

    /// What whoever finds, changes or makes the nodes at these paths will look at is fetched from now on: one level of the tree for all of
    /// them before the next, so that they wait for memory together and not one after the other.
    ///
    /// - Parameter places: becomes where each path leads; nil where its parent is not there yet.
    package func fetch(_ paths: borrowing WantedPaths, _ places: inout [Foreseen?]) {
        places.removeAll(keepingCapacity: true)
        for _ in 0..<paths.count { places.append(nil) }
        withUnsafeTemporaryAllocation(of: Search.self, capacity: Self.searchesAtOnce) { searches in
            paths.withPaths { path in
                var next = 0
                while next < places.count {
                    var count = 0
                    while next < places.count, count < searches.count {
                        let path = path(next)
                        if path.count > 1, path[0] == slash {
                            (searches.baseAddress! + count).initialize(
                                to: Search(next, rest: Bytes(rebasing: path[1...])))
                            count += 1
                        }
                        next += 1
                    }
                    while count > 0 {
                        count = fetchLevel(UnsafeMutableBufferPointer(rebasing: searches[..<count]), &places)
                    }
                }
            }
        }
    }

    /// A path on its way through the levels of the tree.
    private struct Search {
        /// Which of the paths it is.
        let place: Int
        var node = NodeID.root
        /// Of the path, behind the slash of the level reached.
        var rest: Bytes
        /// Its first name.
        var name = Bytes.empty
        var hash: UInt32 = 0
        /// In the hash's bucket; 0 behind the last one.
        var candidate: UInt32 = 0

        init(_ place: Int, rest: Bytes) { (self.place, self.rest) = (place, rest) }

        var isLast: Bool { name.count == rest.count }
    }

    /// As many as keep the memory busy; what they bring stays in the nearest cache.
    private static let searchesAtOnce = 16

    /// Looks for the next name of each path, and moves those that go on to the front; how many these are.
    private func fetchLevel(_ searches: UnsafeMutableBufferPointer<Search>, _ places: inout [Foreseen?]) -> Int {
        for index in searches.indices {
            let rest = searches[index].rest
            let end = memchr(rest.baseAddress!, Int32(slash), rest.count).map {
                UnsafeRawPointer($0) - rest.baseAddress!
            }
            searches[index].name = Bytes(rebasing: rest[..<(end ?? rest.count)])
            searches[index].hash = hash(searches[index].node, searches[index].name)
            clinux_prefetch(bucket(searches[index].hash))
        }
        for index in searches.indices {
            searches[index].candidate = bucket(searches[index].hash).pointee
            clinux_prefetch(at(NodeID(rawValue: searches[index].candidate)))
        }
        // A bucket has one node on average: most of the others are its second.
        for index in searches.indices where searches[index].candidate != 0 {
            let record = at(NodeID(rawValue: searches[index].candidate))
            guard record.pointee.hash != searches[index].hash else { continue }
            searches[index].candidate = record.pointee.hashNext
            clinux_prefetch(at(NodeID(rawValue: record.pointee.hashNext)))
        }
        var isAnyNew = false
        for index in searches.indices {
            while let node = optional(searches[index].candidate), at(node).pointee.hash != searches[index].hash {
                searches[index].candidate = at(node).pointee.hashNext
            }
            if let node = optional(searches[index].candidate) {
                if searches[index].isLast { fetchPayload(at(node)) } else { clinux_prefetch(birth(node)) }
            } else if searches[index].isLast {
                isAnyNew = true
            }
        }
        if isAnyNew { fetchSiblings(searches) }
        var count = 0
        for index in searches.indices {
            var search = searches[index]
            if search.isLast {
                places[search.place] = Foreseen(parent: search.node, hash: search.hash, removals: removals)
            } else if search.candidate != 0, search.name.count + 1 < search.rest.count,
                let node = child(of: search.node, named: search.name, hash: search.hash)
            {
                search.node = node
                search.rest = Bytes(rebasing: search.rest[(search.name.count + 1)...])
                searches[count] = search
                count += 1
            }
        }
        return count
    }

    /// Of nodes that are not there: what `insert` will change to put them behind their last sibling.
    private func fetchSiblings(_ searches: UnsafeMutableBufferPointer<Search>) {
        func forEachNew(_ body: (UnsafeMutablePointer<NodeExtra>) -> Void) {
            for search in searches where search.isLast && search.candidate == 0 {
                if let family = extra(search.node) { body(family) }
            }
        }
        forEachNew { clinux_prefetch($0) }
        forEachNew { clinux_prefetch(at(NodeID(rawValue: $0.pointee.firstChild))) }
        forEachNew {
            if let first = optional($0.pointee.firstChild) {
                clinux_prefetch(at(NodeID(rawValue: at(first).pointee.previousSibling)))
            }
        }
    }

    package func child(of parent: NodeID, named name: Bytes, hash: UInt32) -> NodeID? {
        var candidate = bucket(hash).pointee
        while candidate != 0 {
            let record = at(NodeID(rawValue: candidate))
            if record.pointee.hash == hash, record.pointee.parent == parent.rawValue,
                Int(record.pointee.nameLength) == name.count,
                name.count == 0 || memcmp(namePointer(record), name.baseAddress!, name.count) == 0
            {
                return NodeID(rawValue: candidate)
            }
            candidate = record.pointee.hashNext
        }
        return nil
    }

    // MARK: Reading a node

    @inlinable package subscript(node: NodeID) -> NodeRecord {
        _read { yield at(node).pointee }
        _modify { yield &at(node).pointee }
    }

    /// The fields that most nodes leave at their defaults: memory is taken when one is set.
    @inlinable package subscript(extra node: NodeID) -> NodeExtra {
        get { extra(node)?.pointee ?? NodeExtra(pzxid: birth(node).pointee.czxid) }
        _modify { yield &ensureExtra(node).pointee }
    }

    @inlinable package func name(_ node: NodeID) -> Bytes {
        let record = at(node)
        return Bytes(start: namePointer(record), count: Int(record.pointee.nameLength))
    }

    /// Bytes of data, none when it is null.
    @inlinable package func dataLength(_ node: NodeID) -> Int { Int(max(at(node).pointee.dataLength, 0)) }

    /// nil for null data.
    @inlinable package func data(_ node: NodeID) -> Bytes? {
        let record = at(node)
        guard record.pointee.dataLength >= 0 else { return nil }
        return Bytes(
            start: namePointer(record) + Int(record.pointee.nameLength), count: Int(record.pointee.dataLength))
    }

    @inlinable package func parent(_ node: NodeID) -> NodeID? { optional(at(node).pointee.parent) }
    @inlinable package func childCount(_ node: NodeID) -> Int { Int(extra(node)?.pointee.childCount ?? 0) }
    /// Children are listed in the order in which they were created.
    @inlinable package func firstChild(_ node: NodeID) -> NodeID? { optional(extra(node)?.pointee.firstChild ?? 0) }
    @inlinable package func nextSibling(_ node: NodeID) -> NodeID? { optional(at(node).pointee.nextSibling) }

    @inlinable package func stat(_ node: NodeID) -> StatPersisted {
        let record = at(node)
        let birth = birth(node).pointee
        let extra = extra(node)?.pointee ?? NodeExtra(pzxid: birth.czxid)
        return StatPersisted(
            czxid: ZXID(rawValue: birth.czxid), mzxid: ZXID(rawValue: record.pointee.mzxid), ctime: birth.ctime,
            mtime: record.pointee.mtime, version: record.pointee.version, cversion: extra.cversion,
            aversion: extra.aversion, ephemeralOwner: extra.ephemeralOwner, pzxid: ZXID(rawValue: extra.pzxid))
    }

    /// Bytes of the node's full path; 0 for the root.
    package func pathLength(_ node: NodeID) -> Int {
        var (length, node) = (0, node)
        while node != .root {
            let record = at(node)
            length += 1 + Int(record.pointee.nameLength)
            node = NodeID(rawValue: record.pointee.parent)
        }
        return length
    }

    package func path(_ node: NodeID) -> [UInt8] {
        let length = pathLength(node)
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            if let base = buffer.baseAddress { writePath(node, endingAt: UnsafeMutableRawPointer(base) + length) }
            count = length
        }
    }

    /// Appends the node's path as a string; that of the root is empty.
    package func writePath(_ node: NodeID, to writer: inout JuteWriter) {
        let length = pathLength(node)
        writer.write(Int32(length))
        writer.withRoom(length) { writePath(node, endingAt: $0 + length) }
    }

    /// Writes `pathLength` bytes before `end`.
    private func writePath(_ node: NodeID, endingAt end: UnsafeMutableRawPointer) {
        var (end, node) = (end, node)
        while node != .root {
            let record = at(node)
            end -= Int(record.pointee.nameLength)
            memcpy(end, namePointer(record), Int(record.pointee.nameLength))
            end -= 1
            end.storeBytes(of: slash, as: UInt8.self)
            node = NodeID(rawValue: record.pointee.parent)
        }
    }

    // MARK: Changing

    /// Adds a child. There must be none of that name. Its Stat is that of a node created by `zxid` at `time`.
    ///
    /// - Parameter hash: of parent and name, if it is known.
    package mutating func insert(
        under parent: NodeID, name: Bytes, data: Bytes?, zxid: ZXID, time: Int64, hash known: UInt32? = nil
    ) -> NodeID {
        let node = takeRecord()
        let record = at(node)
        record.initialize(to: NodeRecord())
        record.pointee.parent = parent.rawValue
        record.pointee.nameLength = UInt32(name.count)
        record.pointee.dataLength = data.map { Int32($0.count) } ?? -1
        record.pointee.mzxid = zxid.rawValue
        record.pointee.mtime = time
        record.pointee.payload = heap.allocate(blockLength(record))
        birth(node).initialize(to: NodeBirth(czxid: zxid.rawValue, ctime: time))
        copy(name, to: namePointer(record))
        if let data { copy(data, to: namePointer(record) + name.count) }

        let family = ensureExtra(parent)
        if let first = optional(family.pointee.firstChild) {
            let last = at(first).pointee.previousSibling
            at(NodeID(rawValue: last)).pointee.nextSibling = node.rawValue
            record.pointee.previousSibling = last
            at(first).pointee.previousSibling = node.rawValue
        } else {
            family.pointee.firstChild = node.rawValue
            record.pointee.previousSibling = node.rawValue
        }
        family.pointee.childCount += 1

        count += 1
        growBuckets()
        record.pointee.hash = known ?? hash(parent, name)
        let bucket = bucket(record.pointee.hash)
        record.pointee.hashNext = bucket.pointee
        bucket.pointee = node.rawValue
        return node
    }

    /// Takes a node without children out. Walks that stood on it go on behind it.
    package mutating func remove(_ node: NodeID) {
        invariant(node != .root && childCount(node) == 0, "only a leaf can be removed")
        for walk in walks.indices where walks[walk] == node.rawValue { walks[walk] = successor(node) }
        let record = at(node)
        let (next, previous) = (record.pointee.nextSibling, record.pointee.previousSibling)
        let family = ensureExtra(NodeID(rawValue: record.pointee.parent))
        let isFirst = family.pointee.firstChild == node.rawValue
        // Behind the last one the first knows who is last now.
        if let after = optional(next == 0 && !isFirst ? family.pointee.firstChild : next) {
            at(after).pointee.previousSibling = previous
        }
        if isFirst {
            family.pointee.firstChild = next
        } else {
            at(NodeID(rawValue: previous)).pointee.nextSibling = next
        }
        family.pointee.childCount -= 1

        let bucket = bucket(record.pointee.hash)
        if bucket.pointee == node.rawValue {
            bucket.pointee = record.pointee.hashNext
        } else {
            var before = at(NodeID(rawValue: bucket.pointee))
            while before.pointee.hashNext != node.rawValue { before = at(NodeID(rawValue: before.pointee.hashNext)) }
            before.pointee.hashNext = record.pointee.hashNext
        }
        heap.free(record.pointee.payload, bytes: blockLength(record))
        if record.pointee.extra != 0 {
            extraSlot(record.pointee.extra).pointee.firstChild = freeExtra
            freeExtra = record.pointee.extra
        }
        record.pointee.hashNext = freeRecord
        freeRecord = node.rawValue
        count -= 1
        removals &+= 1
    }

    /// Replaces the data and nothing else.
    package mutating func setData(_ node: NodeID, _ data: Bytes?) {
        let record = at(node)
        let (oldBlock, oldLength) = (record.pointee.payload, blockLength(record))
        let kept = MemoryLayout<NodeBirth>.size + Int(record.pointee.nameLength)
        record.pointee.dataLength = data.map { Int32($0.count) } ?? -1
        if PayloadHeap.sameClass(oldLength, blockLength(record)) {
            if let data { copy(data, to: heap.pointer(oldBlock) + kept) }
            return
        }
        record.pointee.payload = heap.allocate(blockLength(record))
        memcpy(heap.pointer(record.pointee.payload), heap.pointer(oldBlock), kept)
        if let data { copy(data, to: heap.pointer(record.pointee.payload) + kept) }
        heap.free(oldBlock, bytes: oldLength)
    }

    /// Sets every persisted field.
    package mutating func setStat(_ node: NodeID, _ stat: StatPersisted) {
        birth(node).pointee = NodeBirth(czxid: stat.czxid.rawValue, ctime: stat.ctime)
        let record = at(node)
        record.pointee.mzxid = stat.mzxid.rawValue
        record.pointee.mtime = stat.mtime
        record.pointee.version = stat.version
        let plain = stat.cversion == 0 && stat.aversion == 0 && stat.ephemeralOwner == 0 && stat.pzxid == stat.czxid
        if plain && record.pointee.extra == 0 { return }
        let extra = ensureExtra(node)
        extra.pointee.pzxid = stat.pzxid.rawValue
        extra.pointee.cversion = stat.cversion
        extra.pointee.aversion = stat.aversion
        extra.pointee.ephemeralOwner = stat.ephemeralOwner
    }

    /// The node's extra fields, made with their default values if there were none.
    @usableFromInline mutating func ensureExtra(_ node: NodeID) -> UnsafeMutablePointer<NodeExtra> {
        if let extra = extra(node) { return extra }
        var slot = freeExtra
        if slot != 0 {
            freeExtra = extraSlot(slot).pointee.firstChild
        } else {
            slot = extrasEnd
            extrasEnd += 1
            invariant(Int(extrasEnd) * MemoryLayout<NodeExtra>.stride <= extras.capacity, "too many znodes")
        }
        at(node).pointee.extra = slot
        extraSlot(slot).initialize(to: NodeExtra(pzxid: birth(node).pointee.czxid))
        return extraSlot(slot)
    }

    // MARK: Lists

    package mutating func link(_ node: NodeID, into list: inout NodeList) {
        let extra = ensureExtra(node)
        extra.pointee.nextListed = list.head
        extra.pointee.previousListed = 0
        if let head = optional(list.head) { ensureExtra(head).pointee.previousListed = node.rawValue }
        list.head = node.rawValue
        list.count += 1
    }

    package mutating func unlink(_ node: NodeID, from list: inout NodeList) {
        let extra = ensureExtra(node)
        let (next, previous) = (extra.pointee.nextListed, extra.pointee.previousListed)
        if let next = optional(next) { ensureExtra(next).pointee.previousListed = previous }
        if let previous = optional(previous) {
            ensureExtra(previous).pointee.nextListed = next
        } else {
            list.head = next
        }
        list.count -= 1
    }

    package func first(in list: NodeList) -> NodeID? { optional(list.head) }

    /// The next one of the list that the node is in.
    package func nextListed(_ node: NodeID) -> NodeID? { optional(extra(node)?.pointee.nextListed ?? 0) }

    // MARK: Walks

    /// Starts a walk over all nodes, parents before children. Between two steps the store may change: nodes that go
    /// before the walk reaches them are not met, nodes that come may be met or not.
    package mutating func startWalk(at node: NodeID = .root) -> Int {
        if let place = walks.firstIndex(of: .max) {
            walks[place] = node.rawValue
            return place
        }
        walks.append(node.rawValue)
        return walks.count - 1
    }

    /// The next node of a walk, or nil at its end.
    package mutating func step(_ walk: Int) -> NodeID? {
        guard let node = optional(walks[walk]) else { return nil }
        walks[walk] = firstChild(node)?.rawValue ?? successor(node)
        return node
    }

    package mutating func endWalk(_ walk: Int) { walks[walk] = .max }

    /// The node after `node` and all below it, 0 when there is none.
    private func successor(_ node: NodeID) -> UInt32 {
        var node = node
        while node != .root {
            let record = at(node)
            if record.pointee.nextSibling != 0 { return record.pointee.nextSibling }
            node = NodeID(rawValue: record.pointee.parent)
        }
        return 0
    }

    // MARK: Places

    @inlinable @inline(__always) func at(_ node: NodeID) -> UnsafeMutablePointer<NodeRecord> {
        firstRecord + Int(node.rawValue)
    }

    /// The node's extra fields, if it has any that differ from the defaults.
    @inlinable @inline(__always) func extra(_ node: NodeID) -> UnsafeMutablePointer<NodeExtra>? {
        let slot = at(node).pointee.extra
        return slot == 0 ? nil : extraSlot(slot)
    }

    @inlinable func extraSlot(_ slot: UInt32) -> UnsafeMutablePointer<NodeExtra> {
        firstExtra + Int(slot)
    }

    @inlinable @inline(__always) func birth(_ node: NodeID) -> UnsafeMutablePointer<NodeBirth> {
        PayloadHeap.pointer(at(node).pointee.payload, in: payloads).assumingMemoryBound(to: NodeBirth.self)
    }

    @inlinable @inline(__always) func namePointer(_ record: UnsafeMutablePointer<NodeRecord>) -> UnsafeMutableRawPointer
    {
        PayloadHeap.pointer(record.pointee.payload, in: payloads) + MemoryLayout<NodeBirth>.size
    }

    @inline(__always) private func blockLength(_ record: UnsafeMutablePointer<NodeRecord>) -> Int {
        MemoryLayout<NodeBirth>.size + Int(record.pointee.nameLength) + Int(max(record.pointee.dataLength, 0))
    }

    /// The beginning of it, if it is long: the rest comes by itself when it is copied.
    private func fetchPayload(_ record: UnsafeMutablePointer<NodeRecord>) {
        let start = PayloadHeap.pointer(record.pointee.payload, in: payloads)
        for line in stride(from: 0, through: min(blockLength(record), 512), by: 64) { clinux_prefetch(start + line) }
    }

    @inlinable @inline(__always) func optional(_ reference: UInt32) -> NodeID? {
        reference == 0 ? nil : NodeID(rawValue: reference)
    }

    /// `memmove`, as data may be copied within the store.
    private func copy(_ bytes: Bytes, to target: UnsafeMutableRawPointer) {
        if let source = bytes.baseAddress { memmove(target, source, bytes.count) }
    }

    private mutating func takeRecord() -> NodeID {
        if let node = optional(freeRecord) {
            freeRecord = at(node).pointee.hashNext
            return node
        }
        let node = NodeID(rawValue: recordsEnd)
        recordsEnd += 1
        invariant(Int(recordsEnd) * MemoryLayout<NodeRecord>.stride <= records.capacity, "too many znodes")
        clinux_prefetch(firstRecord + Int(recordsEnd) + 8)
        records.filled(to: Int(recordsEnd) * MemoryLayout<NodeRecord>.stride)
        return node
    }

    // MARK: The hash table

    @inline(__always) private func bucket(_ hash: UInt32) -> UnsafeMutablePointer<UInt32> {
        var index = Int(hash & (lowMask << 1 | 1))
        if index >= bucketCount { index = Int(hash & lowMask) }
        return buckets.base.assumingMemoryBound(to: UInt32.self) + index
    }

    /// Makes as many buckets as `nodes` will want, at once and not one by one; for a store that is empty.
    package mutating func expect(_ nodes: Int) {
        guard count == 1, nodes > bucketCount else { return }
        bucketCount = min(nodes, buckets.capacity / 4)
        lowMask = UInt32(1) << UInt32(Int.bitWidth - 1 - bucketCount.leadingZeroBitCount) - 1
    }

    /// Splits the next bucket when there are more nodes than buckets.
    private mutating func growBuckets() {
        guard count > bucketCount, (bucketCount + 1) * 4 <= buckets.capacity else { return }
        let table = buckets.base.assumingMemoryBound(to: UInt32.self)
        let old = bucketCount & Int(lowMask)
        let new = bucketCount
        var node = table[old]
        table[old] = 0
        bucketCount += 1
        // The nodes of one of the next splits: each is somewhere else in memory.
        clinux_prefetch(at(NodeID(rawValue: table[old + 8])))
        while node != 0 {
            let record = at(NodeID(rawValue: node))
            let next = record.pointee.hashNext
            let target = Int(record.pointee.hash & (lowMask << 1 | 1)) == new ? new : old
            record.pointee.hashNext = table[target]
            table[target] = node
            node = next
        }
        if bucketCount == (Int(lowMask) + 1) * 2 { lowMask = lowMask << 1 | 1 }
    }

    @inline(__always) private func hash(_ parent: NodeID, _ name: Bytes) -> UInt32 {
        let hash = hashBytes(name, seed: seed &+ UInt64(parent.rawValue) &* 0xff51_afd7_ed55_8ccd)
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
