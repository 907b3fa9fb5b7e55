import CChecksums

/// CRC-32 (IEEE 802.3, as in zlib and Java), sixteen or eight bytes a step.
///
/// `register` is the raw state, so that a checksum that was kept halfway can be finished in more than one way.
@usableFromInline package struct CRC32 {
    @usableFromInline package internal(set) var register: UInt32
    @usableFromInline let table: UnsafePointer<UInt32>

    /// - Parameter register: of the bytes before; left out, there are none.
    package init(register: UInt32 = 0xffff_ffff) {
        self.register = register
        self.table = Self.tables.pointer
    }

    @inlinable package var value: UInt32 { ~register }

    package mutating func add(_ bytes: Bytes) {
        guard var pointer = bytes.baseAddress else { return }
        let folded = cchecksums_crc32(&register, pointer, bytes.count)
        pointer += folded
        var left = bytes.count - folded
        while left >= 8 {
            add(UInt64(bigEndian: pointer.loadUnaligned(as: UInt64.self)))
            pointer += 8
            left -= 8
        }
        while left > 0 {
            register = table[Int((register ^ UInt32(pointer.load(as: UInt8.self))) & 0xff)] ^ register >> 8
            pointer += 1
            left -= 1
        }
    }

    /// The eight bytes of a big-endian number.
    @inlinable @inline(__always) package mutating func add(_ number: UInt64) {
        let low = UInt32(truncatingIfNeeded: number >> 32).byteSwapped ^ register
        let high = UInt32(truncatingIfNeeded: number).byteSwapped
        // Slice k holds the effect of a byte that k more bytes follow.
        let first = table[7 << 8 | Int(low & 0xff)] ^ table[6 << 8 | Int(low >> 8 & 0xff)]
        let second = table[5 << 8 | Int(low >> 16 & 0xff)] ^ table[4 << 8 | Int(low >> 24)]
        let third = table[3 << 8 | Int(high & 0xff)] ^ table[2 << 8 | Int(high >> 8 & 0xff)]
        let fourth = table[1 << 8 | Int(high >> 16 & 0xff)] ^ table[Int(high >> 24)]
        register = first ^ second ^ third ^ fourth
    }

    /// The four bytes of a big-endian number.
    @inlinable @inline(__always) package mutating func add(_ number: UInt32) {
        let word = number.byteSwapped ^ register
        let first = table[3 << 8 | Int(word & 0xff)] ^ table[2 << 8 | Int(word >> 8 & 0xff)]
        register = first ^ table[1 << 8 | Int(word >> 16 & 0xff)] ^ table[Int(word >> 24)]
    }

    /// Eight tables of 256 entries in one block that lives as long as the process.
    private struct Tables: @unchecked Sendable {  // Written once, by the initialiser of a global.
        let pointer: UnsafePointer<UInt32>

        init() {
            let table = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 * 256)
            for byte in 0..<256 {
                var state = UInt32(byte)
                for _ in 0..<8 { state = state & 1 == 1 ? 0xedb8_8320 ^ state >> 1 : state >> 1 }
                table[byte] = state
            }
            for byte in 0..<256 {
                for slice in 1..<8 {
                    let before = table[(slice - 1) << 8 | byte]
                    table[slice << 8 | byte] = table[Int(before & 0xff)] ^ before >> 8
                }
            }
            pointer = UnsafePointer(table)
        }
    }

    private static let tables = Tables()
}
