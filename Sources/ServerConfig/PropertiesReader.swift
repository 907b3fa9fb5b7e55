import Diagnostics
import Membership

/// Java's `Properties.load`, with a place for each character. Source: `java.util.Properties.LineReader` and `load0`.
struct PropertiesReader {
    /// A character of a logical line: continuation marks are gone, escapes not yet decoded.
    private struct Character {
        var scalar: Unicode.Scalar
        var place: SourceLocation
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var line = 1
    private var column = 1
    private(set) var malformedEscapes: [SourceLocation] = []

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func readAll() -> [ZooCfg.Line] {
        var lines: [ZooCfg.Line] = []
        while position < scalars.count { lines.append(readLine()) }
        return lines
    }

    private mutating func readLine() -> ZooCfg.Line {
        let start = position
        skipBlanks()
        if position == scalars.count || isLineEnd {
            skipLineEnd()
            return ZooCfg.Line(raw: raw(from: start), content: .blank)
        }
        if scalars[position] == "#" || scalars[position] == "!" {
            while position < scalars.count, !isLineEnd { advance() }
            skipLineEnd()
            return ZooCfg.Line(raw: raw(from: start), content: .comment)
        }
        let firstLine = line
        var characters: [Character] = []
        while position < scalars.count {
            if isLineEnd { break }
            if scalars[position] == "\\", position + 1 < scalars.count {
                if scalars[position + 1] == "\n" || scalars[position + 1] == "\r" {
                    advance()
                    skipLineEnd()
                    skipBlanks()
                    continue
                }
                characters.append(Character(scalar: "\\", place: here))
                advance()
            }
            characters.append(Character(scalar: scalars[position], place: here))
            advance()
        }
        let end = here
        let isContinued = line != firstLine
        skipLineEnd()
        // Nothing but a continuation mark before an empty line: no entry.
        if characters.isEmpty { return ZooCfg.Line(raw: raw(from: start), content: .blank) }
        let entry = entry(of: characters, end: end, isContinued: isContinued)
        return ZooCfg.Line(raw: raw(from: start), content: .entry(entry))
    }

    /// Splits a logical line at its first unescaped `=`, `:` or blank; blanks around that one separator are dropped.
    private mutating func entry(of characters: [Character], end: SourceLocation, isContinued: Bool) -> ZooCfg.Entry {
        var keyEnd = 0
        while keyEnd < characters.count {
            let scalar = characters[keyEnd].scalar
            if scalar == "\\" {
                keyEnd += 2
                continue
            }
            if scalar == "=" || scalar == ":" || Self.isBlank(scalar) { break }
            keyEnd += 1
        }
        keyEnd = min(keyEnd, characters.count)
        var valueStart = keyEnd
        var sawSeparator = false
        while valueStart < characters.count {
            let scalar = characters[valueStart].scalar
            if !sawSeparator, scalar == "=" || scalar == ":" {
                sawSeparator = true
            } else if !Self.isBlank(scalar) {
                break
            }
            valueStart += 1
        }
        let key = decode(characters[..<keyEnd])
        let value = decode(characters[valueStart...])
        return ZooCfg.Entry(
            key: JavaText.trimmed(key.text), keyLocation: characters[0].place,
            placedValue: PlacedText(
                value.text, places: value.places,
                start: valueStart < characters.count ? characters[valueStart].place : end),
            isContinued: isContinued)
    }

    /// Resolves the backslash escapes.
    private mutating func decode(_ characters: ArraySlice<Character>) -> (text: String, places: [SourceLocation]) {
        guard characters.contains(where: { $0.scalar == "\\" }) else {
            return (Self.text(characters.lazy.map(\.scalar)), characters.map(\.place))
        }
        // Java strings are UTF-16: two \u escapes may form one character.
        var units: [UInt16] = []
        var places: [SourceLocation] = []
        func append(_ scalar: Unicode.Scalar, _ place: SourceLocation) {
            for unit in String(scalar).utf16 {
                units.append(unit)
                places.append(place)
            }
        }
        var index = characters.startIndex
        while index < characters.endIndex {
            let character = characters[index]
            index += 1
            guard character.scalar == "\\", index < characters.endIndex else {
                // A lone backslash can only be the last character of the file; Java drops it.
                if character.scalar != "\\" { append(character.scalar, character.place) }
                continue
            }
            let escaped = characters[index].scalar
            index += 1
            switch escaped {
            case "t": append("\t", character.place)
            case "n": append("\n", character.place)
            case "r": append("\r", character.place)
            case "f": append("\u{C}", character.place)
            case "u":
                let digits = characters[index..<min(index + 4, characters.endIndex)].map(\.scalar)
                if digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.properties.isASCIIHexDigit }),
                    let unit = UInt16(String(String.UnicodeScalarView(digits)), radix: 16)
                {
                    units.append(unit)
                    places.append(character.place)
                    index += 4
                } else {
                    malformedEscapes.append(character.place)
                }
            default: append(escaped, character.place)
            }
        }
        let text = String(decoding: units, as: UTF16.self)
        var scalarPlaces: [SourceLocation] = []
        var unit = 0
        for scalar in text.unicodeScalars {
            scalarPlaces.append(places[unit])
            unit += UTF16.width(scalar)
        }
        return (text, scalarPlaces)
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\u{C}"
    }

    private var here: SourceLocation { SourceLocation(line: line, column: column) }

    private var isLineEnd: Bool { scalars[position] == "\n" || scalars[position] == "\r" }

    private mutating func skipBlanks() {
        while position < scalars.count, Self.isBlank(scalars[position]) { advance() }
    }

    private mutating func advance() {
        position += 1
        column += 1
    }

    /// LF, CR or CR LF.
    private mutating func skipLineEnd() {
        guard position < scalars.count, isLineEnd else { return }
        if scalars[position] == "\r", position + 1 < scalars.count, scalars[position + 1] == "\n" { position += 1 }
        position += 1
        line += 1
        column = 1
    }

    private func raw(from start: Int) -> String { Self.text(scalars[start..<position]) }

    private static func text(_ scalars: some Collection<Unicode.Scalar>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(scalars.count)
        for scalar in scalars { bytes.append(contentsOf: UTF8.encode(scalar)!) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
