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
    /// The stable name of the check, e.g. `port-conflict`; scripts and tests rely on it.
    package var rule: String
    /// The file as the user named it; nil when the text did not come from a file.
    package var file: String?
    /// Nil when the problem belongs to the file as a whole (a missing myid, say).
    package var location: SourceLocation?
    package var message: String
    /// What to do about it, as an order: "give server 3 another election port".
    package var mend: String?

    package init(
        _ severity: Severity, rule: String, file: String? = nil, at location: SourceLocation? = nil, _ message: String,
        mend: String? = nil
    ) {
        self.severity = severity
        self.rule = rule
        self.file = file
        self.location = location
        self.message = message
        self.mend = mend
    }

    /// `file:line:column: error: message [rule]`, then the offending line with a caret when `source` is
    /// given, then the mend. The column counts characters, so a tab in the line is repeated before the caret.
    package func rendered(source: String? = nil) -> String {
        var place = file ?? "<input>"
        if let location { place += ":\(location.line):\(location.column)" }
        var text = "\(place): \(severity.rawValue): \(message) [\(rule)]"
        if let source, let location, let line = Self.line(location.line, of: source) {
            let indent = line.prefix(location.column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
            text += "\n    \(line)\n    \(indent)^"
        }
        if let mend { text += "\n  mend: \(mend)" }
        return text
    }

    private static func line(_ number: Int, of source: String) -> String? {
        // CR LF is one Character in Swift, so it must be named beside LF.
        let lines = source.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        guard number >= 1, number <= lines.count else { return nil }
        return String(lines[number - 1])
    }
}

extension [Diagnostic] {
    package var hasErrors: Bool { contains { $0.severity == .error } }
    package var hasWarnings: Bool { contains { $0.severity == .warning } }
}
