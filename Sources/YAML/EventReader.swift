import CLibYAML
import Diagnostics

/// One event of libyaml's parser, copied into Swift values.
struct Event {
    enum Kind {
        case streamStart
        case streamEnd
        case documentStart
        case documentEnd
        case alias(String)
        case scalar(YAMLScalar)
        case sequenceStart(isFlow: Bool)
        case mappingStart(isFlow: Bool)
        /// Of a sequence or a mapping.
        case end
    }

    var kind: Kind
    var start: SourceLocation
    var end: SourceLocation
    var anchor: String?
    var tag: String?
}

/// A syntax error as libyaml tells it.
struct ParserProblem: Error {
    var problem: String
    var place: SourceLocation
    /// What was being read, and where that began.
    var context: String
    var contextPlace: SourceLocation
}

/// libyaml's parser over bytes that are known to be UTF-8.
///
/// A class, because `yaml_parser_t` must not move and the bytes must outlive it.
final class EventReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) {
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(fromContentsOf: bytes)
        invariant(yaml_parser_initialize(parser) == 1, "libyaml has no memory for a parser")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    func next() throws(ParserProblem) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            let failed = parser.pointee
            throw ParserProblem(
                problem: Self.string(failed.problem) ?? "no memory", place: SourceLocation(failed.problem_mark),
                context: Self.string(failed.context) ?? "", contextPlace: SourceLocation(failed.context_mark))
        }
        defer { yaml_event_delete(&event) }
        return Self.copy(event)
    }

    private static func copy(_ event: yaml_event_t) -> Event {
        var copy = Event(
            kind: .end, start: SourceLocation(event.start_mark), end: SourceLocation(event.end_mark))
        switch event.type {
        case YAML_STREAM_START_EVENT: copy.kind = .streamStart
        case YAML_STREAM_END_EVENT: copy.kind = .streamEnd
        case YAML_DOCUMENT_START_EVENT: copy.kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: copy.kind = .documentEnd
        case YAML_ALIAS_EVENT: copy.kind = .alias(string(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            copy.kind = .scalar(YAMLScalar(text, style: YAMLScalar.Style(scalar.style)))
            (copy.anchor, copy.tag) = (string(scalar.anchor), string(scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            let sequence = event.data.sequence_start
            copy.kind = .sequenceStart(isFlow: sequence.style == YAML_FLOW_SEQUENCE_STYLE)
            (copy.anchor, copy.tag) = (string(sequence.anchor), string(sequence.tag))
        case YAML_MAPPING_START_EVENT:
            let mapping = event.data.mapping_start
            copy.kind = .mappingStart(isFlow: mapping.style == YAML_FLOW_MAPPING_STYLE)
            (copy.anchor, copy.tag) = (string(mapping.anchor), string(mapping.tag))
        default: copy.kind = .end
        }
        return copy
    }

    private static func string(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
    private static func string(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? {
        pointer.map { String(cString: $0) }
    }
}

extension SourceLocation {
    /// libyaml counts lines and characters from 0.
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}

extension YAMLScalar.Style {
    fileprivate init(_ style: yaml_scalar_style_t) {
        self =
            switch style {
            case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
            case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
            case YAML_LITERAL_SCALAR_STYLE: .literal
            case YAML_FOLDED_SCALAR_STYLE: .folded
            default: .plain
            }
    }
}
