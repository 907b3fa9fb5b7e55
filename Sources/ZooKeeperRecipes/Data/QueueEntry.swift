/// The names of a queue's entries, in the order in which they are taken. Pure.
enum QueueEntry {
    /// What a new entry's name begins with.
    ///
    /// Curator: `SimpleDistributedQueue`; kazoo: `recipe/queue.py`, whose entries of lower priority go first.
    static func prefix(_ style: NameStyle, priority: Int) -> String {
        switch style {
        case .curator: return "qn-"
        case .kazoo:
            let digits = String(priority)
            return "entry-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits + "-"
        }
    }

    /// The entries among some children, the next one first. As the peers do it: by name.
    static func sorted(_ names: [String], _ style: NameStyle, without taken: Set<String> = []) -> [String] {
        let beginning = style == .curator ? "qn-" : "entry-"
        return names.filter { $0.hasPrefix(beginning) && !taken.contains($0) }.sorted()
    }
}
