import TreeMemory

/// Values by path: a hash table that is asked with borrowed bytes and allocates nothing to answer.
///
/// A value lives in a slot whose number is good until it is removed. Linear probing over `UInt32` slot numbers.
struct PathTable<Value> {
    private struct Slot {
        var path: [UInt8]
        var hash: UInt64
        var value: Value?
    }

    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    /// Slot number + 1, or 0. A power of two long, at most three quarters full.
    private var index: [UInt32] = []
    private(set) var count = 0
    private let seed: UInt64

    init(seed: UInt64 = 0) { self.seed = seed }

    var isEmpty: Bool { count == 0 }

    func find(_ path: Bytes) -> Int? {
        if count == 0 { return nil }
        let hash = hashBytes(path, seed: seed)
        var position = Int(truncatingIfNeeded: hash) & (index.count - 1)
        while index[position] != 0 {
            let slot = Int(index[position]) - 1
            if slots[slot].hash == hash, same(slots[slot].path, path) { return slot }
            position = (position + 1) & (index.count - 1)
        }
        return nil
    }

    func path(_ slot: Int) -> [UInt8] { slots[slot].path }

    func isOccupied(_ slot: Int) -> Bool { slots[slot].value != nil }

    subscript(slot: Int) -> Value {
        get { slots[slot].value! }
        _modify { yield &slots[slot].value! }
    }

    /// Adds a path that is not there yet.
    mutating func insert(_ path: Bytes, _ value: Value) -> Int {
        if (count + 1) * 4 > index.count * 3 { grow() }
        let entry = Slot(path: [UInt8](path), hash: hashBytes(path, seed: seed), value: value)
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = Int(free)
            slots[slot] = entry
        } else {
            slot = slots.count
            slots.append(entry)
        }
        place(slot)
        count += 1
        return slot
    }

    mutating func remove(_ slot: Int) {
        let mask = index.count - 1
        var hole = Int(truncatingIfNeeded: slots[slot].hash) & mask
        while index[hole] != UInt32(slot) + 1 { hole = (hole + 1) & mask }
        // Move back what was pushed on past the hole, so that no search stops at it too early.
        var next = (hole + 1) & mask
        while index[next] != 0 {
            let home = Int(truncatingIfNeeded: slots[Int(index[next]) - 1].hash) & mask
            if (next - home) & mask >= (next - hole) & mask {
                index[hole] = index[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        index[hole] = 0
        slots[slot] = Slot(path: [], hash: 0, value: nil)
        freeSlots.append(UInt32(slot))
        count -= 1
    }

    mutating func removeAll() { self = PathTable(seed: seed) }

    /// Slots in use, in no meaningful but in a repeatable order.
    var occupied: [Int] { slots.indices.filter { slots[$0].value != nil } }

    private mutating func grow() {
        index = Array(repeating: 0, count: max(16, index.count * 2))
        for slot in slots.indices where slots[slot].value != nil { place(slot) }
    }

    private mutating func place(_ slot: Int) {
        var position = Int(truncatingIfNeeded: slots[slot].hash) & (index.count - 1)
        while index[position] != 0 { position = (position + 1) & (index.count - 1) }
        index[position] = UInt32(slot) + 1
    }
}
