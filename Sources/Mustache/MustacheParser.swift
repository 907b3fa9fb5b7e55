/// Reads the text of a template once, from its begin to its end.
struct MustacheParser {
    private enum Kind: UInt8 {
        case section = 0x23  // #
        case inverted = 0x5e  // ^
        case end = 0x2f  // /
        case comment = 0x21  // !
        case delimiters = 0x3d  // =
        case unescaped = 0x26  // &
        case braces = 0x7b  // {
        case variable = 0

        /// Shows nothing by itself, so that a line with nothing else is no line of the text.
        var mayStandAlone: Bool {
            switch self {
            case .section, .inverted, .end, .comment, .delimiters: true
            case .unescaped, .braces, .variable: false
            }
        }
    }

    private struct Open {
        var name: MustacheTemplate.Name
        var isInverted: Bool
        var line: Int
        var before: [MustacheTemplate.Part]
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    /// Where the text begins that is not yet a part.
    private var textBegin = 0
    private var parts: [MustacheTemplate.Part] = []
    private var open: [Open] = []
    private var delimiters = (begin: Array("{{".utf8), end: Array("}}".utf8))

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func parse() throws(MustacheError) -> [MustacheTemplate.Part] {
        while position < bytes.count {
            if isAt(delimiters.begin, position) {
                try tag()
            } else {
                if bytes[position] == newline { line += 1 }
                position += 1
            }
        }
        if let unclosed = open.last {
            throw MustacheError(line: unclosed.line, problem: "the section \(words(unclosed.name)) has no end")
        }
        endText(at: position)
        return parts
    }

    private mutating func tag() throws(MustacheError) {
        let begin = position
        let beginLine = line
        var inside = begin + delimiters.begin.count
        let kind = inside < bytes.count ? Kind(rawValue: bytes[inside]) ?? .variable : .variable
        if inside < bytes.count, kind == .variable,
            let sign = [">", "<", "$", "%"].first(where: { isAt(Array($0.utf8), inside) })
        {
            throw failure("\(sign) is not known here: no partials, no blocks and no pragmas")
        }
        if kind != .variable { inside += 1 }
        let ending =
            switch kind {
            case .braces: Array("}".utf8) + delimiters.end
            case .delimiters: Array("=".utf8) + delimiters.end
            default: delimiters.end
            }
        guard let end = find(ending, from: inside) else {
            throw failure("\(String(decoding: delimiters.begin, as: UTF8.self)) has no end")
        }
        let content = bytes[inside..<end]
        let after = end + ending.count
        line += bytes[begin..<after].count { $0 == newline }

        var (textEnd, next) = (begin, after)
        if kind.mayStandAlone, let around = lineAround(begin, after) { (textEnd, next) = around }
        endText(at: textEnd)
        if next > after, bytes[next - 1] == newline { line += 1 }
        position = next
        textBegin = next

        switch kind {
        case .comment: break
        case .delimiters: try setDelimiters(content, beginLine)
        case .variable, .unescaped, .braces: parts.append(.variable(try name(content, beginLine)))
        case .section, .inverted:
            guard open.count < MustacheTemplate.depthLimit else {
                throw MustacheError(
                    line: beginLine, problem: "more than \(MustacheTemplate.depthLimit) sections within each other")
            }
            open.append(
                Open(name: try name(content, beginLine), isInverted: kind == .inverted, line: beginLine, before: parts))
            parts = []
        case .end:
            let name = try name(content, beginLine)
            guard let section = open.popLast() else {
                throw MustacheError(line: beginLine, problem: "no section \(words(name)) is open")
            }
            guard section.name == name else {
                throw MustacheError(
                    line: beginLine,
                    problem: "the section \(words(section.name)) of line \(section.line) ends as \(words(name))")
            }
            parts = section.before + [.section(name, isInverted: section.isInverted, parts)]
        }
    }

    /// Where the text before and after a tag ends and goes on, when there is nothing but blanks beside it in its line.
    private func lineAround(_ begin: Int, _ end: Int) -> (textEnd: Int, next: Int)? {
        var first = begin
        while first > textBegin, isBlank(bytes[first - 1]) { first -= 1 }
        guard first == 0 || bytes[first - 1] == newline else { return nil }
        var last = end
        while last < bytes.count, isBlank(bytes[last]) || bytes[last] == 0x0d { last += 1 }
        guard last == bytes.count || bytes[last] == newline else { return nil }
        return (first, min(last + 1, bytes.count))
    }

    private mutating func endText(at end: Int) {
        if end > textBegin { parts.append(.text(String(decoding: bytes[textBegin..<end], as: UTF8.self))) }
    }

    private mutating func setDelimiters(_ content: ArraySlice<UInt8>, _ line: Int) throws(MustacheError) {
        let both = content.split { isBlank($0) || $0 == newline }
        guard both.count == 2, !both.contains(where: { $0.contains(0x3d) }) else {
            throw MustacheError(line: line, problem: "two delimiters belong between the signs =, as in {{=<% %>=}}")
        }
        delimiters = (Array(both[0]), Array(both[1]))
    }

    private func name(_ content: ArraySlice<UInt8>, _ line: Int) throws(MustacheError) -> MustacheTemplate.Name {
        let words = content.split { isBlank($0) || $0 == newline }
        guard words.count == 1 else {
            throw MustacheError(
                line: line,
                problem: "'\(String(decoding: content, as: UTF8.self))' is no name: it has no blanks and is not empty")
        }
        if words[0].elementsEqual([dot]) { return MustacheTemplate.Name(parts: []) }
        let parts = words[0].split(separator: dot, omittingEmptySubsequences: false)
        guard !parts.contains(where: \.isEmpty), !words[0].contains(0x28) else {
            throw MustacheError(
                line: line,
                problem:
                    "'\(String(decoding: words[0], as: UTF8.self))' is no name: write a.b for the b of a; there are no functions"
            )
        }
        return MustacheTemplate.Name(parts: parts.map { String(decoding: $0, as: UTF8.self) })
    }

    private func words(_ name: MustacheTemplate.Name) -> String {
        name.parts.isEmpty ? "." : name.parts.joined(separator: ".")
    }

    private func failure(_ problem: String) -> MustacheError { MustacheError(line: line, problem: problem) }

    private func isAt(_ word: [UInt8], _ place: Int) -> Bool {
        bytes.count - place >= word.count && bytes[place..<place + word.count].elementsEqual(word)
    }

    private func find(_ word: [UInt8], from begin: Int) -> Int? {
        guard begin <= bytes.count - word.count else { return nil }
        return (begin...bytes.count - word.count).first { isAt(word, $0) }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private var newline: UInt8 { 0x0a }
    private var dot: UInt8 { 0x2e }
}
