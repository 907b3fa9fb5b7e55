import Diagnostics
import ServerConfig
import YAML

/// Typed values out of YAML nodes. What does not fit is reported with its place and is nil.
struct FieldReader {
    var problems: Problems
    /// The keys that unknown ones were most likely meant to be: they are not missing besides.
    private var mistyped: Set<String> = []

    init(problems: Problems) { self.problems = problems }

    /// The entries of a mapping whose keys are known; the others are reported with the nearest known one.
    /// `what` names the mapping in messages; `elsewhere` may know where an unknown key belongs.
    mutating func fields(
        of node: YAMLNode, in what: String, known: [String], elsewhere: (String) -> String? = { _ in nil }
    ) -> [String: YAMLMapping.Entry]? {
        guard let mapping = node.mapping else {
            wrongType(node, what, "a mapping", example: "write its keys as '\(known[0]): …', one a line")
            return nil
        }
        var fields: [String: YAMLMapping.Entry] = [:]
        for entry in mapping.entries {
            if known.contains(entry.key.text) {
                fields[entry.key.text] = entry
            } else {
                unknownKey(entry.key, in: what, known: known, mend: elsewhere(entry.key.text))
            }
        }
        return fields
    }

    private mutating func unknownKey(_ key: YAMLMapping.Key, in what: String, known: [String], mend: String?) {
        let nearest = EditDistance.nearest(key.text, among: known)
        if let nearest { mistyped.insert(nearest) }
        problems.error(
            .unknownKey, at: key.location, "\(what) has no key '\(shown(key.text))'",
            mend: mend ?? nearest.map { "did you mean '\($0)'?" }
                ?? "use one of \(known.joined(separator: ", ")), or remove it")
    }

    mutating func text(_ node: YAMLNode, _ what: String, example: String) -> Placed<String>? {
        guard let scalar = node.scalar, !node.isNull else {
            wrongType(node, what, "text", example: example)
            return nil
        }
        guard !scalar.text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            problems.error(
                .wrongType, at: node.location, "\(what) contains a line break or another control character",
                mend: "write it on one line without escapes")
            return nil
        }
        return Placed(scalar.text, at: node.location)
    }

    mutating func integer(_ node: YAMLNode, _ what: String, example: String) -> Placed<Int>? {
        guard let scalar = node.scalar, let number = Int(scalar.text) else {
            wrongType(node, what, "a whole number", example: example)
            return nil
        }
        if "\(number)" != scalar.text {
            problems.error(
                .leadingZero, at: node.location,
                "\(what) is '\(shown(scalar.text))', which some readers of YAML take for \(number) and others for another number or text",
                mend: "write \(number)")
            return nil
        }
        return Placed(number, at: node.location)
    }

    /// One of a few words.
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ node: YAMLNode, _ what: String
    ) -> Word? where Word.RawValue == String {
        let words = Word.allCases.map(\.rawValue)
        if let text = node.scalar?.text, let word = Word(rawValue: text) { return word }
        let nearest = node.scalar.flatMap { EditDistance.nearest($0.text, among: words) }
        wrongType(
            node, what, words.joined(separator: " or "),
            example: nearest.map { "did you mean '\($0)'?" } ?? "write \(words.joined(separator: " or "))")
        return nil
    }

    /// The first `limit` of the entries of a list or a mapping; says so when there are more. Nobody writes that many, and
    /// checks compare each entry with others.
    mutating func limited<Entry>(_ entries: [Entry], to limit: Int, at place: SourceLocation, _ what: String) -> [Entry]
    {
        guard entries.count > limit else { return entries }
        problems.error(
            .tooMany, at: place, "\(what) has \(entries.count) entries, more than the \(limit) allowed",
            mend: "remove those that are not needed")
        return Array(entries.prefix(limit))
    }

    mutating func wrongType(_ node: YAMLNode, _ what: String, _ expected: String, example: String) {
        let found =
            switch node.content {
            case .scalar(let scalar): node.isNull ? "empty" : "'\(shown(scalar.text))'"
            case .sequence: "a list"
            case .mapping: "a mapping"
            }
        problems.error(.wrongType, at: node.location, "\(what) must be \(expected), not \(found)", mend: example)
    }

    mutating func missing(_ key: String, in what: String, at place: SourceLocation, example: String) {
        guard !mistyped.contains(key) else { return }
        problems.error(.missingKey, at: place, "\(what) has no '\(key)'", mend: example)
    }
}

/// Text out of the file for a message: on one line, and not for ever.
func shown(_ text: String) -> String {
    let line = String(text.map { $0.isNewline ? " " : $0 }).withVisibleControls
    return line.count > 40 ? line.prefix(39) + "…" : line
}
