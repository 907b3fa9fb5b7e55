import TreeMemory
import ZooKeeperProtocol

/// Bytes read and written below each first component of a path (Apache's `read_per_namespace`, `write_per_namespace`).
package struct NamespaceTraffic: Sendable {
    package struct Entry: Sendable {
        package let name: String
        /// Nil: there never was any.
        package fileprivate(set) var reads: Summary?
        package fileprivate(set) var writes: Summary?
    }

    /// Namespaces that are counted: those that come first. A tree with a million nodes below the root must not make a
    /// monitor of a million lines.
    static let limit = 1000
    /// What Apache adds for the Stat of a node that is read.
    static let statBytes = 68

    /// In the order in which they were first seen.
    package private(set) var entries: [Entry] = []
    /// By the hash of the name. Names that share one are counted together.
    private var places: [UInt64: Int] = [:]
    private var newest: (hash: UInt64, place: Int)?

    mutating func read(_ path: Bytes, bytes: Int) {
        guard let place = place(of: path) else { return }
        entries[place].reads = entries[place].reads ?? Summary()
        entries[place].reads?.add(Int64(path.count + bytes + Self.statBytes))
    }

    mutating func wrote(_ path: Bytes, bytes: Int) {
        guard let place = place(of: path) else { return }
        entries[place].writes = entries[place].writes ?? Summary()
        entries[place].writes?.add(Int64(path.count + bytes))
    }

    /// Counts anew; the namespaces stay known.
    mutating func reset() {
        for place in entries.indices {
            if entries[place].reads != nil { entries[place].reads = Summary() }
            if entries[place].writes != nil { entries[place].writes = Summary() }
        }
    }

    /// Nil for the root, for what is no path, and beyond the limit.
    private mutating func place(of path: Bytes) -> Int? {
        guard path.count > 1 else { return nil }
        // FNV-1a.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        var end = 1
        while end < path.count, path[end] != slash {
            hash = (hash ^ UInt64(path[end])) &* 0x100_0000_01b3
            end += 1
        }
        if let newest, newest.hash == hash { return newest.place }
        if let place = places[hash] {
            newest = (hash, place)
            return place
        }
        guard entries.count < Self.limit else { return nil }
        places[hash] = entries.count
        entries.append(Entry(name: String(decoding: path[1..<end], as: UTF8.self)))
        return entries.count - 1
    }
}

/// How many watchers each change that had some told of it, by the kind of change (Apache's `node_created_watch_count` and
/// its siblings).
package struct WatchStatistics: Sendable {
    package private(set) var created = Summary()
    package private(set) var deleted = Summary()
    package private(set) var changed = Summary()
    package private(set) var children = Summary()

    mutating func fired(_ type: EventType, watchers: Int) {
        guard watchers > 0 else { return }
        switch type {
        case .nodeCreated: created.add(Int64(watchers))
        case .nodeDeleted: deleted.add(Int64(watchers))
        case .nodeDataChanged: changed.add(Int64(watchers))
        case .nodeChildrenChanged: children.add(Int64(watchers))
        default: break
        }
    }
}
