import ZooKeeperClient

/// What a cache knows of one service, and what a change makes of that. Pure: no client, no clock, no file.
struct CachedService: Sendable {
    let layout: RegistryLayout
    let service: String
    /// By node, ascending.
    private(set) var entries: [ServiceEntry] = []
    /// As the registry has them, before ``rules``.
    private var rules: Set<String> = []
    /// What was said of a znode that is no instance, by node.
    private var unreadable: [String: String] = [:]
    /// Entries that the registry has lost, by node: until they register again, or the grace ends.
    private(set) var lost: [String: ServiceEntry] = [:]
    /// The czxid of the parent of the instances, when it was read last; nil when it was missing.
    private var directory: ZXID?
    private var wasRead = false
    private(set) var version = 0

    init(layout: RegistryLayout, service: String) {
        self.layout = layout
        self.service = service
    }

    /// One znode as it was read.
    struct Read: Sendable {
        var node: String
        /// Or why it could not be read.
        var data: Result<[UInt8], Unreadable>
        var session: SessionID?
        var registered: ZXID
    }

    /// The copy on disk, as long as nothing was read.
    mutating func load(_ copy: [ServiceEntry]) {
        guard !wasRead else { return }
        entries = copy.sorted { $0.node < $1.node }
        version += 1
    }

    /// Everything was read anew: the registry has these and no others.
    ///
    /// What was known before and is missing now is gone; unless the registry has lost it: it came back empty, or with another parent of
    /// the instances than before.
    mutating func replace(
        with reads: [Read], rules: [String], directory: ZXID?
    ) -> (lost: Int, notices: [RegistryNotice]) {
        let before = entries
        var notices: [RegistryNotice] = []
        var readable: [ServiceEntry] = []
        let names = Set(reads.map(\.node))
        unreadable = unreadable.filter { names.contains($0.key) }
        for read in reads { if let entry = entry(read, &notices) { readable.append(entry) } }
        entries = readable.sorted { $0.node < $1.node }
        self.rules = Set(rules)
        let isOther = directory != self.directory || reads.isEmpty
        // What comes from disk is not missed: it is as old as may be.
        if wasRead, isOther {
            for entry in before where !names.contains(entry.node) { lost[entry.node] = entry }
        }
        settleLost()
        wasRead = true
        self.directory = directory
        version += 1
        return (lost.count, notices)
    }

    /// A znode was made or changed.
    mutating func update(_ read: Read) -> [RegistryNotice] {
        var notices: [RegistryNotice] = []
        if let entry = entry(read, &notices) { insert(entry) } else { removeEntry(read.node) }
        settleLost()
        version += 1
        return notices
    }

    /// A znode was deleted.
    mutating func remove(_ node: String) {
        unreadable[node] = nil
        removeEntry(node)
        version += 1
    }

    mutating func setRule(_ node: String, exists: Bool) {
        if exists { rules.insert(node) } else { rules.remove(node) }
        version += 1
    }

    /// The registry has had its time.
    mutating func endGrace() -> Int {
        defer {
            lost = [:]
            version += 1
        }
        return lost.count
    }

    /// All that consumers shall know of, by node: those that the registry has, and those that it lost.
    var known: [ServiceEntry] {
        var all = entries
        if !lost.isEmpty { all = (all + lost.values).sorted { $0.node < $1.node } }
        guard !rules.isEmpty else { return all }
        return all.map { entry in
            guard rules.contains(where: { DubboLayout.rule($0, disables: entry.instance) }) else { return entry }
            var entry = entry
            entry.instance.isEnabled = false
            return entry
        }
    }

    private mutating func entry(_ read: Read, _ notices: inout [RegistryNotice]) -> ServiceEntry? {
        do throws(UnreadableInstance) {
            let instance = try layout.instance(service: service, node: read.node, data: read.data)
            unreadable[read.node] = nil
            return ServiceEntry(
                node: read.node, instance: instance, session: read.session, registered: read.registered)
        } catch {
            if unreadable.updateValue(error.reason, forKey: read.node) != error.reason {
                notices.append(.unreadable(error))
            }
            return nil
        }
    }

    private func index(of node: String) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].node < node { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func insert(_ entry: ServiceEntry) {
        let index = index(of: entry.node)
        if index < entries.count, entries[index].node == entry.node {
            entries[index] = entry
        } else {
            entries.insert(entry, at: index)
        }
    }

    private mutating func removeEntry(_ node: String) {
        let index = index(of: node)
        if index < entries.count, entries[index].node == node { entries.remove(at: index) }
    }

    /// One that has registered again, perhaps under another name, is not lost.
    private mutating func settleLost() {
        guard !lost.isEmpty else { return }
        let endpoints = Set(entries.map(\.instance.endpoint))
        let nodes = Set(entries.map(\.node))
        lost = lost.filter { !nodes.contains($0.key) && !endpoints.contains($0.value.instance.endpoint) }
    }
}

extension [ServiceEntry] {
    /// Those that may be chosen: enabled, with an address. Of several for one endpoint only the one registered last: the others are what a
    /// provider left behind that was restarted.
    public var choosable: [ServiceEntry] {
        var newest: [String: Int] = [:]
        for (index, entry) in enumerated() where entry.instance.address != nil {
            let endpoint = entry.instance.endpoint
            guard let other = newest[endpoint] else {
                newest[endpoint] = index
                continue
            }
            if self[other].registered < entry.registered { newest[endpoint] = index }
        }
        return newest.values.sorted().map { self[$0] }.filter(\.instance.isEnabled)
    }
}
