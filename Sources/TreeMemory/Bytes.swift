import Glibc

/// Borrowed bytes: a path, a name, data. Good only until the store, or whoever owns them, changes.
@usableFromInline package typealias Bytes = UnsafeRawBufferPointer

extension Bytes {
    @inlinable package static var empty: Bytes { Bytes(start: nil, count: 0) }
}

@inlinable package var slash: UInt8 { UInt8(ascii: "/") }

/// Whether both hold the same bytes.
@inlinable package func same(_ a: Bytes, _ b: Bytes) -> Bool {
    a.count == b.count && (a.isEmpty || memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0)
}

@inlinable package func same(_ a: [UInt8], _ b: Bytes) -> Bool { a.withUnsafeBytes { same($0, b) } }

/// A quick hash of bytes, eight at a time (multiply and fold). Not for anything an output depends on.
package func hashBytes(_ bytes: Bytes, seed: UInt64) -> UInt64 {
    @inline(__always) func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
    let count = bytes.count
    var hash = seed ^ UInt64(truncatingIfNeeded: count)
    guard let start = bytes.baseAddress else { return mix(hash, 0x8ebc_6af0_9c88_c6e3) }
    if count >= 8 {
        var offset = 0
        while offset + 8 < count {
            hash = mix(hash ^ start.loadUnaligned(fromByteOffset: offset, as: UInt64.self), 0xa076_1d64_78bd_642f)
            offset += 8
        }
        hash ^= start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else if count >= 4 {
        let low = UInt64(start.loadUnaligned(as: UInt32.self))
        let high = UInt64(start.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        hash ^= high << 32 | low
    } else if count > 0 {
        let (first, middle) = (UInt64(start.load(as: UInt8.self)), UInt64(bytes[count >> 1]))
        hash ^= first << 16 | middle << 8 | UInt64(bytes[count - 1])
    }
    return mix(hash ^ 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3)
}
