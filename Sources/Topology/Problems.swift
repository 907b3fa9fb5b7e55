import Diagnostics

/// What is wrong with one topology, gathered until everything was looked at.
struct Problems {
    let file: String?
    private var diagnostics: [Diagnostic] = []
    private var known: Set<Diagnostic> = []

    init(file: String?) { self.file = file }

    mutating func error(_ rule: Rule, at place: SourceLocation, _ message: String, mend: String) {
        report(.error, rule, at: place, message, mend: mend)
    }

    mutating func warn(_ rule: Rule, at place: SourceLocation, _ message: String, mend: String) {
        report(.warning, rule, at: place, message, mend: mend)
    }

    mutating func report(
        _ severity: Diagnostic.Severity, _ rule: Rule, at place: SourceLocation, _ message: String, mend: String
    ) {
        add(Diagnostic(severity, rule: rule, file: file, at: place, message, mend: mend))
    }

    /// A value that an alias repeats is reported once.
    mutating func add(_ diagnostic: Diagnostic) {
        if known.insert(diagnostic).inserted { diagnostics.append(diagnostic) }
    }

    func contains(_ rule: Rule) -> Bool { diagnostics.contains { $0.rule == rule } }

    /// In the order of the file; at one place in the order of the checks.
    var inOrder: [Diagnostic] {
        diagnostics.enumerated().sorted { left, right in
            let start = SourceLocation(line: 0, column: 0)
            return (left.element.location ?? start, left.offset) < (right.element.location ?? start, right.offset)
        }.map(\.element)
    }
}
