import Diagnostics
import TreeMemory
import ZooKeeperProtocol

/// Which of the two tables of a server a watch is in (Apache's `dataWatches` and `childWatches`).
package enum WatchKind: Sendable {
    /// Set by exists and getData; fires when the node is created, deleted, or its data changes.
    case data
    /// Set by getChildren; fires when the node is deleted, or its children change.
    case child
}

/// How long a watch lasts and how far it reaches.
package enum WatchMode: UInt8, Sendable {
    case none
    case oneShot
    case persistent
    case persistentRecursive

    init(_ mode: AddWatchMode) {
        switch mode {
        case .persistent: self = .persistent
        case .persistentRecursive: self = .persistentRecursive
        }
    }
}

/// Who watches what on this server, by path and by connection, with no scan in any operation.
///
/// As in 3.8.0 there is one mode for each connection, path and table: a one-shot watch set over a persistent one takes
/// its place (ZOOKEEPER-4466). Paths need not exist. The root is "/".
package struct WatchTable {
    private struct Watch {
        var path: UInt32
        var connection: UInt32
        var data = WatchMode.none
        var child = WatchMode.none
        /// Neighbours in the lists of the path's and of the connection's watches; 0 is none.
        var nextOfPath: UInt32 = 0
        var previousOfPath: UInt32 = 0
        var nextOfConnection: UInt32 = 0
        var previousOfConnection: UInt32 = 0

        subscript(kind: WatchKind) -> WatchMode {
            get { kind == .data ? data : child }
            set { if kind == .data { data = newValue } else { child = newValue } }
        }
    }

    private struct Connection {
        var identities: [AuthID] = []
        var firstWatch: UInt32 = 0
        var isOpen = true
        /// Number of the last change this connection was told of.
        var told: UInt64 = 0
    }

    /// First watch of each path.
    private var paths: PathTable<UInt32>
    /// Place 0 stays empty.
    private var watches: [Watch] = [Watch(path: 0, connection: 0)]
    private var freeWatches: [UInt32] = []
    private var connections: [Connection] = []
    private var recursiveCount = 0
    /// Counts the changes that fired, to tell a connection only once of a deletion.
    private var change: UInt64 = 0

    /// Watches in both tables together (`zk_watch_count`).
    package private(set) var count = 0

    init(seed: UInt64 = 0) { paths = PathTable(seed: seed) }

    // MARK: Connections

    /// A client may set watches from now on, under the id that its owner gives it: small, and free.
    package mutating func connect(_ client: ClientID, _ identities: [AuthID]) {
        let place = Int(client.rawValue)
        while connections.count <= place { connections.append(Connection(isOpen: false)) }
        invariant(!connections[place].isOpen, "one connection at a time has an id")
        connections[place] = Connection(identities: identities)
    }

    package func isConnected(_ client: ClientID) -> Bool {
        client.rawValue < connections.count && connections[Int(client.rawValue)].isOpen
    }

    /// Who the connection is, after an auth packet.
    package mutating func setIdentities(_ identities: [AuthID], of connection: ClientID) {
        connections[Int(connection.rawValue)].identities = identities
    }

    package func identities(of connection: ClientID) -> [AuthID] {
        connections[Int(connection.rawValue)].identities
    }

    /// Forgets the connection and all its watches; its id may be used again.
    package mutating func disconnect(_ connection: ClientID) {
        invariant(connections[Int(connection.rawValue)].isOpen, "a connection is closed once")
        while connections[Int(connection.rawValue)].firstWatch != 0 {
            let watch = connections[Int(connection.rawValue)].firstWatch
            set(.none, .data, on: watch)
            set(.none, .child, on: watch)
            dropIfUnused(watch)
        }
        connections[Int(connection.rawValue)] = Connection(isOpen: false)
    }

    // MARK: Setting and removing

    package mutating func add(_ mode: WatchMode, _ kind: WatchKind, path: Bytes, for connection: ClientID) {
        set(mode, kind, on: watch(path, connection) ?? makeWatch(path, connection))
    }

    /// Whether the connection had such a watch.
    package mutating func remove(_ kind: WatchKind, path: Bytes, for connection: ClientID) -> Bool {
        guard let watch = watch(path, connection), watches[Int(watch)][kind] != .none else { return false }
        set(.none, kind, on: watch)
        dropIfUnused(watch)
        return true
    }

    /// Whether checkWatches finds one: a quirk of 3.8.0 is that any connection's watch on exactly this path will do.
    package func contains(_ kind: WatchKind, path: Bytes) -> Bool {
        guard let slot = paths.find(path) else { return false }
        var watch = paths[slot]
        while watch != 0 {
            if watches[Int(watch)][kind] != .none { return true }
            watch = watches[Int(watch)].nextOfPath
        }
        return false
    }

    // MARK: Firing

    /// Tells everybody whom a change of a node concerns, and forgets the one-shot watches that fired.
    ///
    /// - Parameters:
    ///   - kinds: data and child for a deletion, of which each connection hears once.
    ///   - mayKnow: who may hear of it: the readers of the node (CVE-2024-23944).
    mutating func fire(
        _ type: EventType, path: Bytes, in kinds: [WatchKind], to events: inout WatchEvents,
        mayKnow: ([AuthID]) -> Bool
    ) {
        if paths.isEmpty { return }
        change += 1
        var place: Range<Int>?
        for kind in kinds {
            fire(type, kind, watchedPath: path, path: path, exactly: true, &place, &events, mayKnow)
            guard recursiveCount > 0, type != .nodeChildrenChanged else { continue }
            var end = path.count
            while end > 1 {
                repeat { end -= 1 } while path[end] != slash
                let ancestor = Bytes(rebasing: path[..<max(end, 1)])
                fire(type, kind, watchedPath: ancestor, path: path, exactly: false, &place, &events, mayKnow)
            }
        }
    }

    private mutating func fire(
        _ type: EventType, _ kind: WatchKind, watchedPath: Bytes, path: Bytes, exactly: Bool,
        _ place: inout Range<Int>?,
        _ events: inout WatchEvents, _ mayKnow: ([AuthID]) -> Bool
    ) {
        guard let slot = paths.find(watchedPath) else { return }
        var next = paths[slot]
        while next != 0 {
            let watch = next
            next = watches[Int(watch)].nextOfPath
            switch watches[Int(watch)][kind] {
            case .none: continue
            case .oneShot, .persistent:
                guard exactly else { continue }
            case .persistentRecursive:
                guard type != .nodeChildrenChanged else { continue }
            }
            let connection = Int(watches[Int(watch)].connection)
            if watches[Int(watch)][kind] == .oneShot {
                set(.none, kind, on: watch)
                dropIfUnused(watch)
            }
            if connections[connection].told == change { continue }
            connections[connection].told = change
            guard mayKnow(connections[connection].identities) else { continue }
            let range = place ?? events.addPath(path)
            place = range
            events.add(type, range, to: ClientID(rawValue: UInt32(connection)))
        }
    }

    // MARK: Reports

    /// Every path that is watched in a table, sorted, with the connections that watch it (`wchp`, `wchc`).
    package func report(_ kind: WatchKind) -> [(path: String, connections: [ClientID])] {
        var report: [(path: String, connections: [ClientID])] = []
        for slot in paths.occupied {
            var watchers: [ClientID] = []
            var watch = paths[slot]
            while watch != 0 {
                if watches[Int(watch)][kind] != .none {
                    watchers.append(ClientID(rawValue: watches[Int(watch)].connection))
                }
                watch = watches[Int(watch)].nextOfPath
            }
            if watchers.isEmpty { continue }
            watchers.sort { $0.rawValue < $1.rawValue }
            report.append((String(decoding: paths.path(slot), as: UTF8.self), watchers))
        }
        return report.sorted { $0.path < $1.path }
    }

    // MARK: The lists

    private func watch(_ path: Bytes, _ connection: ClientID) -> UInt32? {
        guard let slot = paths.find(path) else { return nil }
        var watch = paths[slot]
        while watch != 0 {
            if watches[Int(watch)].connection == connection.rawValue { return watch }
            watch = watches[Int(watch)].nextOfPath
        }
        return nil
    }

    private mutating func makeWatch(_ path: Bytes, _ connection: ClientID) -> UInt32 {
        let slot = paths.find(path) ?? paths.insert(path, 0)
        var watch = Watch(path: UInt32(slot), connection: connection.rawValue)
        watch.nextOfPath = paths[slot]
        watch.nextOfConnection = connections[Int(connection.rawValue)].firstWatch
        let place: UInt32
        if let free = freeWatches.popLast() {
            place = free
            watches[Int(place)] = watch
        } else {
            place = UInt32(watches.count)
            watches.append(watch)
        }
        if watch.nextOfPath != 0 { watches[Int(watch.nextOfPath)].previousOfPath = place }
        if watch.nextOfConnection != 0 { watches[Int(watch.nextOfConnection)].previousOfConnection = place }
        paths[slot] = place
        connections[Int(connection.rawValue)].firstWatch = place
        return place
    }

    private mutating func set(_ mode: WatchMode, _ kind: WatchKind, on watch: UInt32) {
        let old = watches[Int(watch)][kind]
        watches[Int(watch)][kind] = mode
        count += (mode == .none ? 0 : 1) - (old == .none ? 0 : 1)
        recursiveCount += (mode == .persistentRecursive ? 1 : 0) - (old == .persistentRecursive ? 1 : 0)
    }

    private mutating func dropIfUnused(_ place: UInt32) {
        let watch = watches[Int(place)]
        guard watch.data == .none, watch.child == .none else { return }
        if watch.nextOfPath != 0 { watches[Int(watch.nextOfPath)].previousOfPath = watch.previousOfPath }
        if watch.previousOfPath != 0 {
            watches[Int(watch.previousOfPath)].nextOfPath = watch.nextOfPath
        } else if watch.nextOfPath != 0 {
            paths[Int(watch.path)] = watch.nextOfPath
        } else {
            paths.remove(Int(watch.path))
        }
        if watch.nextOfConnection != 0 {
            watches[Int(watch.nextOfConnection)].previousOfConnection = watch.previousOfConnection
        }
        if watch.previousOfConnection != 0 {
            watches[Int(watch.previousOfConnection)].nextOfConnection = watch.nextOfConnection
        } else {
            connections[Int(watch.connection)].firstWatch = watch.nextOfConnection
        }
        watches[Int(place)] = Watch(path: 0, connection: 0)
        freeWatches.append(place)
    }
}
