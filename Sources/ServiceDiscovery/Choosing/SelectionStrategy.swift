/// Which of the instances that may be chosen is chosen.
public enum SelectionStrategy: String, Hashable, Sendable, CaseIterable {
    /// One after the other.
    case roundRobin = "round-robin"
    /// Any.
    case random
    /// Always the same, as long as it is there; the first is any.
    case sticky
    /// The one with the fewest uses under way (``ServiceProvider/withInstance(attempts:_:)``); among equals one after the other.
    case leastUsed = "least-used"
}

/// Chooses among instances. A value without a clock; chance comes from the caller.
struct Chooser: Sendable {
    let strategy: SelectionStrategy
    /// How often one was chosen.
    private var turn = 0
    private var stuckTo: String?
    /// Uses under way, by node; without those of none.
    private(set) var uses: [String: Int] = [:]

    init(_ strategy: SelectionStrategy) { self.strategy = strategy }

    /// - Parameter entries: those that may be chosen, in the same order each time.
    mutating func choose(
        from entries: [ServiceEntry], using generator: inout some RandomNumberGenerator
    ) -> ServiceEntry? {
        guard !entries.isEmpty else { return nil }
        switch strategy {
        case .random: return entries[Int.random(in: 0..<entries.count, using: &generator)]
        case .roundRobin: return entries[nextTurn(of: entries.count)]
        case .sticky:
            if let stuckTo, let entry = entries.first(where: { $0.node == stuckTo }) { return entry }
            let entry = entries[Int.random(in: 0..<entries.count, using: &generator)]
            stuckTo = entry.node
            return entry
        case .leastUsed:
            let start = nextTurn(of: entries.count)
            var least = entries[start]
            var fewest = uses[least.node, default: 0]
            var offset = 1
            while fewest > 0, offset < entries.count {
                let entry = entries[(start + offset) % entries.count]
                let count = uses[entry.node, default: 0]
                if count < fewest { (least, fewest) = (entry, count) }
                offset += 1
            }
            return least
        }
    }

    mutating func beginUse(of node: String) { uses[node, default: 0] += 1 }

    mutating func endUse(of node: String) {
        let count = uses[node, default: 0]
        uses[node] = count > 1 ? count - 1 : nil
    }

    private mutating func nextTurn(of count: Int) -> Int {
        defer { turn = turn &+ 1 }
        return Int(UInt(bitPattern: turn) % UInt(count))
    }
}
