/// Strict YAML over libyaml: what a person may have mistyped is an error with a place, never a guess.
package enum YAML {
    /// What a document may cost, so that hostile input cannot take memory or time beyond it.
    package struct Limits: Hashable, Sendable {
        /// Bytes of text.
        package var bytes = 1 << 20
        /// Collections inside collections.
        package var depth = 32
        /// Bytes of all scalars and keys plus 16 for each node, with every alias counted as what it stands for.
        package var expandedBytes = 16 << 20

        package init() {}
    }

    /// Reads one document. Throws every problem that was found, in the order of the file; a syntax error ends the search.
    package static func parse(
        bytes: some Collection<UInt8>, file: String? = nil, limits: Limits = Limits()
    ) throws(YAMLError) -> YAMLNode {
        guard bytes.count <= limits.bytes else {
            throw YAMLError(
                .yamlTooLarge, file: file, at: nil,
                "the file has \(bytes.count) bytes, more than the \(limits.bytes) allowed",
                mend: "check that it is the file you meant")
        }
        let bytes = Array(bytes)
        try SourceText.check(bytes, file: file)
        var composer = Composer(bytes, file: file, limits: limits)
        return try composer.document()
    }

    package static func parse(
        text: String, file: String? = nil, limits: Limits = Limits()
    ) throws(YAMLError) -> YAMLNode {
        try parse(bytes: text.utf8, file: file, limits: limits)
    }
}
