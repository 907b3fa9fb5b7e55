import ServerConfig
import YAML

/// What must not leave the machine: learnt from the configurations of an ensemble, taken out of every text that goes into a bundle.
///
/// Files are redacted by what they mean, each in its format. What was a secret there is none anywhere else either: a log may
/// show the line of zoo.cfg that is wrong.
struct Secrets {
    enum Format {
        /// zoo.cfg, its dynamic files, log4j.properties.
        case properties
        case yaml
        /// Logs, answers, JSON of our own.
        case text
    }

    static let removed = "(removed)"

    /// Longest first, so that a part of one never hides the rest of it.
    private var values: [String] = []

    /// Takes in the secrets of a configuration.
    mutating func learn(_ text: String, _ format: Format) {
        switch format {
        case .properties: for entry in ZooCfg(text: text).entries { learn(key: entry.key, value: entry.value) }
        case .yaml: if let root = try? YAML.parse(text: text) { learn(root, under: "") }
        case .text: break
        }
        values = Set(values).sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }

    /// The text without secrets.
    func redacted(_ text: String, _ format: Format) -> String {
        switch format {
        case .properties: scrubbed(ZooCfg(text: text).lines.map(Self.redacted).joined())
        case .yaml: scrubbed(Self.redactedYAML(text))
        case .text: scrubbed(Self.redactedLines(text))
        }
    }

    // MARK: - What is secret

    private static let words = ["password", "passwd", "secret", "token", "digest", "credential", "superuser"]

    /// Whether a value of this key is nobody else's business.
    static func isSecret(_ key: String) -> Bool {
        let name = key.lowercased()
        guard words.contains(where: name.contains) else { return false }
        if name.hasSuffix("alg") || name.hasSuffix("path") { return false }
        switch KnownKeys.key(key)?.kind {
        case .boolean, .yesNo, .integer, .decimal, .port, .choice: return false
        case .path, .host, .list, .text, nil: return true
        }
    }

    private mutating func learn(key: String, value: String) {
        guard Self.isSecret(key) else { return }
        add(value)
        // `super:DIGEST`, and of a text of several lines each.
        for part in value.split(whereSeparator: { $0 == ":" || $0.isNewline }) where part.utf8.count >= 8 {
            add(String(part))
        }
    }

    /// Shorter ones would tear other words apart; they are taken out where they stand.
    private mutating func add(_ value: String) {
        guard value.utf8.count >= 4 else { return }
        values.append(value)
        // As it stands in JSON and in a properties file.
        let json = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        values.append(json)
        values.append(String(ZooCfg.printed("k", value).dropFirst(2)))
    }

    private mutating func learn(_ node: YAMLNode, under key: String) {
        switch node.content {
        case .scalar(let scalar):
            if let (name, value) = Self.flag(scalar.text) { learn(key: name, value: value) }
            learn(key: key, value: scalar.text)
        case .sequence(let nodes): for node in nodes { learn(node, under: key) }
        case .mapping(let mapping):
            for entry in mapping.entries {
                // Under a secret key everything is one.
                learn(entry.value, under: Self.isSecret(key) ? key : entry.key.text)
            }
        }
    }

    /// `-DNAME=VALUE`
    private static func flag(_ text: String) -> (name: String, value: String)? {
        guard text.hasPrefix("-D"), let equals = text.firstIndex(of: "=") else { return nil }
        return (
            String(text[text.index(text.startIndex, offsetBy: 2)..<equals]), String(text[text.index(after: equals)...])
        )
    }

    // MARK: - Taking it out

    private func scrubbed(_ text: String) -> String {
        values.reduce(text) { $1.isEmpty || !$0.contains($1) ? $0 : $0.replacing($1, with: Self.removed) }
    }

    private static func redacted(_ line: ZooCfg.Line) -> String {
        switch line.content {
        case .blank: line.raw
        case .comment: redactedLines(line.raw)
        case .entry(let entry): isSecret(entry.key) ? ZooCfg.printed(entry.key, removed) + "\n" : line.raw
        }
    }

    /// Comments are not kept: nobody can tell what they hold.
    private static func redactedYAML(_ text: String) -> String {
        guard let root = try? YAML.parse(text: text) else {
            return "# left out: it cannot be read as YAML, so that its secrets cannot be told\n"
        }
        return "# without its comments and its secrets\n" + YAML.write(redacted(root, under: ""))
    }

    private static func redacted(_ node: YAMLNode, under key: String) -> YAMLNode {
        switch node.content {
        case .scalar(let scalar):
            if let (name, _) = flag(scalar.text), isSecret(name) { return .scalar("-D\(name)=\(removed)") }
            return isSecret(key) ? .scalar(removed) : .scalar(scalar.text)
        case .sequence(let nodes): return .sequence(nodes.map { redacted($0, under: key) }, isFlow: node.isFlow)
        case .mapping(let mapping):
            let entries = mapping.entries.map { entry in
                (entry.key.text, redacted(entry.value, under: isSecret(key) ? key : entry.key.text))
            }
            return .mapping(entries, isFlow: node.isFlow)
        }
    }

    /// The value behind each `key=` or `key:` of a line whose key speaks of a secret: to the end of the line, or of the braces.
    private static func redactedLines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { redacted(line: $0) }.joined(separator: "\n")
    }

    private static func redacted(line: Substring) -> String {
        var text = ""
        var rest = line
        while let separator = rest.firstIndex(where: { $0 == "=" || $0 == ":" }) {
            let key = rest[..<separator].split { "{, \t\"".contains($0) }.last ?? ""
            text += rest[...separator]
            rest = rest[rest.index(after: separator)...]
            guard isSecret(String(key)) else { continue }
            if rest.first == " " { text += " " }
            text += removed
            rest = line[..<separator].contains("{") ? rest.drop { $0 != "," && $0 != "}" } : ""
        }
        return text + rest
    }
}
