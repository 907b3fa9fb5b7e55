import Diagnostics

/// Why a text is not a document of ours: at least one error.
package struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    package var diagnostics: [Diagnostic]

    package var description: String { diagnostics.map { $0.rendered() }.joined(separator: "\n") }

    init(_ diagnostics: [Diagnostic]) {
        invariant(!diagnostics.isEmpty, "a YAML error without a problem")
        self.diagnostics = diagnostics
    }

    init(_ rule: Rule, file: String?, at location: SourceLocation?, _ message: String, mend: String) {
        self.init([Diagnostic(.error, rule: rule, file: file, at: location, message, mend: mend)])
    }
}
