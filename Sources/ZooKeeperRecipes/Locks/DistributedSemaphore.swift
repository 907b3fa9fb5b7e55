import ZooKeeperClient

/// A number of leases that processes share: no more than so many hold one.
///
/// **Guarantees.** At most `leases` holders at any moment, if all who take part say the same number. They get them in the order in
/// which they came. A holder is told of its loss as with ``DistributedLock``; the token is the czxid of its lease.
///
/// Recipes: Curator's `InterProcessSemaphoreV2` (`PATH/locks`, `PATH/leases`); kazoo's `Semaphore` (`PATH`, whose data is the number, and
/// `PATH-__lock__`).
public struct DistributedSemaphore: Sendable {
    private let client: ZooKeeperClient
    private let path: String
    private let leases: Int
    private let style: NameStyle
    private let data: [UInt8]

    /// - Parameter leases: How many may hold one. With kazoo's names it is kept at the path, and whoever says another number is refused.
    public init(_ client: ZooKeeperClient, at path: String, leases: Int, names: NameStyle = .curator, id: String = "") {
        self.client = client
        self.path = path
        self.leases = leases
        style = names
        data = Array(id.utf8)
    }

    /// Waits for a lease, calls `body` in a task of its own, and gives the lease back; errors as ``DistributedLock/withLock(timeout:_:)``.
    public func withLease<Value: Sendable>(
        timeout: Duration? = nil, _ body: @escaping @Sendable (FencingToken) async throws -> Value
    ) async throws -> Value {
        guard let own = try await within(timeout, { try await acquire() }) else {
            throw RecipeError.timeout(path: path, after: timeout ?? .zero)
        }
        return try await Holding.hold(client, own, of: path, body)
    }

    /// What the holders call themselves, in no order.
    public func holders() async throws -> [String] {
        var holders: [String] = []
        do {
            for name in try await client.getChildren(leasesPath).names {
                do {
                    let data = try await client.getData(ZNodeName.path(leasesPath, name)).data
                    holders.append(String(decoding: data ?? [], as: UTF8.self))
                } catch ErrorCode.noNode {
                    // Given back since.
                }
            }
        } catch ErrorCode.noNode {
            // Nobody has had one yet.
        }
        return holders
    }

    private var leasesPath: String { style == .curator ? ZNodeName.path(path, "leases") : path }
    private var lockPath: String { style == .curator ? ZNodeName.path(path, "locks") : path + "-__lock__" }

    /// One at a time, under a lock, looks for a free lease: so only one watches them, and they are handed out in order.
    ///
    /// Nobody needs to watch over that lock: whoever loses it has lost the session too, and a lease of another session does not count.
    private func acquire() async throws -> OwnZNode {
        if style == .kazoo { try await agreeOnNumber() }
        let lock = Contention(client: client, path: lockPath, kind: .lock, style: style, data: data)
        while true {
            let turn = try await lock.acquire()
            defer { client.removeInBackground(turn) }
            do {
                if let lease = try await takeLease(under: turn) { return lease }
            } catch let error where ErrorCode.sessionExpired ~= error {
                // To the end of the queue.
                try await client.awaitNewSession(after: error)
            }
        }
    }

    /// Nil when our lease is gone before it was one, or when our turn was over before the lease was made.
    func takeLease(under turn: OwnZNode) async throws -> OwnZNode? {
        switch style {
        case .curator:
            // Made first and counted then: everyone's count includes all leases made before his.
            let prefix = "_c_\(RandomID.random().dashed)-lease-"
            let lease = try await client.createEphemeral(
                in: leasesPath, prefix, isSequential: true, data: data, style)
            guard keeps(lease, under: turn) else { return nil }
            do {
                return try await waitForLeases { $0.contains(lease.name) ? $0.count <= leases : nil } ? lease : nil
            } catch {
                client.removeInBackground(lease)
                throw error
            }
        case .kazoo:
            _ = try await waitForLeases { $0.count < leases }
            let lease = try await client.createEphemeral(
                in: leasesPath, RandomID.random().hex, isSequential: false, data: data, style)
            return keeps(lease, under: turn) ? lease : nil
        }
    }

    /// A client that renews its session may have lost the lock and make the lease all the same, beside the next one in turn: it goes again.
    private func keeps(_ lease: OwnZNode, under turn: OwnZNode) -> Bool {
        if lease.session == turn.session { return true }
        client.removeInBackground(lease)
        return false
    }

    /// Waits until `isFree` says yes to the leases there are; false when it says nil.
    private func waitForLeases(_ isFree: ([String]) -> Bool?) async throws -> Bool {
        try await client.repeating {
            while true {
                let (names, _, watch) = try await client.getChildren(watching: leasesPath)
                guard let free = isFree(names) else { return false }
                if free { return true }
                _ = try await watch.event()
            }
        }
    }

    private func agreeOnNumber() async throws {
        do {
            try await client.create(path, data: Array(String(leases).utf8))
        } catch ErrorCode.noNode {
            try await client.makePath(ZNodeName.parent(of: path), style)
            return try await agreeOnNumber()
        } catch ErrorCode.nodeExists {
            let data = try await client.getData(path).data ?? []
            // kazoo takes data that is no number for somebody's own.
            guard let number = Int(String(decoding: data, as: UTF8.self)), number != leases else { return }
            throw RecipeError.foreign(path: path, detail: "it says \(number) leases, this semaphore \(leases)")
        }
    }
}
