/// What makes the name of a znode its own: a random UUID (version 4), so that a create whose answer was lost is found again.
package struct RandomID: Hashable, Sendable {
    /// Sixteen bytes in hexadecimal, without dashes, as Python's `uuid4().hex`.
    package let hex: String

    private init(using generator: inout some RandomNumberGenerator) {
        let high: UInt64 = generator.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low: UInt64 = generator.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        hex = Self.digits(high) + Self.digits(low)
    }

    package static func random() -> RandomID {
        var generator = SystemRandomNumberGenerator()
        return RandomID(using: &generator)
    }

    /// As Java's `UUID.toString()`.
    package var dashed: String {
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
