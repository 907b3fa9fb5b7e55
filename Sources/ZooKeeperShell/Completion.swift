/// What the word before the cursor may become.
package enum Completion: Hashable, Sendable {
    /// A command that begins so.
    case command(prefix: String)
    /// A child of `parent` whose name begins so.
    case znode(parent: String, prefix: String)

    /// Of a line up to the cursor; nil where nothing is to be completed.
    package init?(_ line: String) {
        let word = line.split(separator: " ", omittingEmptySubsequences: false).last ?? ""
        if let slash = word.lastIndex(of: "/"), word.hasPrefix("/") {
            let parent = word[..<slash]
            self = .znode(
                parent: parent.isEmpty ? "/" : String(parent), prefix: String(word[word.index(after: slash)...]))
        } else if word.utf8.count == line.utf8.count {
            self = .command(prefix: line)
        } else {
            return nil
        }
    }

    /// The text before the cursor that a candidate replaces.
    package var prefix: String {
        switch self {
        case .command(let prefix), .znode(_, let prefix): prefix
        }
    }

    /// The commands that fit.
    package static func commands(_ prefix: String) -> [String] {
        CommandSyntax.all.map(\.name).filter { $0.hasPrefix(prefix) }
    }

    /// What all candidates begin with.
    package static func commonPrefix(_ candidates: [String]) -> String {
        guard var prefix = candidates.first?[...] else { return "" }
        for candidate in candidates.dropFirst() {
            while !candidate.hasPrefix(prefix) { prefix = prefix.dropLast() }
        }
        return String(prefix)
    }

    /// Candidates in columns, down and then across, as `ls` shows files.
    package static func columns(_ candidates: [String], width: Int) -> String {
        let cell = (candidates.map(\.count).max() ?? 0) + 2
        let perRow = max(1, width / cell)
        let rows = (candidates.count + perRow - 1) / perRow
        var text = ""
        for row in 0..<rows {
            let names = stride(from: row, to: candidates.count, by: rows).map { candidates[$0] }
            for name in names.dropLast() { text += name + String(repeating: " ", count: cell - name.count) }
            text += (names.last ?? "") + "\n"
        }
        return text
    }
}
