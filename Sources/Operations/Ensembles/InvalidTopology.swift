import Diagnostics

/// A topology that cannot be applied; all that is wrong with it.
package struct InvalidTopology: Error, Sendable, CustomStringConvertible {
    package var problems: [Diagnostic]
    package var file: String
    package var text: String

    init(_ problems: [Diagnostic], file: String, text: String) {
        self.problems = problems
        self.file = file
        self.text = text
    }

    package var description: String { problems.map { $0.rendered(source: text) }.joined(separator: "\n") }
}
