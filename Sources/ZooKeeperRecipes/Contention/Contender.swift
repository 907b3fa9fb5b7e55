/// A child of a lock's znode that stands in its queue, read from its name alone.
struct Contender: Hashable, Sendable {
    enum Role: Hashable, Sendable {
        /// Nobody may hold beside it.
        case exclusive
        /// Others that share may hold beside it.
        case shared
    }

    let name: String
    let role: Role
    /// What the server appended. Counted on beyond 2³¹-1 it goes on at -2³¹.
    let sequence: Int32

    /// Nil for a child that is no contender of ours, of Curator's or of kazoo's.
    ///
    /// Curator: `LockInternals`, `LeaderLatch`, `InterProcessReadWriteLock`; kazoo: `recipe/lock.py`.
    init?(_ name: String) {
        guard let (beginning, sequence) = Self.split(name) else { return nil }
        guard let role = Self.markers.first(where: { beginning.hasSuffix($0.text) })?.role else { return nil }
        self.name = name
        self.role = role
        self.sequence = sequence
    }

    /// What stands before the number, and for what.
    private static let markers: [(text: String, role: Role)] = [
        ("lock-", .exclusive), ("latch-", .exclusive), ("__WRIT__", .exclusive), ("__lock__", .exclusive),
        ("__READ__", .shared), ("__rlock__", .shared),
    ]

    /// Servers write the number as Java's `%010d`: ten characters, the minus among them, or eleven from -1,000,000,000 down.
    private static func split(_ name: String) -> (beginning: Substring, sequence: Int32)? {
        let digits = name.utf8.reversed().prefix { (0x30...0x39).contains($0) }.count
        let positive = Substring(name).dropLast(10)
        if digits == 10, markers.contains(where: { positive.hasSuffix($0.text) }) {
            return Int32(name.suffix(10)).map { (positive, $0) }
        }
        guard digits == 9 || digits == 10 else { return nil }
        let number = name.suffix(digits + 1)
        guard number.first == "-" else { return nil }
        return Int32(number).map { (Substring(name).dropLast(digits + 1), $0) }
    }

    /// Whether it came before `other`: by the distance between their numbers, which also holds where the numbers wrap around.
    func precedes(_ other: Contender) -> Bool {
        sequence == other.sequence ? name < other.name : sequence &- other.sequence < 0
    }

    /// Whether `other`, which came before, keeps this one out.
    func waits(for other: Contender) -> Bool {
        role == .exclusive || other.role == .exclusive
    }
}

/// Where a contender stands among the children of its lock.
enum ContenderPlace: Hashable, Sendable {
    /// It holds what they contend for.
    case holds
    /// It has to wait at least until this child is gone: the last of those that keep it out, so that of many who wait each watches
    /// another one and a release wakes only one of them.
    case waits(behind: String)
    /// It is not there: its session ended, or somebody removed it.
    case missing

    init(of own: String, among names: [String]) {
        guard let contender = Contender(own), names.contains(own) else {
            self = .missing
            return
        }
        let ahead = names.lazy.compactMap(Contender.init)
            .filter { $0.precedes(contender) && contender.waits(for: $0) }
        guard let last = ahead.max(by: { $0.precedes($1) }) else {
            self = .holds
            return
        }
        self = .waits(behind: last.name)
    }
}

extension Contender {
    /// All contenders among some children, in the order in which they came, and whether each holds.
    static func queue(_ names: [String]) -> [(contender: Contender, holds: Bool)] {
        var roles: Set<Role> = []
        return names.compactMap(Contender.init).sorted { $0.precedes($1) }.map { contender in
            let holds = contender.role == .exclusive ? roles.isEmpty : !roles.contains(.exclusive)
            roles.insert(contender.role)
            return (contender, holds)
        }
    }
}
