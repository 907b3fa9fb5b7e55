/// How Java reads the small pieces of text in a configuration, where it differs from Swift.
package enum JavaText {
    /// `String.trim()`: every character up to U+0020 goes, at both ends.
    package static func trimmed(_ text: some StringProtocol) -> String {
        var scalars = Substring(text).unicodeScalars
        while let first = scalars.first, first.value <= 0x20 { scalars.removeFirst() }
        while let last = scalars.last, last.value <= 0x20 { scalars.removeLast() }
        return String(scalars)
    }

    /// The words between commas, without blanks around them.
    package static func list(_ text: some StringProtocol) -> [String] {
        text.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
    }

    /// `Integer.parseInt`: ASCII digits, an optional sign, 32 bits.
    package static func int32(_ text: some StringProtocol) -> Int? { Int32(text).map(Int.init) }

    /// A number that Java reads, but that few would write so: `010` (octal to others) or `+10`.
    package static func isSpeltOddly(_ text: some StringProtocol) -> Bool {
        text.first == "+" || (text.count > 1 && text.drop { $0 == "-" }.first == "0" && text != "-0")
    }

    /// `Long.parseLong`.
    package static func int64(_ text: some StringProtocol) -> Int64? { Int64(text) }
}
