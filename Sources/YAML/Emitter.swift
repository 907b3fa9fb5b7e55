import CLibYAML
import Diagnostics

extension YAML {
    /// The node as a document of its own that reads back as the same node. Same node, same text.
    package static func write(_ node: YAMLNode) -> String {
        let emitter = Emitter()
        emitter.document(node)
        return emitter.text
    }
}

/// libyaml's emitter into memory. It can only fail for want of memory or by a mistake of ours.
private final class Emitter {
    private let emitter: UnsafeMutablePointer<yaml_emitter_t>
    private var bytes: [UInt8] = []

    var text: String { String(decoding: bytes, as: UTF8.self) }

    init() {
        emitter = .allocate(capacity: 1)
        emitter.initialize(to: yaml_emitter_t())
        invariant(yaml_emitter_initialize(emitter) == 1, "libyaml has no memory for an emitter")
        yaml_emitter_set_unicode(emitter, 1)
        yaml_emitter_set_width(emitter, -1)
        yaml_emitter_set_output(
            emitter,
            { context, chunk, count in
                let emitter = Unmanaged<Emitter>.fromOpaque(context!).takeUnretainedValue()
                emitter.bytes.append(contentsOf: UnsafeBufferPointer(start: chunk, count: count))
                return 1
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        yaml_emitter_delete(emitter)
        emitter.deallocate()
    }

    func document(_ node: YAMLNode) {
        emit { yaml_stream_start_event_initialize($0, YAML_UTF8_ENCODING) }
        emit { yaml_document_start_event_initialize($0, nil, nil, nil, 1) }
        self.node(node)
        emit { yaml_document_end_event_initialize($0, 1) }
        emit { yaml_stream_end_event_initialize($0) }
    }

    private func node(_ node: YAMLNode) {
        switch node.content {
        // Nothing at all cannot be written everywhere: between brackets it would be quoted, and so be text.
        case .scalar(let scalar): self.scalar(node.isNull ? YAMLScalar("~", style: .plain) : scalar)
        case .sequence(let nodes):
            let style = node.isFlow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE
            emit { yaml_sequence_start_event_initialize($0, nil, nil, 1, style) }
            for node in nodes { self.node(node) }
            emit { yaml_sequence_end_event_initialize($0) }
        case .mapping(let mapping):
            let style = node.isFlow ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE
            emit { yaml_mapping_start_event_initialize($0, nil, nil, 1, style) }
            for entry in mapping.entries {
                scalar(YAMLScalar(entry.key.text, style: .plain))
                self.node(entry.value)
            }
            emit { yaml_mapping_end_event_initialize($0) }
        }
    }

    /// libyaml falls back to quotes where a plain scalar would not read back as its text.
    private func scalar(_ scalar: YAMLScalar) {
        var text = scalar.text
        let style: yaml_scalar_style_t =
            switch scalar.style {
            case .plain: YAML_PLAIN_SCALAR_STYLE
            case .singleQuoted: YAML_SINGLE_QUOTED_SCALAR_STYLE
            case .doubleQuoted: YAML_DOUBLE_QUOTED_SCALAR_STYLE
            case .literal: YAML_LITERAL_SCALAR_STYLE
            case .folded: YAML_FOLDED_SCALAR_STYLE
            }
        text.withUTF8 { utf8 in
            emit { yaml_scalar_event_initialize($0, nil, nil, utf8.baseAddress, Int32(utf8.count), 1, 1, style) }
        }
    }

    private func emit(_ initialize: (UnsafeMutablePointer<yaml_event_t>) -> Int32) {
        var event = yaml_event_t()
        invariant(initialize(&event) == 1, "libyaml refused an event")
        invariant(yaml_emitter_emit(emitter, &event) == 1, "libyaml cannot write the document")
    }
}
