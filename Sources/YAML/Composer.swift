import Diagnostics

/// Events into one tree: resolves aliases and refuses what the project's files must not contain.
struct Composer {
    private let reader: EventReader
    private let file: String?
    private let limits: YAML.Limits
    private var problems: [Diagnostic] = []
    /// Finished anchors; `nil` while the anchored node is still being read.
    private var anchors: [String: Anchored?] = [:]
    private var expandedBytes = 0
    private var lastEvent = SourceLocation.documentStart

    private struct Anchored {
        var node: YAMLNode
        var expandedBytes: Int
        /// Levels of collections inside, itself included.
        var depth: Int
    }

    init(_ bytes: [UInt8], file: String?, limits: YAML.Limits) {
        reader = EventReader(bytes)
        self.file = file
        self.limits = limits
    }

    mutating func document() throws(YAMLError) -> YAMLNode {
        _ = try next()  // the start of the stream
        var root: YAMLNode?
        reading: while true {
            let event = try next()
            switch event.kind {
            case .streamEnd: break reading
            case .documentStart where root != nil:
                report(
                    .yamlSecondDocument, at: event.start, "a second document starts here",
                    mend: "keep one document a file: remove the '---' or split the file")
                break reading
            case .documentStart: root = try node(from: try next(), depth: 0).node
            default: continue
            }
        }
        if problems.isEmpty, root?.isNull ?? true {
            report(.yamlEmpty, at: .documentStart, "the file is empty", mend: "write at least one key")
        }
        guard problems.isEmpty, let root else { throw YAMLError(problems.sorted { $0.location! < $1.location! }) }
        return root
    }

    // MARK: Nodes

    /// The node that begins with `event`, and how many levels of collections it has.
    private mutating func node(from event: Event, depth: Int) throws(YAMLError) -> (node: YAMLNode, depth: Int) {
        if let tag = event.tag {
            report(
                .yamlTag, at: event.start, "tags are not supported: \(Self.written(tag))",
                mend: "remove it; quote a value to keep it text")
        }
        if case .alias(let name) = event.kind { return try alias(name, event, depth: depth) }

        let before = expandedBytes
        if let anchor = event.anchor { anchors.updateValue(nil, forKey: anchor) }
        var levels = 0
        let node: YAMLNode
        switch event.kind {
        case .scalar(let scalar):
            try spend(scalar.text, at: event.start)
            if scalar.style == .plain, event.end.line > event.start.line {
                report(
                    .yamlSyntax, at: event.start, "the value goes on in the next line",
                    mend: "align the lines below with what they belong to, or quote a text of several lines")
            }
            node = YAMLNode(.scalar(scalar), location: event.start, end: event.end)
        case .sequenceStart(let isFlow):
            try enter(depth + 1, at: event.start)
            (node, levels) = try sequence(event, isFlow: isFlow, depth: depth + 1)
        case .mappingStart(let isFlow):
            try enter(depth + 1, at: event.start)
            (node, levels) = try mapping(event, isFlow: isFlow, depth: depth + 1)
        case .alias, .end, .streamStart, .streamEnd, .documentStart, .documentEnd:
            invariant(false, "libyaml sent \(event.kind) where a node begins")
            node = YAMLNode(.sequence([]))
        }
        if let anchor = event.anchor {
            anchors[anchor] = Anchored(node: node, expandedBytes: expandedBytes - before, depth: levels)
        }
        return (node, levels)
    }

    private mutating func sequence(
        _ start: Event, isFlow: Bool, depth: Int
    ) throws(YAMLError) -> (YAMLNode, Int) {
        try spend("", at: start.start)
        var (nodes, levels) = ([YAMLNode](), 0)
        var end = start.end
        while true {
            let event = try next()
            if case .end = event.kind {
                if isFlow { end = event.end }
                return (YAMLNode(.sequence(nodes), location: start.start, end: end, isFlow: isFlow), levels + 1)
            }
            let item = try node(from: event, depth: depth)
            levels = max(levels, item.depth)
            end = item.node.end
            nodes.append(item.node)
        }
    }

    private mutating func mapping(
        _ start: Event, isFlow: Bool, depth: Int
    ) throws(YAMLError) -> (YAMLNode, Int) {
        try spend("", at: start.start)
        var (mapping, levels) = (YAMLMapping(), 0)
        var seen: [String: SourceLocation] = [:]
        var end = start.end
        while true {
            let event = try next()
            if case .end = event.kind {
                if isFlow { end = event.end }
                return (YAMLNode(.mapping(mapping), location: start.start, end: end, isFlow: isFlow), levels + 1)
            }
            let key = try key(from: event, depth: depth)
            let value = try node(from: try next(), depth: depth)
            levels = max(levels, value.depth)
            end = value.node.end
            guard let key else { continue }
            if let first = seen[key.text] {
                report(
                    .yamlDuplicateKey, at: key.location,
                    "the key '\(key.text)' was already given in line \(first.line), column \(first.column)",
                    mend: "keep one of the two")
            } else {
                seen[key.text] = key.location
                mapping.entries.append(YAMLMapping.Entry(key: key, value: value.node))
            }
        }
    }

    /// Nil, and a problem, for what may not be a key.
    private mutating func key(from event: Event, depth: Int) throws(YAMLError) -> YAMLMapping.Key? {
        let key = try node(from: event, depth: depth).node
        guard let scalar = key.scalar, event.isScalar else {
            report(
                .yamlKey, at: event.start, "a key must be a word, not a list, a mapping or an alias",
                mend: "write 'key: value'")
            return nil
        }
        if scalar.style == .plain, scalar.text == "<<" {
            report(
                .yamlMergeKey, at: event.start, "merge keys ('<<') are not supported",
                mend: "write the keys out where they are needed")
            return nil
        }
        if scalar.text.isEmpty {
            report(.yamlKey, at: event.start, "a key is missing before ':'", mend: "write 'key: value'")
            return nil
        }
        return YAMLMapping.Key(text: scalar.text, location: key.location, end: key.end)
    }

    private mutating func alias(
        _ name: String, _ event: Event, depth: Int
    ) throws(YAMLError) -> (node: YAMLNode, depth: Int) {
        let nothing = YAMLNode(.scalar(YAMLScalar("", style: .plain)), location: event.start, end: event.end)
        guard let known = anchors[name] else {
            report(
                .yamlUnknownAnchor, at: event.start,
                "the anchor '&\(name)' of the alias '*\(name)' is not defined before it",
                mend: "define it with &\(name), or quote the text if it is not meant as an alias")
            return (nothing, 0)
        }
        guard let anchored = known else {
            report(
                .yamlUnknownAnchor, at: event.start, "the alias '*\(name)' is inside its own anchor '&\(name)'",
                mend: "write the value out")
            return (nothing, 0)
        }
        try spend(anchored.expandedBytes, at: event.start)
        try enter(depth + anchored.depth, at: event.start)
        var node = anchored.node
        (node.location, node.end) = (event.start, event.end)
        return (node, anchored.depth)
    }

    // MARK: Limits and problems

    private mutating func spend(_ text: String, at place: SourceLocation) throws(YAMLError) {
        try spend(text.utf8.count + 16, at: place)
    }

    private mutating func spend(_ bytes: Int, at place: SourceLocation) throws(YAMLError) {
        expandedBytes += bytes
        guard expandedBytes > limits.expandedBytes else { return }
        throw fatal(
            .yamlTooLarge, at: place,
            "the document grows beyond \(limits.expandedBytes) bytes when its aliases are expanded",
            mend: "use fewer aliases")
    }

    private func enter(_ depth: Int, at place: SourceLocation) throws(YAMLError) {
        guard depth > limits.depth else { return }
        throw fatal(
            .yamlTooDeep, at: place, "more than \(limits.depth) levels of nesting",
            mend: "nest lists and mappings less deeply")
    }

    private mutating func next() throws(YAMLError) -> Event {
        do throws(ParserProblem) {
            let event = try reader.next()
            // The end of a block collection is only noticed at what follows it.
            if !event.isEndOfBlock { lastEvent = event.start }
            return event
        } catch {
            // One mistake is told once, by the line that shows it.
            problems.removeAll { $0.location == lastEvent }
            let (message, mend) = error.inWords(lastEvent: lastEvent)
            throw fatal(.yamlSyntax, at: error.placeToMend, message, mend: mend)
        }
    }

    /// A hundred problems say enough about a file; more of them could be a flood.
    private mutating func report(_ rule: Rule, at place: SourceLocation, _ message: String, mend: String) {
        guard problems.count < 100 else { return }
        problems.append(Diagnostic(.error, rule: rule, file: file, at: place, message, mend: mend))
    }

    /// The problem that ends the reading, among those found before it.
    private func fatal(_ rule: Rule, at place: SourceLocation, _ message: String, mend: String) -> YAMLError {
        let last = Diagnostic(.error, rule: rule, file: file, at: place, message, mend: mend)
        return YAMLError((problems + [last]).sorted { $0.location! < $1.location! })
    }

    private static func written(_ tag: String) -> String {
        let standard = "tag:yaml.org,2002:"
        return tag.hasPrefix(standard) ? "!!" + tag.dropFirst(standard.count) : tag
    }
}

extension Event {
    fileprivate var isEndOfBlock: Bool { if case .end = kind { start == end } else { false } }
    fileprivate var isScalar: Bool { if case .scalar = kind { true } else { false } }
}
