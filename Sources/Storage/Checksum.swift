import CChecksums

/// The Adler-32 of everything that passed, as txn logs and snapshots carry it.
struct Adler32 {
    private(set) var value: UInt32 = 1

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        value = cchecksums_adler32(value, start, bytes.count)
    }

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var sum = Adler32()
        sum.update(bytes)
        return sum.value
    }
}
