import Diagnostics

/// The rule ids of this room; scripts and tests rely on them.
package enum YAMLRule: String, CaseIterable, Sendable {
    case syntax = "yaml-syntax"
    case encoding = "yaml-encoding"
    case tab = "yaml-tab"
    case duplicateKey = "yaml-duplicate-key"
    case key = "yaml-key"
    case mergeKey = "yaml-merge-key"
    case tag = "yaml-tag"
    case unknownAnchor = "yaml-unknown-anchor"
    case tooLarge = "yaml-too-large"
    case tooDeep = "yaml-too-deep"
    case secondDocument = "yaml-second-document"
    case empty = "yaml-empty"
}

/// Why a text is not a document of ours: at least one error.
package struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    package var diagnostics: [Diagnostic]

    package var description: String { diagnostics.map { $0.rendered() }.joined(separator: "\n") }

    init(_ diagnostics: [Diagnostic]) {
        invariant(!diagnostics.isEmpty, "a YAML error without a problem")
        self.diagnostics = diagnostics
    }

    init(_ rule: YAMLRule, file: String?, at location: SourceLocation?, _ message: String, mend: String) {
        self.init([Diagnostic(.error, rule: rule.rawValue, file: file, at: location, message, mend: mend)])
    }
}
