import ZooKeeperClient

/// What a process knows of a znode and everything below it. Pure: what was read goes in, what changed comes out.
struct CachedTree: Sendable {
    private(set) var znodes: [String: CachedZNode] = [:]

    /// What a read of one znode found; nil if it is missing, and then so is everything below it.
    mutating func update(_ path: String, _ znode: CachedZNode?) -> [TreeChange] {
        guard let znode else {
            let below = path == "/" ? "/" : path + "/"
            let gone = znodes.keys.filter { $0 == path || $0.hasPrefix(below) }.sorted()
            return gone.reversed().compactMap { path in znodes.removeValue(forKey: path).map { .removed(path, $0) } }
        }
        let old = znodes.updateValue(znode, forKey: path)
        if old == znode { return [] }
        return [old.map { .changed(path, from: $0, to: znode) } ?? .added(path, znode)]
    }

    /// What a read of everything found.
    mutating func replace(with found: [String: CachedZNode]) -> [TreeChange] {
        let gone = znodes.keys.filter { found[$0] == nil }.sorted().reversed()
        let removed = gone.compactMap { path in znodes.removeValue(forKey: path).map { TreeChange.removed(path, $0) } }
        return removed + found.keys.sorted().flatMap { update($0, found[$0]) }
    }

    /// The names of a znode's children, sorted.
    func children(of path: String) -> [String] {
        let below = path == "/" ? "/" : path + "/"
        return znodes.keys.filter { $0 != below && $0.hasPrefix(below) && !$0.dropFirst(below.count).contains("/") }
            .map { String($0.dropFirst(below.count)) }.sorted()
    }
}

/// A znode in a ``TreeCache``.
public struct CachedZNode: Hashable, Sendable {
    public var data: [UInt8]?
    public var stat: Stat
}

/// What became different in a ``TreeCache``. Parents are added before their children, and removed after them.
public enum TreeChange: Hashable, Sendable {
    case added(String, CachedZNode)
    /// Its data is new, or its Stat alone (a child has come or gone).
    case changed(String, from: CachedZNode, to: CachedZNode)
    case removed(String, CachedZNode)
}
