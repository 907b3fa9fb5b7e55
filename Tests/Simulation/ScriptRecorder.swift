/// Writes down a run as the commands of a script that does the same.
final class ScriptRecorder {
    private var noted: [String?] = []
    private var time = 0
    /// The numbers of the notifications under way between two servers.
    private var underWay: [Pair: [Int]] = [:]

    private struct Pair: Hashable {
        var from: Int
        var to: Int
    }

    /// What was written down.
    var lines: [String] { Self.merged(noted.compactMap(\.self)) }

    func note(_ line: String, at now: Int) {
        advance(to: now)
        noted.append(line)
    }

    /// Holds a place for a line that is known only when all that belongs behind it has been noted.
    func begin(at now: Int) -> Int {
        advance(to: now)
        noted.append(nil)
        return noted.count - 1
    }

    func complete(_ place: Int, _ line: String?) { noted[place] = line }

    private func advance(to now: Int) {
        guard now > time else { return }
        noted.append(Self.wait(now - time))
        time = now
    }

    // MARK: Votes

    func sends(_ number: Int, _ from: Int, _ to: Int) { underWay[Pair(from: from, to: to), default: []].append(number) }

    func delivers(_ number: Int, _ from: Int, _ to: Int, at now: Int) { take("vote", number, from, to, at: now) }

    func loses(_ number: Int, _ from: Int, _ to: Int, at now: Int) { take("lose", number, from, to, at: now) }

    private func take(_ verb: String, _ number: Int, _ from: Int, _ to: Int, at now: Int) {
        let pair = Pair(from: from, to: to)
        guard let place = underWay[pair]?.firstIndex(of: number) else { return }
        underWay[pair]?.remove(at: place)
        note("\(verb) \(from + 1)->\(to + 1)" + (place > 0 ? " +\(place)" : ""), at: now)
    }

    // MARK: Waiting

    private static func wait(_ microseconds: Int) -> String {
        let fraction = String(microseconds % 1000)
        var text = "\(microseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return "wait \(text)"
    }

    private static func microseconds(_ line: String) -> Int? {
        line.hasPrefix("wait ") ? Double(line.dropFirst(5)).map { Int(($0 * 1000).rounded()) } : nil
    }

    /// One wait for several in a row.
    static func merged(_ lines: [String]) -> [String] {
        var result: [String] = []
        var waiting = 0
        for line in lines {
            if let microseconds = microseconds(line) {
                waiting += microseconds
            } else {
                if waiting > 0 { result.append(wait(waiting)) }
                waiting = 0
                result.append(line)
            }
        }
        return result
    }
}
