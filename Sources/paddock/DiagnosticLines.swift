import Diagnostics

/// A diagnostic with its words coloured.
struct DiagnosticLines {
    private let problem: Diagnostic
    private let hasColour: Bool

    init(_ problem: Diagnostic, _ hasColour: Bool) {
        self.problem = problem
        self.hasColour = hasColour
    }

    func text(source: String?) -> String {
        let text = problem.rendered(source: source)
        let word = problem.severity.rawValue
        guard hasColour, let range = text.firstRange(of: " \(word): ") else { return text }
        let style: Terminal.Style = problem.severity == .error ? .red : .yellow
        return text[..<range.lowerBound] + " " + Terminal.painted("\(word):", [style, .bold]) + " "
            + text[range.upperBound...]
    }
}
