/// The subject of an X.509 certificate in the text form of RFC 2253, letter for letter as Java's
/// `X500Principal.getName()` prints it: what x509 ACLs hold.
package enum DistinguishedName {
    /// Nil when the bytes are no certificate.
    package static func ofSubject(certificate: [UInt8]) -> String? {
        guard let subject = CertificateFields(certificate)?.subject else { return nil }
        var parts: [String] = []
        for set in subject {
            var attributes: [String] = []
            for attribute in set {
                guard let text = text(type: attribute.type, value: attribute.value) else { return nil }
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
    static func string(_ value: DERReader.Element) -> String? {
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
