import ZooKeeperProtocol

/// A set of server ids that always walks in rising order, so that what is sent, logged or compared never depends on
/// hash seeds.
///
/// Ids 0…255 (the documented range is 1…255) are bits in four words: an ACK is one `or`, a majority is four
/// population counts. Any other id still works, in a sorted list.
package struct ServerSet: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    /// Ids outside 0…255, sorted, each once.
    private var others: [ServerID] = []

    package init() {}

    package init(_ servers: some Sequence<ServerID>) {
        for server in servers { insert(server) }
    }

    package var isEmpty: Bool { count == 0 }

    package var count: Int {
        words.0.nonzeroBitCount + words.1.nonzeroBitCount + words.2.nonzeroBitCount + words.3.nonzeroBitCount
            + others.count
    }

    package func contains(_ server: ServerID) -> Bool {
        guard let place = Self.place(of: server) else { return others.contains(server) }
        return word(place.word) & place.bit != 0
    }

    package mutating func insert(_ server: ServerID) {
        if let place = Self.place(of: server) {
            setWord(place.word, to: word(place.word) | place.bit)
        } else if !others.contains(server) {
            others.insert(server, at: others.firstIndex { $0 > server } ?? others.endIndex)
        }
    }

    package mutating func remove(_ server: ServerID) {
        if let place = Self.place(of: server) {
            setWord(place.word, to: word(place.word) & ~place.bit)
        } else {
            others.removeAll { $0 == server }
        }
    }

    package func union(_ other: ServerSet) -> ServerSet {
        var result = self
        result.words = (
            words.0 | other.words.0, words.1 | other.words.1, words.2 | other.words.2, words.3 | other.words.3
        )
        for server in other.others { result.insert(server) }
        return result
    }

    /// The number of members both sets have.
    package func overlap(_ other: ServerSet) -> Int {
        var count = (words.0 & other.words.0).nonzeroBitCount + (words.1 & other.words.1).nonzeroBitCount
        count += (words.2 & other.words.2).nonzeroBitCount + (words.3 & other.words.3).nonzeroBitCount
        if !others.isEmpty { count += others.count { other.others.contains($0) } }
        return count
    }

    private func word(_ index: Int) -> UInt64 {
        switch index {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
    }

    private mutating func setWord(_ index: Int, to value: UInt64) {
        switch index {
        case 0: words.0 = value
        case 1: words.1 = value
        case 2: words.2 = value
        default: words.3 = value
        }
    }

    private static func place(of server: ServerID) -> (word: Int, bit: UInt64)? {
        let id = server.rawValue
        guard id >= 0, id < 256 else { return nil }
        return (Int(id >> 6), 1 << UInt64(id & 63))
    }

    package static func == (left: ServerSet, right: ServerSet) -> Bool {
        left.words == right.words && left.others == right.others
    }

    package func hash(into hasher: inout Hasher) {
        for server in self { hasher.combine(server) }
    }
}

extension ServerSet: Sequence {
    /// The members in rising order.
    package func makeIterator() -> [ServerID].Iterator {
        var members: [ServerID] = []
        members.reserveCapacity(count)
        members += others.prefix { $0.rawValue < 0 }
        for index in 0..<4 {
            var rest = word(index)
            while rest != 0 {
                members.append(ServerID(Int64(index * 64 + rest.trailingZeroBitCount)))
                rest &= rest - 1
            }
        }
        members += others.drop { $0.rawValue < 0 }
        return members.makeIterator()
    }
}

extension ServerSet: ExpressibleByArrayLiteral {
    package init(arrayLiteral servers: ServerID...) { self.init(servers) }
}

extension ServerSet: CustomStringConvertible {
    package var description: String { "{" + map(\.description).joined(separator: ",") + "}" }
}
