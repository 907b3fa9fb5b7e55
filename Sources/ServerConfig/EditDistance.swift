/// How many letters to insert, remove, replace or swap with their neighbour to turn one word into another
/// (optimal string alignment).
package enum EditDistance {
    /// The distance, or nil when it is above `limit`.
    static func between(_ left: String, _ right: String, limit: Int) -> Int? {
        let left = Array(left.unicodeScalars)
        let right = Array(right.unicodeScalars)
        guard abs(left.count - right.count) <= limit else { return nil }
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let replaced = previous[column] + (left[row] == right[column] ? 0 : 1)
                var cost = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforePrevious, previous) = (previous, current)
        }
        let distance = previous[right.count]
        return distance <= limit ? distance : nil
    }

    /// The word that `text` was most likely meant to be; nil when none is near. A third of the letters may be
    /// wrong, none of one or two.
    package static func nearest(_ text: String, among words: [String]) -> String? {
        let lowercased = text.lowercased()
        let limit = text.count < 3 ? 0 : text.count / 3
        var best: (word: String, distance: Int)?
        for word in words {
            guard let distance = between(lowercased, word.lowercased(), limit: limit) else { continue }
            if best == nil || distance < best!.distance { best = (word, distance) }
        }
        return best?.word
    }
}
