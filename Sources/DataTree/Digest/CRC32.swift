/// CRC-32 (IEEE 802.3, as in zlib and Java), eight bytes a step.
///
/// The state is the raw register, so that a checksum over several pieces goes from one `update` to the next, and one
/// kept halfway can be finished in more than one way: `value(update(state, a))`, `value(update(state, b))`.
enum CRC32 {
    static let initial: UInt32 = 0xffff_ffff

    @inline(__always)
    static func value(_ state: UInt32) -> UInt32 { ~state }

    static func update(_ state: UInt32, _ bytes: Bytes) -> UInt32 {
        guard var pointer = bytes.baseAddress else { return state }
        let table = tables.pointer
        var state = state
        var left = bytes.count
        while left >= 8 {
            let low = UInt32(littleEndian: pointer.loadUnaligned(as: UInt32.self)) ^ state
            let high = UInt32(littleEndian: pointer.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            // Slice k holds the effect of a byte that k more bytes follow.
            let first = table[7 << 8 | Int(low & 0xff)] ^ table[6 << 8 | Int(low >> 8 & 0xff)]
            let second = table[5 << 8 | Int(low >> 16 & 0xff)] ^ table[4 << 8 | Int(low >> 24)]
            let third = table[3 << 8 | Int(high & 0xff)] ^ table[2 << 8 | Int(high >> 8 & 0xff)]
            let fourth = table[1 << 8 | Int(high >> 16 & 0xff)] ^ table[Int(high >> 24)]
            state = first ^ second ^ third ^ fourth
            pointer += 8
            left -= 8
        }
        while left > 0 {
            state = table[Int((state ^ UInt32(pointer.load(as: UInt8.self))) & 0xff)] ^ state >> 8
            pointer += 1
            left -= 1
        }
        return state
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
