import Diagnostics

extension Edit {
    /// `text` with this change; entries are those of a zoo.cfg, a dynamic file, or a topology's lines.
    package func applied(to text: String) -> String {
        switch self {
        case .set(let key, let value):
            var cfg = ZooCfg(text: text)
            cfg[key] = value
            return cfg.text
        case .remove(let key):
            var cfg = ZooCfg(text: text)
            cfg[key] = nil
            return cfg.text
        case .rename(let key, let other):
            return ZooCfg(text: text).renaming(key, to: other).text
        case .replaceLine(let number, let lines):
            return ZooCfg(text: text).replacingLine(number, with: lines).text
        case .replace(let place, let old, let new):
            return Self.replace(old, at: place, with: new, in: text)
        case .content(let content):
            return content
        }
    }

    private static func replace(_ old: String, at place: SourceLocation, with new: String, in text: String) -> String {
        var (line, column) = (1, 1)
        let scalars = text.unicodeScalars
        for index in scalars.indices {
            if (line, column) == (place.line, place.column), text[index...].hasPrefix(old) {
                return text[..<index] + new + text[scalars.index(index, offsetBy: old.unicodeScalars.count)...]
            }
            let isEnd = scalars[index] == "\n" || scalars[index] == "\r" && !text[index...].hasPrefix("\r\n")
            (line, column) = isEnd ? (line + 1, 1) : (line, column + 1)
        }
        return text
    }
}
