/// The subject of an X.509 certificate in the text form of RFC 2253, letter for letter as Java's
/// `X500Principal.getName()` prints it: what x509 ACLs hold.
package enum DistinguishedName {
    /// Nil when the bytes are no certificate.
    package static func ofSubject(certificate: [UInt8]) -> String? {
        var reader = DERReader(certificate[...])
        guard var outer = reader.enter(0x30), var body = outer.enter(0x30) else { return nil }
        // version [0], serialNumber, signature, issuer, validity, subject
        body.skip(ifTagged: 0xa0)
        for _ in 0..<4 {
            guard body.next() != nil else { return nil }
        }
        guard var name = body.enter(0x30) else { return nil }
        var parts: [String] = []
        while !name.isAtEnd {
            guard var set = name.enter(0x31) else { return nil }
            var attributes: [String] = []
            while !set.isAtEnd {
                guard var attribute = set.enter(0x30), let type = attribute.next(), type.tag == 0x06,
                    let value = attribute.next(), let text = text(type: type.content, value: value)
                else { return nil }
                attributes.append(text)
            }
            parts.append(attributes.joined(separator: "+"))
        }
        return parts.reversed().joined(separator: ",")
    }

    /// The names that RFC 2253 gives to attribute types, by their encoded object identifier.
    private static let names: [[UInt8]: String] = [
        [0x55, 4, 3]: "CN", [0x55, 4, 6]: "C", [0x55, 4, 7]: "L", [0x55, 4, 8]: "ST", [0x55, 4, 9]: "STREET",
        [0x55, 4, 10]: "O", [0x55, 4, 11]: "OU",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25]: "DC",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1]: "UID",
    ]

    private static func text(type: ArraySlice<UInt8>, value: DERReader.Element) -> String? {
        guard let name = names[Array(type)], let text = string(value) else {
            // Types without a name, and values that are no text, are shown as they are encoded.
            guard let identifier = objectIdentifier(type) else { return nil }
            let hex = value.encoded.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            return "\(names[Array(type)] ?? identifier)=#\(hex)"
        }
        return "\(name)=\(escaped(text))"
    }

    /// Java takes the bytes of every kind of text for UTF-8, even those of T61String and BMPString.
    private static func string(_ value: DERReader.Element) -> String? {
        switch value.tag {
        // UTF8String, PrintableString, T61String, IA5String, GeneralString, BMPString.
        case 0x0c, 0x13, 0x14, 0x16, 0x1b, 0x1e: String(decoding: value.content, as: UTF8.self)
        default: nil
        }
    }

    /// Java escapes `=` and `#` wherever they are, beyond what the RFC asks for, and takes a carriage return for a blank.
    private static func escaped(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\r" }
        let leading = scalars.prefix(while: isBlank).count
        let trailing = scalars.count - scalars.reversed().prefix(while: isBlank).count
        let special = ",=+<>#;\"\\".unicodeScalars
        var result = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            if scalar == "\0" {
                result.append(contentsOf: "\\00".unicodeScalars)
                continue
            }
            if special.contains(scalar) || index < leading || index >= trailing { result.append("\\") }
            result.append(scalar)
        }
        return String(result)
    }

    /// `1.2.840.113549.1.9.1`
    private static func objectIdentifier(_ bytes: ArraySlice<UInt8>) -> String? {
        var arcs: [UInt64] = []
        var value: UInt64 = 0
        for byte in bytes {
            guard value < 1 << 56 else { return nil }
            value = value << 7 | UInt64(byte & 0x7f)
            if byte & 0x80 == 0 {
                arcs.append(value)
                value = 0
            }
        }
        guard let first = arcs.first, bytes.last.map({ $0 & 0x80 == 0 }) == true else { return nil }
        let top = min(first / 40, 2)
        return ([top, first - top * 40] + arcs.dropFirst()).map(String.init).joined(separator: ".")
    }
}

/// Reads DER elements, one after the other; nil for what is none.
private struct DERReader {
    struct Element {
        var tag: UInt8
        var content: ArraySlice<UInt8>
        /// With tag and length.
        var encoded: ArraySlice<UInt8>
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func next() -> Element? {
        let start = rest.startIndex
        guard rest.count >= 2 else { return nil }
        let tag = rest[start]
        var index = start + 1
        var length = Int(rest[index])
        index += 1
        if length > 0x7f {
            let count = length & 0x7f
            guard (1...4).contains(count), rest.endIndex - index >= count else { return nil }
            length = rest[index..<index + count].reduce(0) { $0 << 8 | Int($1) }
            index += count
        }
        guard rest.endIndex - index >= length else { return nil }
        let end = index + length
        let element = Element(tag: tag, content: rest[index..<end], encoded: rest[start..<end])
        rest = rest[end...]
        return element
    }

    /// The content of the next element, which must have this tag.
    mutating func enter(_ tag: UInt8) -> DERReader? {
        guard let element = next(), element.tag == tag else { return nil }
        return DERReader(element.content)
    }

    mutating func skip(ifTagged tag: UInt8) {
        if rest.first == tag { _ = next() }
    }
}
