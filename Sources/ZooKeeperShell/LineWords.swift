/// Cuts a line that was typed into words, with the very oddities of ZooKeeper's own shell.
///
/// A word is what stands between quotes of one kind, or begins with something else and goes on to the next white space:
/// quotes inside of it are part of it, and nothing escapes anything. A quote without an end is skipped. Source: the
/// pattern `\s*([^"']\S*|"[^"]*"|'[^']*')\s*` of `ZooKeeperMain.MyCommandOptions`, as Java's matcher backtracks on it.
package enum LineWords {
    package static func split(_ line: String) -> [String] {
        let line = Array(line.unicodeScalars)
        var words: [String] = []
        var index = 0
        while index < line.count {
            guard let (word, end) = word(in: line, from: index) else {
                index += 1
                continue
            }
            words.append(word)
            index = endOfSpace(in: line, from: end)
        }
        return words
    }

    /// The word that a match from `start` on finds, and where it ends.
    private static func word(in line: [Unicode.Scalar], from start: Int) -> (String, Int)? {
        // White space is given back, last first, when nothing else makes a word: it may begin one itself.
        var first = endOfSpace(in: line, from: start)
        while first >= start {
            if first < line.count {
                if !isQuote(line[first]) {
                    var end = first + 1
                    while end < line.count, !isSpace(line[end]) { end += 1 }
                    return (text(line[first..<end]), end)
                }
                if let close = line[(first + 1)...].firstIndex(of: line[first]) {
                    return (text(line[(first + 1)..<close]), close + 1)
                }
            }
            first -= 1
        }
        return nil
    }

    private static func endOfSpace(in line: [Unicode.Scalar], from start: Int) -> Int {
        var index = start
        while index < line.count, isSpace(line[index]) { index += 1 }
        return index
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    private static func isQuote(_ scalar: Unicode.Scalar) -> Bool { scalar == "\"" || scalar == "'" }

    /// Java's `\s`.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || (0x9...0xd).contains(scalar.value)
    }
}
