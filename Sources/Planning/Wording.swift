/// Small pieces of English for messages.
package enum Wording {
    private static let small = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ]

    /// `three`; digits from 13 on.
    package static func number(_ value: Int) -> String { small.indices.contains(value) ? small[value] : "\(value)" }

    /// `one vote`, `two votes`.
    package static func count(_ value: Int, _ noun: String) -> String {
        "\(number(value)) \(noun)\(value == 1 ? "" : "s")"
    }

    /// `1`, `1 and 2`, `1, 2 and 3`.
    package static func list(_ items: [some CustomStringConvertible]) -> String {
        let words = items.map(\.description)
        guard words.count > 1 else { return words.first ?? "none" }
        return words.dropLast().joined(separator: ", ") + " and " + words[words.count - 1]
    }

    /// The word as one writes it in a shell, in quotes where it needs them.
    package static func shellWord(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/._-+:,@%=".utf8.contains(byte)
            }
        }
        return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", with: #"'\''"#))'"
    }

    /// `server 1`, `servers 1 and 2`.
    package static func servers(_ ids: [some CustomStringConvertible]) -> String {
        "server\(ids.count == 1 ? "" : "s") \(list(ids))"
    }
}
