import DurableFiles
import Synchronization
import ZooKeeperClient

/// The tasks behind a ``ServiceCache``: one takes the changes from the watch, one reads what they are about, many at once, one
/// knows how the session fares, one writes the copy.
final class CacheFollower: Sendable {
    let contents = CacheContents()
    let copy: ServiceCopy?
    private let client: ZooKeeperClient
    private let layout: RegistryLayout
    private let service: String
    private let servicePath: String
    private let instancesPath: String
    private let rulesPath: String?
    private let options: CacheOptions
    private let workList = WorkList()
    private let cached: Mutex<Cached>
    /// The version of the snapshot that the copy holds; held while it is written.
    private let writing = Mutex(-1)
    /// Whether the client's session has ended and no other follows: who follows the session says what comes of that.
    private let hasEnded = Atomic(false)

    private struct Cached {
        var service: CachedService
        /// What the registry said last, is what it says now, as far as its connection goes.
        var age: ServiceSnapshot.Age? = .unread
        var graceEnds: Task<Void, Never>?
    }

    /// Requests on their way at a time.
    private static let window = 256

    init(client: ZooKeeperClient, layout: RegistryLayout, service: String, options: CacheOptions)
        throws(InvalidInstance)
    {
        self.client = client
        self.layout = layout
        self.service = service
        self.options = options
        servicePath = try layout.service(service)
        instancesPath = try layout.instances(of: service)
        rulesPath = try layout.rules(of: service)
        copy = options.directory.map { ServiceCopy(directory: $0, layout: layout, service: service) }
        cached = Mutex(Cached(service: CachedService(layout: layout, service: service)))
    }

    // MARK: Listening

    func listen() async {
        await withRetries { [self] in
            for try await change in client.changes(of: servicePath, recursive: true) {
                workList.add { $0.add(change, layout: layout, service: servicePath) }
            }
        }
    }

    /// Does `body` until it ends well, with pauses; what cannot be got over is told to who waits.
    private func withRetries(_ body: () async throws -> Void) async {
        var pause = Duration.milliseconds(100)
        while !Task.isCancelled {
            do {
                return try await body()
            } catch {
                if Task.isCancelled || hasEnded.load(ordering: .relaxed) { return }
                switch (error as? ZooKeeperError)?.code {
                // The watch tells when to read again.
                case .connectionLoss, .requestTimeout, .operationTimeout, .sessionExpired, .sessionMoved: break
                default:
                    options.report(.failed("\(service) cannot be read: \(error)"))
                    contents.fail(error)
                }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    // MARK: Reading

    func work() async {
        while let work = await workList.next() {
            await withRetries { [self] in
                switch work {
                case .all: try await readAll()
                case .some(let instances, let rules): try await read(instances, rules: rules)
                }
            }
            if Task.isCancelled { return }
        }
    }

    private func readAll() async throws {
        let (reads, rules, directory) = try await everything()
        let (lost, notices) = cached.withLock { cached in
            cached.age = client.state.isConnected ? nil : .disconnected
            return cached.service.replace(with: reads, rules: rules, directory: directory)
        }
        notices.forEach(options.report)
        if lost > 0 { beginGrace(lost) }
        publish()
    }

    /// What the registry has, read by itself.
    func readOnce() async throws -> [ServiceEntry] {
        let (reads, rules, directory) = try await everything()
        return cached.withLock { cached in
            cached.service.replace(with: reads, rules: rules, directory: directory).notices.forEach(options.report)
            return cached.service.known
        }
    }

    private func everything() async throws -> (reads: [CachedService.Read], rules: [String], directory: ZXID?) {
        var names: [String] = []
        var directory: ZXID?
        do {
            let (children, stat) = try await client.getChildren(instancesPath)
            names = children
            directory = stat.czxid
        } catch ErrorCode.noNode {}
        var rules: [String] = []
        if let rulesPath {
            do { rules = try await client.getChildren(rulesPath).names } catch ErrorCode.noNode {}
        }
        return (try await readInstances(names).compactMap(\.read), rules, directory)
    }

    private func read(_ instances: [String: Bool], rules: [String: Bool]) async throws {
        let reads = try await readInstances(instances.filter(\.value).map(\.key))
        let notices = cached.withLock { cached -> [RegistryNotice] in
            var notices: [RegistryNotice] = []
            for (node, exists) in instances where !exists { cached.service.remove(node) }
            for (node, exists) in rules { cached.service.setRule(node, exists: exists) }
            for (node, read) in reads {
                if let read { notices += cached.service.update(read) } else { cached.service.remove(node) }
            }
            return notices
        }
        notices.forEach(options.report)
        publish()
    }

    /// What is missing by now is nil.
    private func readInstances(_ nodes: [String]) async throws -> [(node: String, read: CachedService.Read?)] {
        guard layout.readsData else {
            return nodes.map { ($0, CachedService.Read(node: $0, data: .success([]), session: nil, registered: .zero)) }
        }
        return try await withThrowingTaskGroup(of: (String, CachedService.Read?).self) {
            [client, instancesPath] group in
            var results: [(String, CachedService.Read?)] = []
            results.reserveCapacity(nodes.count)
            for (index, node) in nodes.enumerated() {
                if index >= Self.window, let result = try await group.next() { results.append(result) }
                group.addTask {
                    do {
                        let (data, stat) = try await client.getData("\(instancesPath)/\(node)")
                        let session = stat.ephemeralOwner == .none ? nil : stat.ephemeralOwner
                        return (
                            node,
                            CachedService.Read(
                                node: node, data: .success(data ?? []), session: session, registered: stat.czxid)
                        )
                    } catch ErrorCode.noNode {
                        return (node, nil)
                    } catch let error as ZooKeeperError where [.noAuth, .marshallingError].contains(error.code) {
                        // It is about this znode alone. The others shall be known all the same.
                        let reason = Unreadable("it cannot be read: \(error.code)")
                        return (
                            node,
                            CachedService.Read(node: node, data: .failure(reason), session: nil, registered: .zero)
                        )
                    }
                }
            }
            for try await result in group { results.append(result) }
            return results
        }
    }

    private func publish() {
        // Within the lock, so that nobody overtakes.
        cached.withLock { cached in
            contents.publish(
                ServiceSnapshot(
                    entries: cached.service.known,
                    age: cached.age ?? (cached.service.lost.isEmpty ? nil : .lostByRegistry),
                    version: cached.service.version))
        }
    }

    private func beginGrace(_ count: Int) {
        options.report(.kept(service: service, count: count, for: options.grace))
        let task = Task { [weak self, grace = options.grace] in
            guard (try? await Task.sleep(for: grace)) != nil, let self else { return }
            let dropped = cached.withLock { $0.service.endGrace() }
            if dropped > 0 { options.report(.dropped(service: service, count: dropped)) }
            publish()
        }
        cached.withLock { cached in
            cached.graceEnds?.cancel()
            cached.graceEnds = task
        }
    }

    // MARK: The session

    func followSession() async {
        let patience = Task { [weak self, patience = options.patience] in
            guard (try? await Task.sleep(for: patience)) != nil else { return }
            self?.makeDo("the registry did not answer within \(patience)")
        }
        defer { patience.cancel() }
        for await state in client.states {
            guard !Task.isCancelled else { return }
            // A connection alone makes nothing new: what is read then does. The state may be one of before.
            guard !state.isConnected else { continue }
            let isNews = cached.withLock { cached in
                guard cached.age == nil, !client.state.isConnected else { return false }
                cached.age = .disconnected
                return true
            }
            if isNews { publish() }
        }
        hasEnded.store(true, ordering: .relaxed)
        if !Task.isCancelled { makeDo("the client has ended: \(client.state)") }
    }

    /// The registry has not been read in time, or never will be.
    private func makeDo(_ reason: String) {
        guard contents.snapshot.age == .unread else { return }
        do {
            if let copy, let (entries, written) = try copy.read() {
                let isNeeded = cached.withLock { cached in
                    guard cached.age == .unread else { return false }
                    cached.service.load(entries)
                    cached.age = .fromDisk(written: written)
                    return true
                }
                guard isNeeded else { return }
                options.report(.loadedFromDisk(service: service, count: entries.count, path: copy.path))
                return publish()
            }
        } catch {
            options.report(.diskProblem("\(copy?.path ?? service) cannot be read: \(error)"))
        }
        let problem = client.lastProblem.map { "; \($0)" } ?? ""
        contents.fail(
            RegistryUnavailable(
                service: service, detail: "\(reason)\(problem)"))
    }

    // MARK: The copy

    func save() async {
        for await snapshot in contents.snapshots() where snapshot.age == nil {
            write(snapshot)
            guard (try? await Task.sleep(for: options.writeInterval)) != nil else { return }
        }
    }

    /// Writes the copy, unless the snapshot is an old one: that would pass for what the registry has now.
    func write(_ snapshot: ServiceSnapshot) {
        guard let copy, snapshot.age == nil else { return }
        do {
            try writing.withLock { written in
                guard written != snapshot.version else { return }
                try copy.write(snapshot.entries, written: WallClock.milliseconds())
                written = snapshot.version
            }
        } catch {
            options.report(.diskProblem("the copy of \(service) is not written: \(error)"))
        }
    }
}

/// What is to be read: from the task that listens to the task that reads. What comes while that reads is gathered, so that ten
/// thousand changes are not ten thousand rounds.
private final class WorkList: Sendable {
    private let state = Mutex(CacheWork.nothing)
    private let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    func add(_ change: (inout CacheWork) -> Void) {
        state.withLock { change(&$0) }
        signal.yield()
    }

    /// Waits for something; nil when the task is cancelled.
    func next() async -> CacheWork? {
        while true {
            let work = state.withLock { work -> CacheWork in
                defer { work = .nothing }
                return work
            }
            if work != .nothing { return work }
            var iterator = signals.makeAsyncIterator()
            guard await iterator.next() != nil else { return nil }
        }
    }
}
