/// In which order the length of a message stands behind it.
enum LengthOrder { case bigEndian, littleEndian }

/// A message filled up to whole blocks of 64 bytes, as MD5 and SHA-1 want it: a bit, zeros, the length in bits.
func padded(_ message: [UInt8], length order: LengthOrder) -> [UInt8] {
    var padded = message + [0x80]
    padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
    let bits = UInt64(message.count) * 8
    padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (order == .bigEndian ? 56 - 8 * $0 : 8 * $0)) }
    return padded
}

func rotate(_ word: UInt32, _ by: UInt32) -> UInt32 { word << by | word >> (32 - by) }
