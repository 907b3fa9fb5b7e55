import Diagnostics

/// What must hold for the bytes of a file before libyaml sees them: UTF-8, printable, lines indented with spaces.
enum SourceText {
    static func check(_ bytes: [UInt8], file: String?) throws(YAMLError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) || bytes.starts(with: [0xFF, 0xFE])
            || bytes.starts(with: [0xFE, 0xFF])
        {
            throw YAMLError(
                .yamlEncoding, file: file, at: .documentStart, "the file starts with a byte order mark",
                mend: "save it as UTF-8 without a byte order mark (BOM)")
        }
        var place = SourceLocation.documentStart
        var isIndentation = true
        var firstTab: SourceLocation?
        var offset = 0
        while offset < bytes.count {
            guard let (scalar, length) = decode(bytes, at: offset) else {
                throw YAMLError(
                    .yamlEncoding, file: file, at: place,
                    "byte 0x\(hex(UInt32(bytes[offset]))) at offset \(offset) is not UTF-8",
                    mend: "save the file as UTF-8")
            }
            offset += length
            switch scalar {
            case "\n":
                place = SourceLocation(line: place.line + 1, column: 1)
                (isIndentation, firstTab) = (true, nil)
                continue
            case "\r" where offset < bytes.count && bytes[offset] == UInt8(ascii: "\n"): break
            case " ": break
            case "\t": if isIndentation { firstTab = firstTab ?? place }
            case _ where isUnprintable(scalar):
                throw YAMLError(
                    .yamlEncoding, file: file, at: place, "the character U+\(hex(scalar.value)) is not allowed here",
                    mend: "remove it, or write it as an escape in double quotes")
            default:
                if let firstTab {
                    throw YAMLError(
                        .yamlTab, file: file, at: firstTab, "a tab in the indentation", mend: "indent with spaces")
                }
                isIndentation = false
            }
            place.column += 1
        }
    }

    /// The scalar at `offset` and its length in bytes; nil where the bytes are not UTF-8.
    private static func decode(_ bytes: [UInt8], at offset: Int) -> (Unicode.Scalar, Int)? {
        let first = bytes[offset]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes[offset..<min(offset + 4, bytes.count)].makeIterator()
        guard case .valid(let encoded) = parser.parseScalar(from: &rest) else { return nil }
        return (Unicode.UTF8.decode(encoded), encoded.count)
    }

    /// Control characters, and the line breaks that YAML 1.1 knows but editors and our places do not count as lines.
    private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: false
        default: true
        }
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return digits.count < 2 ? "0" + digits : digits
    }
}
