/// Decodes one raw snappy block (Google's format description): the uncompressed length as a varint, then literals and
/// copies. Everything is checked; the output is bounded by `limit` before it is allocated.
func decodeSnappy(_ input: UnsafeRawBufferPointer, limit: Int) -> [UInt8]? {
    var position = 0
    func byte() -> Int? {
        guard position < input.count else { return nil }
        defer { position += 1 }
        return Int(input[position])
    }
    func littleEndian(_ count: Int) -> Int? {
        var value = 0
        for index in 0..<count {
            guard let next = byte() else { return nil }
            value |= next << (8 * index)
        }
        return value
    }

    var length = 0
    var shift = 0
    while true {
        guard let next = byte(), shift <= 28 else { return nil }
        length |= (next & 0x7f) << shift
        if next & 0x80 == 0 { break }
        shift += 7
    }
    guard length <= limit else { return nil }

    var output: [UInt8] = []
    output.reserveCapacity(length)
    while position < input.count {
        guard let tag = byte() else { return nil }
        if tag & 3 == 0 {
            var count = tag >> 2
            if count >= 60 {
                guard let long = littleEndian(count - 59) else { return nil }
                count = long
            }
            count += 1
            guard position + count <= input.count, output.count + count <= length else { return nil }
            output.append(contentsOf: input[position..<position + count])
            position += count
            continue
        }
        let count: Int
        let distance: Int?
        switch tag & 3 {
        case 1:
            count = 4 + (tag >> 2) & 7
            distance = byte().map { (tag >> 5) << 8 | $0 }
        case 2:
            count = 1 + tag >> 2
            distance = littleEndian(2)
        default:
            count = 1 + tag >> 2
            distance = littleEndian(4)
        }
        guard let distance, distance > 0, distance <= output.count, output.count + count <= length else { return nil }
        // A copy may overlap what it writes: byte by byte.
        for _ in 0..<count { output.append(output[output.count - distance]) }
    }
    return output.count == length ? output : nil
}
