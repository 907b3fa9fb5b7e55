/// What is read from an X.509 certificate's DER: NIOSSL tells neither its subject nor, to us, its names.
struct CertificateFields {
    struct Attribute {
        /// The encoded object identifier.
        var type: ArraySlice<UInt8>
        var value: DERReader.Element
    }

    /// The parts of the subject's name, in the order of the certificate; most have one attribute.
    let subject: [[Attribute]]
    /// Its issuer has its own name. Without key identifiers BoringSSL takes it for self-signed then and looks for no issuer;
    /// Java looks whether another certificate of that name has signed it.
    let isSelfIssued: Bool
    /// Behind the subject: public key, unique ids, extensions.
    private let rest: DERReader

    /// Nil when the bytes are no certificate.
    init?(_ certificate: [UInt8]) {
        var reader = DERReader(certificate[...])
        guard var outer = reader.enter(0x30), var body = outer.enter(0x30) else { return nil }
        // version [0], serialNumber, signature, issuer, validity, subject
        body.skip(ifTagged: 0xa0)
        guard body.next() != nil, body.next() != nil, let issuer = body.next(), body.next() != nil,
            let whole = body.next(), whole.tag == 0x30
        else { return nil }
        isSelfIssued = issuer.encoded == whole.encoded
        var name = DERReader(whole.content)
        var parts: [[Attribute]] = []
        while !name.isAtEnd {
            guard var set = name.enter(0x31) else { return nil }
            var attributes: [Attribute] = []
            while !set.isAtEnd {
                guard var attribute = set.enter(0x30), let type = attribute.next(), type.tag == 0x06,
                    let value = attribute.next()
                else { return nil }
                attributes.append(Attribute(type: type.content, value: value))
            }
            parts.append(attributes)
        }
        subject = parts
        rest = body
    }

    /// The value of the extension with this encoded object identifier.
    func `extension`(_ identifier: [UInt8]) -> ArraySlice<UInt8>? {
        var reader = rest
        while let element = reader.next() {
            guard element.tag == 0xa3 else { continue }
            var extensions = DERReader(element.content)
            guard var list = extensions.enter(0x30) else { return nil }
            while var entry = list.enter(0x30) {
                guard let type = entry.next(), type.tag == 0x06 else { return nil }
                guard Array(type.content) == identifier else { continue }
                // Whether it is critical.
                entry.skip(ifTagged: 0x01)
                guard let value = entry.next(), value.tag == 0x04 else { return nil }
                return value.content
            }
        }
        return nil
    }
}
