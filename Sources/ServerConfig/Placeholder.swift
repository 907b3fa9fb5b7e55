import Membership

/// What stands in an example or a template until somebody writes the real thing.
package enum Placeholder {
    /// What of `text` is a placeholder, so certainly that it can be nothing else; nil when nothing is.
    package static func certain(in text: String) -> String? {
        // Each has one of these, and almost no text has.
        guard text.utf8.contains(where: { "$<{%@".utf8.contains($0) }) else { return nil }
        let pairs = [("${", "}"), ("{{", "}}"), ("{%", "%}"), ("$(", ")"), ("<%", "%>"), ("<", ">")]
        for (begin, end) in pairs {
            guard let start = text.firstRange(of: begin) else { continue }
            guard let stop = text[start.upperBound...].firstRange(of: end) else { continue }
            return String(text[start.lowerBound..<stop.upperBound])
        }
        for mark: Character in ["%", "@"] {
            // %NAME%, @NAME@
            guard let start = text.firstIndex(of: mark) else { continue }
            let name = text[text.index(after: start)...].prefix(while: \.isNamePart)
            guard !name.isEmpty, name.endIndex < text.endIndex, text[name.endIndex] == mark else { continue }
            return String(text[start...name.endIndex])
        }
        guard let dollar = text.firstIndex(of: "$") else { return nil }
        let name = text[text.index(after: dollar)...].prefix(while: \.isNamePart)
        return name.first?.isNumber == false ? "$\(name)" : nil
    }

    /// Names that examples use where an address belongs: `IP1`, `HOST2`, `your-server`. They could be names of hosts, so this
    /// is worth a warning only.
    package static func isLikely(host: String) -> Bool {
        let upper = host.uppercased()
        if ["X.X.X.X", "XX.XX.XX.XX", "XXX.XXX.XXX.XXX", "A.B.C.D"].contains(upper) { return true }
        if ["_IP", "-IP", "_HOST"].contains(where: upper.hasSuffix) { return true }
        let beginnings = ["YOUR-", "YOUR_", "MY_", "CHANGEME", "CHANGE-ME", "CHANGE_ME", "TODO", "FIXME"]
        if beginnings.contains(where: upper.hasPrefix) { return true }
        let stem = String(host.prefix { !$0.isNumber })
        guard host.dropFirst(stem.count).allSatisfy(\.isNumber) else { return false }
        // In small letters `host1` is a good name; in capitals nobody writes one.
        return ["IP", "IPADDRESS", "IP_ADDRESS", "IP-ADDRESS", "HOSTNAME"].contains(stem.uppercased())
            || ["HOST", "SERVER", "NODE", "MACHINE", "ADDRESS"].contains(stem)
    }
}

extension Character {
    fileprivate var isNamePart: Bool { isASCIILetter || isASCIIDigit || self == "_" || self == "." }
}
