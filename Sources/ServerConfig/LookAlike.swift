import Membership

/// Characters that look like another one, or like nothing: they come with text copied from web pages and documents, and no
/// program takes them for what they look like.
package enum LookAlike {
    /// What `scalar` is and the ASCII character that was most likely meant (empty: none); nil for one that is itself.
    static func of(_ scalar: Unicode.Scalar) -> (name: String, meant: String)? {
        guard !scalar.isASCII else { return nil }
        switch scalar.value {
        case 0xA0, 0x202F: return ("a no-break space", " ")
        case 0x2000...0x200A, 0x205F, 0x3000: return ("a wide or narrow space", " ")
        case 0x200B...0x200D, 0x2060: return ("an invisible character", "")
        case 0xFEFF: return ("a byte-order mark", "")
        case 0xAD: return ("a soft hyphen", "-")
        case 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63: return ("a dash that is no '-'", "-")
        case 0x2018...0x201B, 0x2032: return ("a typographic quote", "'")
        case 0x201C...0x201F, 0x2033: return ("a typographic quote", "\"")
        case 0x2024: return ("a dot that is no '.'", ".")
        case 0x2044, 0x2215: return ("a slash that is no '/'", "/")
        case 0x2236, 0xA789, 0xFE55: return ("a colon that is no ':'", ":")
        case 0x37E: return ("a semicolon that is no ';'", ";")
        case 0xFF01...0xFF5E:
            return ("a full-width character", String(Unicode.Scalar(UInt8(scalar.value - 0xFF01 + 0x21))))
        default: break
        }
        if let digit = scalar.properties.numericType == .decimal ? scalar.properties.numericValue : nil {
            return ("a digit of another script", String(Int(digit)))
        }
        return letters[scalar].map { ("a letter of another script that looks like '\($0)'", String($0)) }
    }

    /// Cyrillic and Greek letters that no reader tells from Latin ones.
    private static let letters: [Unicode.Scalar: Character] = [
        "а": "a", "с": "c", "е": "e", "о": "o", "р": "p", "х": "x", "у": "y", "і": "i", "ѕ": "s", "ј": "j", "А": "A",
        "В": "B", "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T", "Х": "X", "Ι": "I",
        "ο": "o", "Ο": "O", "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Κ": "K", "Μ": "M", "Ν": "N", "Ρ": "P",
        "Τ": "T", "Χ": "X",
    ]

    /// The first look-alike of `text`, with its name, and `text` as it was most likely meant.
    package static func first(in text: String) -> (
        index: String.Index, scalar: Unicode.Scalar, name: String, meant: String
    )? {
        guard let index = text.unicodeScalars.firstIndex(where: { of($0) != nil }) else { return nil }
        let scalar = text.unicodeScalars[index]
        return (index, scalar, of(scalar)!.name, meant(text))
    }

    static func meant(_ text: String) -> String {
        JavaText.trimmed(text.unicodeScalars.map { of($0)?.meant ?? String($0) }.joined())
    }

    /// `U+00A0`
    package static func code(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
