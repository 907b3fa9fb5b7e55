import CLinux
import Diagnostics
import Glibc

/// Blocks of bytes for names and data, named by 32-bit references that count units of 8 bytes.
///
/// Sizes are rounded up to a class: every multiple of 8 bytes up to 1 KiB, then eight classes to a doubling (at most
/// 12 % too much). A freed block goes to the free list of its class; a request takes a block of its class, else it cuts
/// one of the smallest larger class, else it takes fresh memory. Blocks are not merged.
@usableFromInline struct PayloadHeap: ~Copyable {
    /// Bytes ever taken from the region: what the process pays for.
    var bytesTouched: Int { Int(top) * Self.unit }

    private var region: Region
    private var top: UInt32 = 1
    /// First free block of each class, 0 when none. The first 4 bytes of a free block name the next one.
    private var free: [UInt32]
    /// A bit per class: set when its list is not empty.
    private var nonEmpty: [UInt64]

    @inlinable static var unit: Int { 8 }
    private static let exactClasses = 128
    private static let classCount = exactClasses + 25 * 8

    init(reserve: Int) {
        self.region = Region(bytes: reserve)
        self.free = Array(repeating: 0, count: Self.classCount)
        self.nonEmpty = Array(repeating: 0, count: (Self.classCount + 63) / 64)
    }

    /// Where reference 0 would be.
    var base: UnsafeMutableRawPointer { region.base }

    @inline(__always) func pointer(_ reference: UInt32) -> UnsafeMutableRawPointer {
        Self.pointer(reference, in: region.base)
    }

    @inlinable @inline(__always) static func pointer(_ reference: UInt32, in base: UnsafeMutableRawPointer)
        -> UnsafeMutableRawPointer
    {
        base + Int(reference) &* unit
    }

    /// Whether a block taken for `old` bytes is the very block that `new` bytes would get.
    static func sameClass(_ old: Int, _ new: Int) -> Bool { sizeClass(units(old)) == sizeClass(units(new)) }

    mutating func allocate(_ bytes: Int) -> UInt32 {
        let sizeClass = Self.sizeClass(Self.units(bytes))
        let size = Self.units(ofClass: sizeClass)
        if free[sizeClass] != 0 { return popFree(sizeClass) }
        if let larger = firstNonEmpty(above: sizeClass) {
            let block = popFree(larger)
            release(block + UInt32(size), units: Self.units(ofClass: larger) - size)
            return block
        }
        let block = top
        invariant(
            (Int(top) + size) * Self.unit <= region.capacity,
            "the tree's names and data outgrew their \(region.capacity) bytes of address space")
        top += UInt32(size)
        // Fresh memory is written next, and the memory behind it soon.
        clinux_prefetch(pointer(top) + 512)
        clinux_prefetch(pointer(top) + 576)
        region.filled(to: Int(top) * Self.unit)
        return block
    }

    /// Gives back a block that `allocate(bytes)` returned.
    mutating func free(_ reference: UInt32, bytes: Int) {
        let sizeClass = Self.sizeClass(Self.units(bytes))
        pushFree(reference, sizeClass)
    }

    // MARK: Free lists

    /// Puts `units` of memory into the free lists, as the fewest blocks whose sizes are exactly those of classes.
    private mutating func release(_ reference: UInt32, units: Int) {
        var reference = reference
        var units = units
        while units > 0 {
            var sizeClass = Self.sizeClass(units)
            if Self.units(ofClass: sizeClass) > units { sizeClass -= 1 }
            pushFree(reference, sizeClass)
            reference += UInt32(Self.units(ofClass: sizeClass))
            units -= Self.units(ofClass: sizeClass)
        }
    }

    private mutating func pushFree(_ reference: UInt32, _ sizeClass: Int) {
        pointer(reference).storeBytes(of: free[sizeClass], as: UInt32.self)
        free[sizeClass] = reference
        nonEmpty[sizeClass >> 6] |= 1 << UInt64(sizeClass & 63)
    }

    private mutating func popFree(_ sizeClass: Int) -> UInt32 {
        let block = free[sizeClass]
        free[sizeClass] = pointer(block).load(as: UInt32.self)
        if free[sizeClass] == 0 { nonEmpty[sizeClass >> 6] &= ~(1 << UInt64(sizeClass & 63)) }
        return block
    }

    private func firstNonEmpty(above sizeClass: Int) -> Int? {
        var word = (sizeClass + 1) >> 6
        guard word < nonEmpty.count else { return nil }
        var bits = nonEmpty[word] & (UInt64.max << UInt64((sizeClass + 1) & 63))
        while bits == 0 {
            word += 1
            guard word < nonEmpty.count else { return nil }
            bits = nonEmpty[word]
        }
        return word << 6 + bits.trailingZeroBitCount
    }

    // MARK: Size classes

    @inline(__always) private static func units(_ bytes: Int) -> Int { max(1, (bytes + unit - 1) / unit) }

    /// The smallest class whose blocks hold `units`.
    @inline(__always) private static func sizeClass(_ units: Int) -> Int {
        if units <= exactClasses { return units - 1 }
        let exponent = Int.bitWidth - 1 - (units - 1).leadingZeroBitCount
        let step = (units - 1) >> (exponent - 3) & 7
        return exactClasses + (exponent - 7) * 8 + step
    }

    @inline(__always) private static func units(ofClass sizeClass: Int) -> Int {
        if sizeClass < exactClasses { return sizeClass + 1 }
        let (exponent, step) = ((sizeClass - exactClasses) / 8 + 7, (sizeClass - exactClasses) % 8)
        return (9 + step) << (exponent - 3)
    }
}
