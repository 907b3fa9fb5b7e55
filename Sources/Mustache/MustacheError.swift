/// Why a text is no template.
package struct MustacheError: Error, Equatable, CustomStringConvertible {
    /// Counted from 1.
    package var line: Int
    package var problem: String

    package var description: String { "line \(line): \(problem)" }
}
