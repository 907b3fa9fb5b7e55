/// The headers of a tar archive (POSIX ustar), as far as a backup needs them: regular files with short names.
enum Tar {
    static let block = 512
    /// What an octal size field holds; beyond it the size is written in base 256, as GNU tar does.
    private static let largestOctal = 0o77_777_777_777

    struct Member: Hashable {
        var name: String
        var size: Int
    }

    /// Bytes that a member's content takes.
    static func padded(_ size: Int) -> Int { (size + block - 1) / block * block }

    /// - Parameter time: seconds since 1970.
    static func header(_ member: Member, time: Int64) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        put(member.name, at: 0)
        put("0000600\0", at: 100)
        put("0000000\0", at: 108)
        put("0000000\0", at: 116)
        if member.size <= largestOctal {
            put(octal(member.size, digits: 11) + "\0", at: 124)
        } else {
            for index in 0..<8 { header[135 - index] = UInt8(truncatingIfNeeded: member.size >> (8 * index)) }
            header[124] = 0x80
        }
        put(octal(Int(time), digits: 11) + "\0", at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar\u{0}00", at: 257)
        put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\0 ", at: 148)
        return header
    }

    /// Nil for anything but a header that `header` makes.
    static func member(_ header: [UInt8]) -> Member? {
        guard header.count == block else { return nil }
        let size: Int?
        if header[124] == 0x80 {
            size = Int(exactly: header[128..<136].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        } else {
            size = number(header[124..<136])
        }
        guard let size, let name = String(validating: header[..<100].prefix { $0 != 0 }, as: UTF8.self),
            let time = number(header[136..<148])
        else { return nil }
        let member = Member(name: name, size: size)
        return self.header(member, time: Int64(time)) == header ? member : nil
    }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 < 0 ? nil : $0 }
    }
}
