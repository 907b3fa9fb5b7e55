import Diagnostics

/// A node of a YAML document that remembers where it was written.
///
/// Scalars stay text: which of them is a number or a truth value is for the reader of the document to say
/// (YAML's own schema would turn `no` into false and `012` into 10).
package struct YAMLNode: Hashable, Sendable {
    package indirect enum Content: Hashable, Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping(YAMLMapping)
    }

    package var content: Content
    /// The first character. An alias (`*name`) stands at its own place, what it contains at the anchor's.
    package var location: SourceLocation
    /// Just behind the last character.
    package var end: SourceLocation
    /// Written in brackets on one line: `[a, b]`, `{a: b}`. Means nothing for a scalar.
    package var isFlow: Bool

    package init(
        _ content: Content, location: SourceLocation = .documentStart, end: SourceLocation = .documentStart,
        isFlow: Bool = false
    ) {
        self.content = content
        self.location = location
        self.end = end
        self.isFlow = isFlow
    }

    package var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    package var sequence: [YAMLNode]? {
        if case .sequence(let nodes) = content { nodes } else { nil }
    }

    package var mapping: YAMLMapping? {
        if case .mapping(let mapping) = content { mapping } else { nil }
    }

    /// Nothing was written, or `~`, or `null`: a quoted scalar is never null.
    package var isNull: Bool {
        guard let scalar, scalar.style == .plain else { return false }
        return YAMLScalar.nullWords.contains(scalar.text)
    }
}

extension YAMLNode {
    /// A scalar to be written: plain where that reads back as the same text, else quoted.
    package static func scalar(_ text: String) -> YAMLNode {
        YAMLNode(.scalar(YAMLScalar(text, style: YAMLScalar.nullWords.contains(text) ? .doubleQuoted : .plain)))
    }

    package static func scalar(_ number: some BinaryInteger) -> YAMLNode { scalar(String(number)) }

    package static func sequence(_ nodes: [YAMLNode], isFlow: Bool = false) -> YAMLNode {
        YAMLNode(.sequence(nodes), isFlow: isFlow)
    }

    package static func mapping(_ entries: KeyValuePairs<String, YAMLNode>, isFlow: Bool = false) -> YAMLNode {
        mapping(entries.map { ($0.key, $0.value) }, isFlow: isFlow)
    }

    package static func mapping(_ entries: [(String, YAMLNode)], isFlow: Bool = false) -> YAMLNode {
        let entries = entries.map { key, value in
            YAMLMapping.Entry(
                key: YAMLMapping.Key(text: key, location: .documentStart, end: .documentStart), value: value)
        }
        return YAMLNode(.mapping(YAMLMapping(entries: entries)), isFlow: isFlow)
    }
}

/// The text of a scalar and how it was written.
package struct YAMLScalar: Hashable, Sendable {
    package enum Style: Hashable, Sendable {
        case plain
        case singleQuoted
        case doubleQuoted
        /// A block behind `|`.
        case literal
        /// A block behind `>`.
        case folded
    }

    static let nullWords: Set<String> = ["", "~", "null", "Null", "NULL"]

    package var text: String
    package var style: Style

    package init(_ text: String, style: Style) {
        self.text = text
        self.style = style
    }
}

/// A mapping in the order of the file. Keys are unique.
package struct YAMLMapping: Hashable, Sendable {
    package struct Key: Hashable, Sendable {
        package var text: String
        package var location: SourceLocation
        package var end: SourceLocation
    }

    package struct Entry: Hashable, Sendable {
        package var key: Key
        package var value: YAMLNode
    }

    package var entries: [Entry] = []

    package subscript(key: String) -> YAMLNode? {
        entries.first { $0.key.text == key }?.value
    }
}

extension SourceLocation {
    /// Line 1, column 1: also the place of nodes that were made by a program.
    package static let documentStart = SourceLocation(line: 1, column: 1)
}
