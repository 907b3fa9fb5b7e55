import ZooKeeperProtocol

/// Who of a client watches what: which watchers an event is for, and what each server must be told, so that it fires.
///
/// Several watchers of one znode share one watch of the server. A server of 3.8 keeps one mode for each path and connection (ZOOKEEPER-4466):
/// a read that leaves a watch turns one of addWatch into a watch that fires once, and of the two of addWatch the later one counts.
/// So a path has one watch of addWatch at most, `held`, and while there is one, reads leave none: it tells all they would. Where both
/// kinds of addWatch are wanted the recursive one is left, and `nodeChildrenChanged` follows from what happens to the children.
struct ClientWatches {
    typealias WatcherID = UInt64

    enum Kind: Hashable, CaseIterable {
        case data
        /// Left by exists on a znode that was missing.
        case exist
        case child
        case persistent
        case persistentRecursive

        /// Left by addWatch: it fires until it is taken back.
        var isLasting: Bool { self == .persistent || self == .persistentRecursive }

        /// By addWatch in this mode.
        static func left(by mode: Int32) -> Kind {
            mode == AddWatchMode.persistent.rawValue ? .persistent : .persistentRecursive
        }
    }

    private struct Watcher {
        /// Nil for the client's observer, which hears of every event anyway.
        var id: WatcherID?
        var kind: Kind
    }

    private struct Znode {
        var watchers: [Watcher] = []
        /// The watch of addWatch that was sent to the server.
        var held: Kind?
        /// Requests under way that will leave a watch.
        var underWay = 0

        /// What addWatch must have left for these watchers.
        var wanted: Kind? {
            if watchers.contains(where: { $0.kind == .persistentRecursive }) { return .persistentRecursive }
            return watchers.contains { $0.kind == .persistent } ? .persistent : nil
        }
    }

    private var znodes: [String: Znode] = [:]
    private var paths: [WatcherID: String] = [:]
    /// How many recursive watchers there are, so that nobody looks for them above every event's path.
    private var recursiveCount = 0
    /// Watches that the server still holds and nobody wants.
    private var unwanted: [WatcherRequest] = []

    // MARK: Who watches

    mutating func insert(_ path: String, _ kind: Kind, for id: WatcherID? = nil) {
        if let id { paths[id] = path } else if contains(path, kind) { return }
        znodes[path, default: Znode()].watchers.append(Watcher(id: id, kind: kind))
        if kind == .persistentRecursive { recursiveCount += 1 }
    }

    /// Whether the client's observer watches.
    func contains(_ path: String, _ kind: Kind) -> Bool {
        znodes[path]?.watchers.contains { $0.id == nil && $0.kind == kind } ?? false
    }

    /// Takes a watch of the observer back, which the server holds no more.
    mutating func remove(_ path: String, _ kind: Kind) {
        removeWatchers(of: path) { $0.id == nil && $0.kind == kind }
        if znodes[path]?.watchers.isEmpty == true { znodes[path]?.held = nil }
        tidy(path)
    }

    /// The watcher is told nothing more.
    mutating func forget(_ id: WatcherID) {
        guard let path = paths[id], let kind = removeWatchers(of: path, where: { $0.id == id }).first?.kind else {
            return
        }
        guard let znode = znodes[path] else { return }
        if znode.underWay == 0, znode.held == nil {
            // A watch that was left by a read may only go if no other watcher of its table at the server is there.
            let isOfChildren = kind == .child
            if !znode.watchers.contains(where: { ($0.kind == .child) == isOfChildren }) {
                unwanted.append(
                    WatcherRequest(path: path, type: (isOfChildren ? WatcherType.children : .data).rawValue))
            }
        }
        tidy(path)
    }

    /// Lets go of watchers whose addWatch was refused.
    mutating func dismiss(_ ids: [WatcherID]) -> [WatcherID] {
        ids.filter { id in
            guard let path = paths[id] else { return false }
            removeWatchers(of: path) { $0.id == id }
            znodes[path]?.held = nil
            tidy(path)
            return true
        }
    }

    /// All whose watches fire once: they end with the session. The observer watches nothing any more, either.
    mutating func endOfSession() -> [WatcherID] {
        var ended: [WatcherID] = []
        for path in znodes.keys {
            ended += removeWatchers(of: path) { $0.id == nil || !$0.kind.isLasting }.compactMap(\.id)
        }
        connectionEnded()
        return ended.sorted()
    }

    /// Everybody but the observer.
    var watchers: [WatcherID] { paths.keys.sorted() }

    func contains(_ id: WatcherID) -> Bool { paths[id] != nil }

    // MARK: What the server holds

    /// Whether a read of `path` need not leave a watch, because one of addWatch is there.
    func isHeld(_ path: String) -> Bool { znodes[path]?.held != nil }

    /// addWatch is sent for `path`, in the mode that is returned: a recursive one is not taken from the watchers who need it.
    mutating func hold(_ path: String, _ kind: Kind) -> AddWatchMode {
        let isRecursive =
            kind == .persistentRecursive
            || znodes[path]?.watchers.contains { $0.id != nil && $0.kind == .persistentRecursive } ?? false
        znodes[path, default: Znode()].held = isRecursive ? .persistentRecursive : .persistent
        return isRecursive ? .persistentRecursive : .persistent
    }

    /// A request that will leave a watch was sent; `settled` follows.
    mutating func sent(_ path: String) {
        znodes[path, default: Znode()].underWay += 1
    }

    mutating func settled(_ path: String) {
        guard let underWay = znodes[path]?.underWay, underWay > 0 else { return }
        znodes[path]?.underWay = underWay - 1
        tidy(path)
    }

    /// No server holds anything now.
    mutating func connectionEnded() {
        unwanted.removeAll()
        for path in znodes.keys {
            znodes[path]?.held = nil
            znodes[path]?.underWay = 0
        }
        znodes = znodes.filter { !$0.value.watchers.isEmpty }
    }

    /// What to send, so that the server forgets what nobody wants.
    mutating func takeUnwanted() -> [WatcherRequest] {
        if unwanted.isEmpty { return [] }
        defer { unwanted.removeAll() }
        return unwanted
    }

    /// The requests that leave everything with a new server, each of about 128 KiB of paths at most, as Java's client splits
    /// them; and the watchers of addWatch who can be told when the last one is answered.
    mutating func restore(since zxid: ZXID) -> (requests: [SetWatches2], lasting: [WatcherID]) {
        unwanted.removeAll()
        let paths = znodes.keys.sorted()
        for path in paths {
            let wanted = znodes[path]?.wanted
            znodes[path]?.held = wanted
        }
        let lasting = paths.flatMap { path in
            znodes[path]?.watchers.compactMap { $0.kind.isLasting ? $0.id : nil } ?? []
        }
        return (requests(leaving: paths, since: zxid), lasting)
    }

    /// The requests that leave again what watches `path`, of which the observer has taken back what it could; none if nobody else watches it.
    mutating func restore(_ path: String, since zxid: ZXID) -> [SetWatches2] {
        guard let znode = znodes[path], znode.watchers.contains(where: { $0.id != nil }) else { return [] }
        znodes[path]?.held = znode.wanted
        return requests(leaving: [path], since: zxid)
    }

    private func requests(leaving paths: [String], since zxid: ZXID) -> [SetWatches2] {
        var requests: [SetWatches2] = []
        var current = SetWatches2.empty(since: zxid)
        var size = 0
        for kind in Kind.allCases {
            for path in paths {
                guard let znode = znodes[path],
                    kind.isLasting ? znode.held == kind : znode.watchers.contains(where: { $0.kind == kind })
                else { continue }
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

    // MARK: Events

    /// For whom an event is, and what each is told. It uses up the watches that fire once.
    mutating func take(_ event: WatcherEvent) -> [(id: WatcherID, event: WatcherEvent)] {
        var told: [(id: WatcherID, event: WatcherEvent)] = []
        let held = znodes[event.path]?.held
        tell(event, at: event.path, to: &told) { kind in
            switch (kind, event.type) {
            case (.data, .nodeCreated), (.data, .nodeDataChanged), (.data, .nodeDeleted): true
            case (.exist, .nodeCreated), (.exist, .nodeDataChanged), (.exist, .nodeDeleted): true
            case (.child, .nodeChildrenChanged), (.child, .nodeDeleted): true
            case (.data, _), (.exist, _), (.child, _): false
            // Told by way of the children; a server of 3.9 would tell it twice.
            case (.persistent, .nodeChildrenChanged): held != .persistentRecursive
            case (.persistent, _): true
            case (.persistentRecursive, _): event.type != .nodeChildrenChanged
            }
        }
        guard event.type != .nodeChildrenChanged, let parent = ZNodePath.parent(of: event.path) else { return told }
        if event.type != .nodeDataChanged, znodes[parent]?.held == .persistentRecursive {
            let change = WatcherEvent(type: .nodeChildrenChanged, state: event.state, path: parent)
            tell(change, at: parent, to: &told) { $0 == .child || $0 == .persistent }
        }
        if recursiveCount > 0 {
            var ancestor: String? = parent
            while let path = ancestor {
                tell(event, at: path, to: &told) { $0 == .persistentRecursive }
                ancestor = ZNodePath.parent(of: path)
            }
        }
        return told
    }

    private mutating func tell(
        _ event: WatcherEvent, at path: String, to told: inout [(id: WatcherID, event: WatcherEvent)],
        _ isMeant: (Kind) -> Bool
    ) {
        guard let watchers = znodes[path]?.watchers else { return }
        var hasFired = false
        for watcher in watchers where isMeant(watcher.kind) {
            if let id = watcher.id { told.append((id, event)) }
            if !watcher.kind.isLasting { hasFired = true }
        }
        guard hasFired else { return }
        removeWatchers(of: path) { !$0.kind.isLasting && isMeant($0.kind) }
        tidy(path)
    }

    // MARK: Helpers

    @discardableResult
    private mutating func removeWatchers(of path: String, where isMeant: (Watcher) -> Bool) -> [Watcher] {
        guard let removed = znodes[path]?.watchers.filter(isMeant), !removed.isEmpty else { return [] }
        znodes[path]?.watchers.removeAll(where: isMeant)
        for watcher in removed {
            if let id = watcher.id { paths[id] = nil }
            if watcher.kind == .persistentRecursive { recursiveCount -= 1 }
        }
        return removed
    }

    /// Lets go of a znode that nobody watches, and of the watch of addWatch there.
    private mutating func tidy(_ path: String) {
        guard let znode = znodes[path], znode.watchers.isEmpty, znode.underWay == 0 else { return }
        if znode.held != nil { unwanted.append(WatcherRequest(path: path, type: WatcherType.any.rawValue)) }
        znodes[path] = nil
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
