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
        ["0.0.0.0", "::", "::ffff:0.0.0.0"].contains(canonical(host))
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
