import Glibc

/// What the text of a host says about where it is. Names are not resolved.
package enum HostAddress {
    /// A key that is equal for two texts when they certainly name one machine: addresses are compared by value, names
    /// without case, and every loopback address is this machine.
    package static func machine(_ host: String) -> String {
        isLoopback(host) ? "loopback" : canonical(host)
    }

    /// A key that is equal for two texts when a listener would be bound to one and the same address.
    package static func bound(_ host: String) -> String {
        host.lowercased() == "localhost" ? "127.0.0.1" : canonical(host)
    }

    package static func isLoopback(_ host: String) -> Bool {
        let host = canonical(host)
        return host == "::1" || host == "localhost" || (isIPv4(host) && host.hasPrefix("127."))
            || host.hasPrefix("::ffff:127.")
    }

    /// An address that means every interface when a server listens, and nothing when somebody connects.
    package static func isWildcard(_ host: String) -> Bool {
        host == "*" || ["0.0.0.0", "::", "::ffff:0.0.0.0"].contains(canonical(host))
    }

    package static func isIPv4(_ host: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1
    }

    package static func isIPv6(_ host: String) -> Bool { canonicalIPv6(host) != nil }

    /// An address, or a name that DNS allows (underscores too, which containers use).
    package static func isValid(_ host: String) -> Bool {
        if isIPv4(host) || isIPv6(host) { return true }
        guard host.utf8.count <= 253 else { return false }
        // One dot at the end says that the name is whole.
        let labels = (host.hasSuffix(".") ? host.dropLast() : host[...]).split(
            separator: ".", omittingEmptySubsequences: false)
        // Digits and dots only would be taken for a broken IPv4 address by everyone.
        guard let last = labels.last, !last.allSatisfy(\.isASCIIDigit) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == "-" || $0 == "_" }
        }
    }

    /// Without the brackets that an IPv6 address has before a port.
    package static func unbracketed(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    /// Why `host` can be neither an address nor a name, as the end of a sentence ("…, and 256 is above 255"), with what was
    /// most likely meant; nil when it can. Placeholders and look-alike characters are not looked at.
    package static func problem(with host: String) -> (reason: String, meant: String?)? {
        // Java takes a scope behind an address of a link.
        let plain = host.firstIndex(of: "%").map { String(host[..<$0]) } ?? host
        if isValid(host) || (plain != host && isIPv6(plain)) { return nil }
        if host.isEmpty { return ("it is empty", nil) }
        if let blank = host.firstIndex(where: \.isWhitespace) {
            let meant = JavaText.trimmed(host)
            let isInside = meant.contains(where: \.isWhitespace)
            return (
                isInside
                    ? "it has a blank inside"
                    : blank == host.startIndex ? "it begins with a blank" : "it ends with a blank",
                !isInside && isValid(meant) ? meant : nil
            )
        }
        if host.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            return ("it has a control character", nil)
        }
        if host.contains("://") { return ("it is a URL", nil) }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        if parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }) { return (brokenIPv4(parts), nil) }
        if host.hasPrefix("["), isIPv6(unbracketed(host)) { return ("it has brackets", unbracketed(host)) }
        if let colon = host.firstIndex(of: ":"), Int(host[host.index(after: colon)...]) != nil,
            isValid(String(host[..<colon]))
        {
            return ("it has a port behind it", String(host[..<colon]))
        }
        if host.contains(":") { return ("an IPv6 address has eight groups of up to four hexadecimal digits", nil) }
        if host.utf8.count > 253 || parts.contains(where: { $0.utf8.count > 63 }) { return ("it is too long", nil) }
        if parts.contains(where: \.isEmpty) { return ("a part between its dots is empty", nil) }
        if parts.contains(where: { $0.first == "-" || $0.last == "-" }) {
            return ("a part of it begins or ends with '-'", nil)
        }
        guard
            let odd = host.first(where: {
                !$0.isASCIILetter && !$0.isASCIIDigit && !["-", "_", "."].contains($0)
            })
        else { return ("its last part has digits only", nil) }
        return ("'\(odd)' is no character of a host name", nil)
    }

    private static func brokenIPv4(_ parts: [Substring]) -> String {
        if let large = parts.first(where: { ($0.count > 3 || Int($0)! > 255) }) {
            return parts.count == 4 ? "\(large.prefix(20)) is above 255" : "an IPv4 address has four numbers"
        }
        if parts.count == 4, let octal = parts.first(where: { $0.count > 1 && $0.first == "0" }) {
            return "\(octal) is octal to some readers and decimal to others"
        }
        return "an IPv4 address has four numbers"
    }

    private static func canonical(_ host: String) -> String { canonicalIPv6(host) ?? host.lowercased() }

    private static func canonicalIPv6(_ host: String) -> String? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, host, &address) == 1 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Character {
    package var isASCIIDigit: Bool { ("0"..."9").contains(self) && isASCII }
    package var isASCIILetter: Bool { isASCII && isLetter }
}
