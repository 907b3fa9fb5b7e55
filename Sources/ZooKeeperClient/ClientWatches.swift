import ZooKeeperProtocol

/// The watches a client has left with its server, to leave them with the next one after a reconnection.
struct ClientWatches {
    enum Kind: Hashable, CaseIterable {
        case data
        /// Left by exists on a znode that was missing.
        case exist
        case child
        case persistent
        case persistentRecursive
    }

    private var paths: [Kind: Set<String>] = [:]

    var isEmpty: Bool { paths.values.allSatisfy(\.isEmpty) }

    mutating func insert(_ path: String, _ kind: Kind) {
        paths[kind, default: []].insert(path)
    }

    mutating func remove(_ path: String, _ kind: Kind) {
        paths[kind]?.remove(path)
    }

    func contains(_ path: String, _ kind: Kind) -> Bool {
        paths[kind]?.contains(path) ?? false
    }

    /// One-shot watches that an event has used up.
    mutating func consume(_ event: WatcherEvent) {
        switch event.type {
        case .nodeCreated, .nodeDataChanged:
            remove(event.path, .data)
            remove(event.path, .exist)
        case .nodeDeleted:
            remove(event.path, .data)
            remove(event.path, .exist)
            remove(event.path, .child)
        case .nodeChildrenChanged: remove(event.path, .child)
        default: break
        }
    }

    /// The requests that leave everything again, each of about 128 KiB of paths at most, as Java's client splits them.
    func restoring(since zxid: ZXID) -> [SetWatches2] {
        var requests: [SetWatches2] = []
        var current = SetWatches2.empty(since: zxid)
        var size = 0
        for kind in Kind.allCases {
            for path in (paths[kind] ?? []).sorted() {
                if size > 0, size + path.utf8.count > 128 << 10 {
                    requests.append(current)
                    current = .empty(since: zxid)
                    size = 0
                }
                current.append(path, kind)
                size += path.utf8.count
            }
        }
        return size > 0 ? requests + [current] : requests
    }
}

extension SetWatches2 {
    fileprivate static func empty(since zxid: ZXID) -> SetWatches2 {
        SetWatches2(relativeZXID: zxid, data: [], exist: [], child: [], persistent: [], persistentRecursive: [])
    }

    fileprivate mutating func append(_ path: String, _ kind: ClientWatches.Kind) {
        switch kind {
        case .data: data?.append(path)
        case .exist: exist?.append(path)
        case .child: child?.append(path)
        case .persistent: persistent?.append(path)
        case .persistentRecursive: persistentRecursive?.append(path)
        }
    }
}
