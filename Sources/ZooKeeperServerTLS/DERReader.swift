/// Reads DER elements, one after the other; nil for what is none.
struct DERReader {
    struct Element {
        var tag: UInt8
        var content: ArraySlice<UInt8>
        /// With tag and length.
        var encoded: ArraySlice<UInt8>
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func next() -> Element? {
        let start = rest.startIndex
        guard rest.count >= 2 else { return nil }
        let tag = rest[start]
        var index = start + 1
        var length = Int(rest[index])
        index += 1
        if length > 0x7f {
            let count = length & 0x7f
            guard (1...4).contains(count), rest.endIndex - index >= count else { return nil }
            length = rest[index..<index + count].reduce(0) { $0 << 8 | Int($1) }
            index += count
        }
        guard rest.endIndex - index >= length else { return nil }
        let end = index + length
        let element = Element(tag: tag, content: rest[index..<end], encoded: rest[start..<end])
        rest = rest[end...]
        return element
    }

    /// The content of the next element, which must have this tag.
    mutating func enter(_ tag: UInt8) -> DERReader? {
        guard let element = next(), element.tag == tag else { return nil }
        return DERReader(element.content)
    }

    mutating func skip(ifTagged tag: UInt8) {
        if rest.first == tag { _ = next() }
    }
}
