/// A text with places to be filled, in the syntax of Mustache: `{{name}}`, `{{a.b}}`, `{{.}}`, sections `{{#name}}…{{/name}}`, inverted ones
/// `{{^name}}…{{/name}}`, comments `{{! … }}` and other delimiters `{{=<% %>=}}`. A section, a comment or a change of delimiters that
/// stands alone in its line takes the line with it.
///
/// Nothing is escaped, because no template here makes a web page: `{{{name}}}` and `{{&name}}` are `{{name}}`. There are no partials and no
/// lambdas. https://mustache.github.io/mustache.5.html
package struct MustacheTemplate: Sendable {
    enum Part: Sendable, Equatable {
        case text(String)
        case variable(Name)
        case section(Name, isInverted: Bool, [Part])
    }

    /// A name in its parts; none are `.`, the value itself.
    struct Name: Sendable, Equatable {
        var parts: [String]
    }

    /// Sections within each other: more is a mistake, and each takes stack.
    static let depthLimit = 64

    private let parts: [Part]

    package init(_ text: String) throws(MustacheError) {
        var parser = MustacheParser(text)
        parts = try parser.parse()
    }

    package func render(_ value: MustacheValue) -> String {
        var output = ""
        Self.render(parts, [value], into: &output)
        return output
    }

    private static func render(_ parts: [Part], _ stack: [MustacheValue], into output: inout String) {
        for part in parts {
            switch part {
            case .text(let text): output += text
            case .variable(let name): output += find(name, stack)?.text ?? ""
            case .section(let name, let isInverted, let inner):
                let shown: [[MustacheValue]] =
                    switch find(name, stack) {
                    case nil, .flag(false): []
                    case .flag(true): [stack]
                    case .list(let values, _): values.map { stack + [$0] }
                    case .some(let value): [stack + [value]]
                    }
                if !isInverted {
                    for stack in shown { render(inner, stack, into: &output) }
                } else if shown.isEmpty {
                    render(inner, stack, into: &output)
                }
            }
        }
    }

    /// The innermost value that knows the name's first part says what it is; the other parts are looked up in that alone.
    private static func find(_ name: Name, _ stack: [MustacheValue]) -> MustacheValue? {
        guard let first = name.parts.first else { return stack.last }
        for value in stack.reversed() {
            guard var found = value.member(first) else { continue }
            for part in name.parts.dropFirst() {
                guard let member = found.member(part) else { return nil }
                found = member
            }
            return found
        }
        return nil
    }
}
