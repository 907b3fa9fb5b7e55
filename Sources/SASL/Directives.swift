import Digests

/// The `name=value` pairs that a token of DIGEST-MD5 consists of (RFC 2831, 7.1).
struct Directives {
    private var pairs: [(name: String, value: [UInt8])] = []

    /// A longer token is refused, as Java's provider does.
    static let longestChallenge = 2048
    static let longestResponse = 4096

    init(_ token: [UInt8]) throws(SASLError) {
        var rest = token[...]
        while true {
            rest = rest.drop { Self.isBlank($0) || $0 == UInt8(ascii: ",") }
            if rest.isEmpty { return }
            let name = rest.prefix { !Self.isBlank($0) && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ",") }
            rest = rest.dropFirst(name.count).drop(while: Self.isBlank)
            guard !name.isEmpty, rest.first == UInt8(ascii: "=") else {
                throw .malformed("a directive has no \"=\"")
            }
            rest = rest.dropFirst().drop(while: Self.isBlank)
            var value: [UInt8] = []
            if rest.first == UInt8(ascii: "\"") {
                value = try Self.readQuoted(&rest)
            } else {
                value += rest.prefix { !Self.isBlank($0) && $0 != UInt8(ascii: ",") }
                rest = rest.dropFirst(value.count)
            }
            rest = rest.drop(while: Self.isBlank)
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else {
                throw .malformed("something other than a comma stands behind a value")
            }
            pairs.append((String(decoding: name, as: UTF8.self).lowercased(), value))
        }
    }

    /// The bytes of a quoted string without its quotes; a backslash takes the next byte as it is.
    private static func readQuoted(_ rest: inout ArraySlice<UInt8>) throws(SASLError) -> [UInt8] {
        var value: [UInt8] = []
        rest = rest.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return value
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { throw .malformed("a quote is not closed") }
                value.append(escaped)
            default: value.append(byte)
            }
        }
        throw .malformed("a quote is not closed")
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    /// All values of a directive that may stand several times.
    func all(_ name: String) -> [[UInt8]] { pairs.filter { $0.name == name }.map(\.value) }

    /// The value of a directive that may stand once; nil when it does not.
    func optional(_ name: String) throws(SASLError) -> [UInt8]? {
        let values = all(name)
        guard values.count <= 1 else { throw .malformed("it has more than one \(name)") }
        return values.first
    }

    func required(_ name: String) throws(SASLError) -> [UInt8] {
        guard let value = try optional(name) else { throw .malformed("it has no \(name)") }
        return value
    }

    /// Whether its names are UTF-8; else they are ISO 8859-1.
    func isUTF8() throws(SASLError) -> Bool {
        guard let charset = try optional("charset") else { return false }
        guard charset.lowercased == "utf-8" else { throw .mismatched("the charset is not utf-8") }
        return true
    }
}

extension [UInt8] {
    /// A value as ASCII words compare.
    var lowercased: String { String(decoding: self, as: UTF8.self).lowercased() }
}

extension String {
    /// Between quotes.
    var quoted: String {
        "\"" + replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
