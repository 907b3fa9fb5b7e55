/// A place in a text file: 1-based line and column, both counted in characters.
package struct SourceLocation: Hashable, Comparable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One problem found in a file the user wrote: what is wrong, where, and the mend.
///
/// Checks collect all of these before they stop, so that one run shows every problem.
package struct Diagnostic: Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable {
        case error
        case warning
    }

    package var severity: Severity
    package var rule: Rule
    /// The file as the user named it; nil when the text did not come from a file.
    package var file: String?
    /// Nil when the problem belongs to the file as a whole (a missing myid, say).
    package var location: SourceLocation?
    package var message: String
    /// What to do about it, as an order: "give server 3 another election port".
    package var mend: String?
    /// The mend as a change of the file, where it is concrete enough to be carried out without a thought.
    package var edit: Edit?

    package init(
        _ severity: Severity, rule: Rule, file: String? = nil, at location: SourceLocation? = nil, _ message: String,
        mend: String? = nil, edit: Edit? = nil
    ) {
        self.severity = severity
        self.rule = rule
        self.file = file
        self.location = location
        self.message = message
        self.mend = mend
        self.edit = edit
    }

    /// `file:line:column: error: message [rule]`, then the offending line with a caret when `source` (the text of `file`) is
    /// given, then the mend. The column counts characters, so a tab in the line is repeated before the caret. Control
    /// characters are shown as what they are and do nothing; of a very long line the part around the caret is shown.
    package func rendered(source: String? = nil) -> String {
        var place = (file ?? "<input>").withVisibleControls
        if let location { place += ":\(location.line):\(location.column)" }
        var text = "\(place): \(severity.rawValue): \(message.withVisibleControls) [\(rule.rawValue)]"
        if let source, let location, let excerpt = Self.excerpt(location, of: source) { text += excerpt }
        if let mend { text += "\n  mend: \(mend.withVisibleControls)" }
        return text
    }

    /// Characters of a line that are shown before and behind the caret.
    private static let window = 120

    /// The line and its caret, each on a line of its own.
    private static func excerpt(_ location: SourceLocation, of source: String) -> String? {
        guard location.line >= 1, location.column >= 1, let line = line(location.line, of: source) else { return nil }
        let column = min(location.column - 1, line.count)
        var shown = line[...]
        var (before, behind) = ("", "")
        if line.count > 2 * window {
            shown = line[max(0, column - window)..<min(line.count, column + window)]
            if shown.startIndex > 0 { before = "…" }
            if shown.endIndex < line.count { behind = "…" }
        }
        // What joins the character before it takes no column of its own.
        let indent = line[shown.startIndex..<column].map { scalar in
            scalar == "\t" ? "\t" : scalar.properties.isGraphemeExtend ? "" : " "
        }
        let text = String(String.UnicodeScalarView(shown)).withVisibleControls
        return "\n    \(before)\(text)\(behind)\n    \(before.isEmpty ? "" : " ")\(indent.joined())^"
    }

    /// Lines end with LF, CR LF or CR, as readers of properties and of YAML have it.
    private static func line(_ number: Int, of source: String) -> [Unicode.Scalar]? {
        var line: [Unicode.Scalar] = []
        var (current, afterReturn) = (1, false)
        for scalar in source.unicodeScalars {
            if scalar == "\n", afterReturn {
                afterReturn = false
                continue
            }
            afterReturn = scalar == "\r"
            if scalar == "\n" || scalar == "\r" {
                if current == number { return line }
                current += 1
            } else if current == number {
                line.append(scalar)
            }
        }
        return current == number ? line : nil
    }
}

extension String {
    /// With a picture in the place of each character that a terminal would obey, or that turns the direction of the text. A
    /// tab stays. As many characters as before.
    package var withVisibleControls: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        return String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    guard scalar.isControl else { return scalar }
                    // The control pictures: U+2400 is that of NUL.
                    if scalar.value < 0x20 { return Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}" }
                    return scalar.value == 0x7F ? "\u{2421}" : "\u{FFFD}"
                }))
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch value {
        case 0x09: false
        case 0..<0x20, 0x7F...0x9F: true
        // Separators of lines and paragraphs, marks and overrides of direction.
        case 0x2028, 0x2029, 0x200E, 0x200F, 0x061C, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

extension [Diagnostic] {
    package var hasErrors: Bool { contains { $0.severity == .error } }
    package var hasWarnings: Bool { contains { $0.severity == .warning } }
}
