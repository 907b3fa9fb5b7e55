import CZlib

/// The Adler-32 of everything that passed, as txn logs and snapshots carry it.
struct Adler32 {
    private(set) var value: UInt32 = 1

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        value = UInt32(
            truncatingIfNeeded: adler32_z(
                uLong(value), bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), bytes.count))
    }

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var sum = Adler32()
        sum.update(bytes)
        return sum.value
    }
}
