import Diagnostics
import Membership

/// What Java's properties syntax makes of the text, and each key by itself.
extension ConfigChecker {
    mutating func checkText() {
        for place in cfg.malformedEscapes {
            error(
                .malformedEscape, place,
                "'\\u' is not followed by four hexadecimal digits; ZooKeeper refuses the file",
                mend: "write '\\\\' for a backslash", edit: .replace(place, text: "\\", with: "\\\\"))
        }
        if cfg.isLatin1 {
            warn(
                .notUTF8, cfg.firstBeyondASCII, "the file is not UTF-8; it was read as ISO-8859-1, as ZooKeeper does",
                mend: "write characters beyond ASCII as \\uXXXX")
        }
        for entry in cfg.entries {
            if checkLookAlikes(entry) || cfg.isLatin1 { continue }
            let text = entry.placedValue
            if let index = text.text.unicodeScalars.firstIndex(where: { !$0.isASCII }),
                cfg.isWrittenLiterally(text.text.unicodeScalars[index])
            {
                warn(
                    .nonASCII, text.location(at: index),
                    "'\(text.text.unicodeScalars[index])' is not ASCII: ZooKeeper reads the file as ISO-8859-1 and sees "
                        + "other characters", mend: "write it as \\uXXXX")
            }
        }
        for entry in cfg.entries where entry.isContinued {
            if let (key, place) = swallowedKey(in: entry) {
                warn(
                    .continuedLine, place,
                    "the '\\' at the end of the line before makes '\(key)' part of the value of '\(entry.key)'",
                    mend: "remove the '\\' at the end of the line before")
            }
        }
        checkDuplicates()
    }

    /// Reports a character of the key or the value that looks like another one; true when there was one.
    private mutating func checkLookAlikes(_ entry: ZooCfg.Entry) -> Bool {
        if let found = LookAlike.first(in: entry.key) {
            error(
                .lookAlike, entry.keyLocation,
                "the key has \(found.name) (\(LookAlike.code(found.scalar))) in it, and so ZooKeeper does not know it",
                mend: "write \(found.meant)", edit: .rename(key: entry.key, to: found.meant))
            return true
        }
        guard let found = LookAlike.first(in: entry.value) else { return false }
        let kind = KnownKeys.key(entry.key)?.kind
        // In a name, a password or a list of words it may be meant; anywhere else it cannot be.
        let isText = kind == .text || kind == .list || (kind == nil && !EnsembleConfiguration.isKey(entry.key))
        report(
            isText ? .warning : .error, .lookAlike, entry.placedValue.place(of: found.scalar),
            "the value of \(entry.key) has \(found.name) (\(LookAlike.code(found.scalar))) in it",
            mend: "write \(entry.key)=\(found.meant)", edit: .set(key: entry.key, value: found.meant))
        return true
    }

    /// A known key at the start of a continued line was hardly meant as part of a value.
    private func swallowedKey(in entry: ZooCfg.Entry) -> (String, SourceLocation)? {
        let text = entry.placedValue
        for index in text.text.indices.dropFirst() {
            let before = text.location(at: text.text.index(before: index))
            let here = text.location(at: index)
            guard here.line > before.line else { continue }
            let word = text.text[index...].prefix { $0 != "=" && !$0.isWhitespace }
            if index != text.text.endIndex, text.text[index...].contains("="), KnownKeys.isKnown(String(word)) {
                return (String(word), here)
            }
        }
        return nil
    }

    private mutating func checkDuplicates() {
        var first: [String: ZooCfg.Entry] = [:]
        for entry in cfg.entries {
            guard let earlier = first[entry.key] else {
                first[entry.key] = entry
                continue
            }
            if entry.key.hasPrefix("server."), earlier.value != entry.value {
                error(
                    .duplicateServer, entry.keyLocation,
                    "\(entry.key) is there twice, first on line \(earlier.keyLocation.line); ZooKeeper uses only one of "
                        + "the two", mend: "remove one, or give the second server an id of its own")
            } else {
                warn(
                    .duplicateKey, entry.keyLocation,
                    "'\(entry.key)' is there twice, first on line \(earlier.keyLocation.line); the last one counts",
                    mend: "remove one of the two", edit: .replaceLine(earlier.keyLocation.line, with: []))
            }
        }
    }

    mutating func checkValues() {
        for entry in cfg.effectiveEntries where !EnsembleConfiguration.isKey(entry.key) {
            // With another character in it a key or a value is reported as that.
            if LookAlike.first(in: entry.key) != nil { continue }
            let found = KnownKeys.check(
                key: entry.key, at: entry.keyLocation, value: entry.value, at: entry.location, file: file,
                engine: engine)
            let isLookAlike = LookAlike.first(in: entry.value) != nil
            problems += found.filter { !isLookAlike || $0.severity == .warning }
        }
    }
}

extension ZooCfg {
    /// The character stands in the file itself and not as an escape.
    fileprivate func isWrittenLiterally(_ scalar: Unicode.Scalar) -> Bool { text.unicodeScalars.contains(scalar) }

    fileprivate var firstBeyondASCII: SourceLocation? {
        var (line, column) = (1, 1)
        for scalar in text.unicodeScalars {
            if !scalar.isASCII { return SourceLocation(line: line, column: column) }
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return nil
    }
}
