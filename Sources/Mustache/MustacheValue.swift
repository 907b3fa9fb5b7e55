/// What a template is filled with.
package indirect enum MustacheValue: Sendable {
    case text(String)
    case flag(Bool)
    /// A section is repeated for each; `text` is what a variable shows.
    case list([MustacheValue], text: String)
    /// A value for each name that is known. A function, because what there is may be more than anybody asks for.
    case members(@Sendable (String) -> MustacheValue?, text: String)

    package static func members(_ values: [String: MustacheValue], text: String = "") -> MustacheValue {
        .members({ values[$0] }, text: text)
    }

    /// What `{{name}}` shows.
    var text: String {
        switch self {
        case .text(let text): text
        case .flag(let flag): flag ? "true" : "false"
        case .list(_, let text), .members(_, let text): text
        }
    }

    func member(_ name: String) -> MustacheValue? {
        guard case .members(let member, _) = self else { return nil }
        return member(name)
    }
}

extension MustacheValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
    package init(arrayLiteral elements: MustacheValue...) { self = .list(elements, text: "") }
    package init(dictionaryLiteral elements: (String, MustacheValue)...) {
        self = .members(Dictionary(elements) { $1 })
    }
}
