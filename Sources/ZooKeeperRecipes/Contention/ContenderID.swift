/// What makes the name of a contender its own: a random UUID (version 4), so that a create whose answer was lost is found again.
struct ContenderID: Hashable, Sendable {
    /// Sixteen bytes in hexadecimal, without dashes, as Python's `uuid4().hex`.
    let hex: String

    init(using generator: inout some RandomNumberGenerator) {
        let high: UInt64 = generator.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low: UInt64 = generator.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        hex = Self.digits(high) + Self.digits(low)
    }

    static func random() -> ContenderID {
        var generator = SystemRandomNumberGenerator()
        return ContenderID(using: &generator)
    }

    /// As Java's `UUID.toString()`.
    var dashed: String {
        var text = ""
        for (index, digit) in hex.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.append(digit)
        }
        return text
    }

    private static func digits(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
