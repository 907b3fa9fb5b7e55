import Membership

extension HostAddress {
    /// Why `host` can be neither an address nor a name, as the end of a sentence ("…, and 256 is above 255"), with what was
    /// most likely meant; nil when it can. Placeholders and look-alike characters are not looked at.
    package static func problem(with host: String) -> (reason: String, meant: String?)? {
        // Java takes a scope behind an address of a link.
        let plain = host.firstIndex(of: "%").map { String(host[..<$0]) } ?? host
        if isValid(host) || (plain != host && isIPv6(plain)) { return nil }
        if host.isEmpty { return ("it is empty", nil) }
        // glibc takes it for the loopback, Java for a name that it does not find.
        if host == "*" { return ("every interface is 0.0.0.0", "0.0.0.0") }
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
}
