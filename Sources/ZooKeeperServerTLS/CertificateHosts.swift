import Glibc

/// The hosts that a certificate is for, by the rules of Apache's `ZKHostnameVerifier`.
package struct CertificateHosts: Hashable, Sendable {
    /// `dNSName`s of subjectAltName.
    package var names: [String] = []
    /// `iPAddress`es of subjectAltName, 4 or 16 bytes each.
    package var addresses: [[UInt8]] = []
    /// Counts only for a certificate without any of the others.
    package var commonName: String?

    /// Nil when the bytes are no certificate.
    package init?(certificate: [UInt8]) {
        guard let fields = CertificateFields(certificate) else { return nil }
        commonName = fields.subject.joined().last { $0.type.elementsEqual([0x55, 4, 3]) }
            .flatMap { DistinguishedName.string($0.value) }
        guard let value = fields.extension([0x55, 0x1d, 0x11]) else { return }
        var reader = DERReader(value)
        guard var all = reader.enter(0x30) else { return }
        while let name = all.next() {
            switch name.tag {
            case 0x82: names.append(String(decoding: name.content, as: UTF8.self))
            case 0x87: addresses.append(Array(name.content))
            default: break
            }
        }
    }

    /// Whether it is for this name or address.
    package func covers(_ host: String) -> Bool {
        guard !names.isEmpty || !addresses.isEmpty else {
            return commonName.map { Self.matches(host, $0) } ?? false
        }
        if let address = Self.address(host) { return addresses.contains(address) }
        return names.contains { Self.matches(host, $0) }
    }

    /// A `*` stands for what is between two dots, or for a part of it.
    private static func matches(_ host: String, _ pattern: String) -> Bool {
        let (host, pattern) = (host.lowercased(), pattern.lowercased())
        guard let star = pattern.firstIndex(of: "*") else { return host == pattern }
        let (before, after) = (pattern[..<star], pattern[pattern.index(after: star)...])
        guard host.count >= before.count + after.count, host.hasPrefix(before), host.hasSuffix(after) else {
            return false
        }
        return !host.dropFirst(before.count).dropLast(after.count).contains(".")
    }

    /// The bytes of an address in text form; nil for a name.
    static func address(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes[..<4]) }
        if inet_pton(AF_INET6, text, &bytes) == 1 { return bytes }
        return nil
    }

    /// What it is for, as people say it: `a.example.org, 10.0.0.1`.
    package var text: String {
        let all =
            names
            + addresses.map { $0.count == 4 ? $0.map(String.init).joined(separator: ".") : Self.sixteen($0) }
        return all.isEmpty ? commonName ?? "nobody" : all.joined(separator: ", ")
    }

    private static func sixteen(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count - 1, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }.joined(separator: ":")
    }
}
