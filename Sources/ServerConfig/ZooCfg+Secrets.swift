extension ZooCfg {
    /// What stands in the place of a secret.
    package static let removed = "(removed)"

    /// The text without the values that are secret. A comment that speaks of one goes as a whole: it may be a line that was put out of use.
    package var textWithoutSecrets: String {
        lines.map { line in
            switch line.content {
            case .entry(let entry) where Self.isSecret(entry.key):
                "\(entry.key)=\(Self.removed)\(line.raw.lineEnd)"
            case .comment where Self.isSecret(line.raw): "# \(Self.removed)\(line.raw.lineEnd)"
            default: line.raw
            }
        }.joined()
    }

    /// Whether the value of this key is for nobody else. The path of a file with a password is no secret.
    package static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return !key.hasSuffix("passwordpath")
            && ["password", "passwd", "passphrase", "secret", "superdigest", "credential"].contains(where: key.hasBytes)
    }
}

extension String {
    /// As `contains`, which makes a table of each word first: every server asks this of every line of its zoo.cfg when it starts.
    fileprivate func hasBytes(of word: String) -> Bool {
        var start = utf8.startIndex
        while let found = utf8[start...].firstIndex(of: word.utf8.first!) {
            if utf8[found...].starts(with: word.utf8) { return true }
            start = utf8.index(after: found)
        }
        return false
    }

    /// The last line's end, empty when it has none.
    fileprivate var lineEnd: String {
        hasSuffix("\r\n") ? "\r\n" : hasSuffix("\n") ? "\n" : hasSuffix("\r") ? "\r" : ""
    }
}
