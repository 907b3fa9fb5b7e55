import Diagnostics
import Membership

/// A zoo.cfg as text: every line is kept as it was written, so an unmodified document prints its very bytes, and a
/// change touches its own line only.
///
/// The syntax is Java's `Properties.load`: `key=value`, `key:value` or `key value`; `#` and `!` comments; backslash
/// escapes; a backslash at the end of a line continues it; the last of several equal keys wins.
package struct ZooCfg: Hashable, Sendable {
    /// One logical line: what was written, line end included, and what it means.
    package struct Line: Hashable, Sendable {
        package enum Content: Hashable, Sendable {
            case blank
            case comment
            case entry(Entry)
        }

        /// The exact text, with continuation lines and the line end (which only the last line may lack).
        package var raw: String
        package var content: Content
    }

    package struct Entry: Hashable, Sendable {
        /// The key as ZooKeeper sees it: decoded, trimmed.
        package var key: String
        package var keyLocation: SourceLocation
        /// The decoded value, not trimmed at its end: ZooKeeper trims most values, but not server, group and weight.
        package var placedValue: PlacedText
        /// The value is written over more than one line.
        package var isContinued: Bool

        /// The value as ZooKeeper uses it for most keys: trimmed.
        package var value: String { JavaText.trimmed(placedValue.text) }
        package var location: SourceLocation { placedValue.location }
    }

    package private(set) var lines: [Line]
    /// The bytes were not UTF-8 and were read as ISO-8859-1, which is how ZooKeeper reads all files.
    package private(set) var isLatin1 = false
    /// Malformed `\uXXXX` escapes: ZooKeeper refuses the whole file.
    package private(set) var malformedEscapes: [SourceLocation] = []

    /// An empty document.
    package init() { lines = [] }

    package init(text: String) {
        var reader = PropertiesReader(text)
        lines = reader.readAll()
        malformedEscapes = reader.malformedEscapes
    }

    package init(bytes: [UInt8]) {
        self.init(text: Self.decoded(bytes))
        isLatin1 = String(validating: bytes, as: UTF8.self) == nil
    }

    /// The text of bytes that are UTF-8, or else ISO-8859-1, in which any byte is a character.
    package static func decoded(_ bytes: [UInt8]) -> String {
        String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
    }

    /// The whole document.
    package var text: String { lines.map(\.raw).joined() }

    package var bytes: [UInt8] {
        isLatin1 ? text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } : Array(text.utf8)
    }

    /// Every entry in the order of the file, duplicates included.
    package var entries: [Entry] {
        lines.compactMap { line in
            if case .entry(let entry) = line.content { entry } else { nil }
        }
    }

    /// What ZooKeeper works with: the last entry of each key, in the order of the file.
    package var effectiveEntries: [Entry] {
        var last: [String: Int] = [:]
        let all = entries
        for (index, entry) in all.enumerated() { last[entry.key] = index }
        return all.enumerated().filter { last[$0.element.key] == $0.offset }.map(\.element)
    }

    /// The entry that counts for `key`: the last one.
    package func entry(_ key: String) -> Entry? { entries.last { $0.key == key } }

    /// The trimmed value of `key`; setting it rewrites that line or appends one, nil removes every line of the key.
    package subscript(key: String) -> String? {
        get { entry(key)?.value }
        set {
            if let newValue { set(key, to: newValue) } else { remove(key) }
        }
    }

    private mutating func set(_ key: String, to value: String) {
        let ending = lineEnd
        let position = lines.lastIndex { $0.key == key }
        if let position {
            lines[position].raw = Self.printed(key, value) + ending
        } else {
            if let last = lines.last, !last.raw.hasLineEnd { lines[lines.count - 1].raw += ending }
            lines.append(Line(raw: Self.printed(key, value) + ending, content: .blank))
        }
        self = reread()
    }

    private mutating func remove(_ key: String) {
        lines.removeAll { $0.key == key }
        self = reread()
    }

    /// Every entry of `key` under another key; each keeps its value.
    package func renaming(_ key: String, to other: String) -> ZooCfg {
        var copy = self
        for index in copy.lines.indices where copy.lines[index].key == key {
            guard case .entry(let entry) = copy.lines[index].content else { continue }
            copy.lines[index].raw = Self.printed(other, entry.placedValue.text) + lineEnd
        }
        return copy.reread()
    }

    /// These lines in the place of the one that begins at or goes over the line with that number.
    package func replacingLine(_ number: Int, with replacement: [String]) -> ZooCfg {
        var copy = self
        var first = 1
        for (index, line) in lines.enumerated() {
            let next = first + max(1, line.raw.lineEndCount)
            if (first..<next).contains(number) {
                let new = replacement.map { Line(raw: $0 + lineEnd, content: .blank) }
                copy.lines.replaceSubrange(index...index, with: new)
                return copy.reread()
            }
            first = next
        }
        return self
    }

    /// Reads the lines again, so that every place is right after a change.
    private func reread() -> ZooCfg {
        var copy = ZooCfg(text: text)
        copy.isLatin1 = isLatin1
        return copy
    }

    /// The line end the document uses; LF for a new one.
    private var lineEnd: String { lines.contains { $0.raw.hasSuffix("\r\n") } ? "\r\n" : "\n" }

    /// `key=value` with the escapes that `Properties.load` needs to read the same key and value back.
    package static func printed(_ key: String, _ value: String) -> String {
        "\(escaped(key, isKey: true))=\(escaped(value, isKey: false))"
    }

    private static func escaped(_ text: String, isKey: Bool) -> String {
        var result = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            switch scalar {
            case "\\": result += "\\\\"
            case "\t": result += "\\t"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\u{C}": result += "\\f"
            case " " where isKey || index == 0: result += "\\ "
            case "=" where isKey, ":" where isKey: result += "\\\(scalar)"
            case "#" where isKey && index == 0, "!" where isKey && index == 0: result += "\\\(scalar)"
            case "\u{20}"..."\u{7E}": result.unicodeScalars.append(scalar)
            default:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return result
    }
}

extension ZooCfg.Line {
    fileprivate var key: String? {
        if case .entry(let entry) = content { entry.key } else { nil }
    }
}

extension String {
    /// Of CR LF, LF and CR.
    fileprivate var lineEndCount: Int { count { $0 == "\n" || $0 == "\r" || $0 == "\r\n" } }

    fileprivate var hasLineEnd: Bool { hasSuffix("\n") || hasSuffix("\r") || hasSuffix("\r\n") }
}
