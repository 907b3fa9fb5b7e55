extension ZooCfg {
    /// What stands in the place of a secret.
    package static let removed = "(removed)"

    /// The same document without the values that are secret. A comment that speaks of one goes as a whole: it may be a line that was
    /// put out of use.
    package var withoutSecrets: ZooCfg {
        let texts = lines.map { line in
            switch line.content {
            case .entry(let entry) where Self.isSecret(entry.key):
                "\(entry.key)=\(Self.removed)\(line.raw.lineEnd)"
            case .comment where Self.isSecret(line.raw): "# \(Self.removed)\(line.raw.lineEnd)"
            default: line.raw
            }
        }
        return ZooCfg(text: texts.joined())
    }

    /// Whether the value of this key is for nobody else. The path of a file with a password is no secret.
    package static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return !key.hasSuffix("passwordpath")
            && ["password", "passwd", "passphrase", "secret", "superdigest", "credential"].contains(where: key.contains)
    }
}

extension String {
    /// The last line's end, empty when it has none.
    fileprivate var lineEnd: String {
        hasSuffix("\r\n") ? "\r\n" : hasSuffix("\n") ? "\n" : hasSuffix("\r") ? "\r" : ""
    }
}
