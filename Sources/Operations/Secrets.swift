/// Takes secrets out of configurations before they are sent to somebody.
enum Secrets {
    /// The value of each `key=value` or `key: value` whose key speaks of a password, secret, token or digest is replaced, also
    /// inside `{key: value, …}`.
    static func redacted(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { redacted(line: $0) }.joined(separator: "\n")
    }

    private static let words = ["password", "passwd", "secret", "token", "digest", "credential", "superuser"]

    private static func redacted(line: Substring) -> String {
        var text = ""
        var rest = line
        while let separator = rest.firstIndex(where: { $0 == "=" || $0 == ":" }) {
            let key = rest[..<separator].split { "{, \t".contains($0) }.last ?? ""
            text += rest[...separator]
            rest = rest[rest.index(after: separator)...]
            guard words.contains(where: { key.lowercased().contains($0) }) else { continue }
            if rest.first == " " { text += " " }
            text += "(removed)"
            // In braces the value ends with it; elsewhere it may hold any character.
            rest = line[..<separator].contains("{") ? rest.drop { $0 != "," && $0 != "}" } : ""
        }
        return text + rest
    }
}
