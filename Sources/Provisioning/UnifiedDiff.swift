/// The difference of two texts in the unified format that `patch` reads, with three lines of context.
package enum UnifiedDiff {
    private enum Line { case kept(Substring), removed(Substring), added(Substring) }

    /// Empty when the texts are equal. `old` is nil for a file that does not exist yet.
    package static func text(from old: String?, to new: String, path: String) -> String {
        guard old != new else { return "" }
        let lines = merge(split(old ?? ""), split(new))
        var text = "--- \(old == nil ? "/dev/null" : path)\n+++ \(path)\n"
        for hunk in hunks(lines) { text += self.text(of: hunk, in: lines) }
        return text
    }

    private static func split(_ text: String) -> [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// Both texts as one sequence: at each place what was removed, then what was added.
    private static func merge(_ old: [Substring], _ new: [Substring]) -> [Line] {
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if removed.contains(left) {
                lines.append(.removed(old[left]))
                left += 1
            } else if added.contains(right) {
                lines.append(.added(new[right]))
                right += 1
            } else {
                lines.append(.kept(new[right]))
                left += 1
                right += 1
            }
        }
        return lines
    }

    /// Ranges of lines that belong together: changes with their context, joined where contexts touch.
    private static func hunks(_ lines: [Line], context: Int = 3) -> [Range<Int>] {
        var hunks: [Range<Int>] = []
        for (index, line) in lines.enumerated() {
            if case .kept = line { continue }
            let range = max(0, index - context)..<min(lines.count, index + context + 1)
            if let last = hunks.last, range.lowerBound <= last.upperBound {
                hunks[hunks.count - 1] = last.lowerBound..<range.upperBound
            } else {
                hunks.append(range)
            }
        }
        return hunks
    }

    private static func text(of hunk: Range<Int>, in lines: [Line]) -> String {
        func count(_ range: Range<Int>) -> (old: Int, new: Int) {
            var result = (old: 0, new: 0)
            for line in lines[range] {
                switch line {
                case .kept:
                    result.old += 1
                    result.new += 1
                case .removed: result.old += 1
                case .added: result.new += 1
                }
            }
            return result
        }
        let before = count(0..<hunk.lowerBound)
        let inside = count(hunk)
        // An empty side is numbered by the line before it.
        let oldStart = before.old + (inside.old > 0 ? 1 : 0)
        let newStart = before.new + (inside.new > 0 ? 1 : 0)
        var text = "@@ -\(oldStart),\(inside.old) +\(newStart),\(inside.new) @@\n"
        for line in lines[hunk] {
            switch line {
            case .kept(let content): text += " \(content)\n"
            case .removed(let content): text += "-\(content)\n"
            case .added(let content): text += "+\(content)\n"
            }
        }
        return text
    }
}
