import ZooKeeperClient

/// What a member of a double barrier does next to leave it. Pure: from the members' names alone.
enum DoubleBarrierStep: Hashable, Sendable {
    /// Everybody has left.
    case leave
    /// This one is the last: its znode goes, and everybody has left.
    case deleteAndLeave
    /// This one is the first by name, whose znode goes last: it waits for the last by name.
    case wait(for: String)
    /// Its znode goes, if it has not gone yet; then it waits for the first by name.
    case deleteAndWait(for: String)

    static let ready = "ready"

    /// Whether `ready` has been left by a round whose members are all gone, killed before they could remove it.
    ///
    /// - Parameter members: The czxids of those who are there: who was at hand when `ready` was made is older than it.
    static func isLeftOver(ready: ZXID, members: [ZXID]) -> Bool { !members.contains { $0 < ready } }

    init(of own: String, among children: [String]) {
        let members = children.filter { $0 != Self.ready }.sorted()
        guard let first = members.first, let last = members.last else {
            self = .leave
            return
        }
        if members == [own] {
            self = .deleteAndLeave
        } else if first == own {
            self = .wait(for: last)
        } else {
            self = .deleteAndWait(for: first)
        }
    }
}
