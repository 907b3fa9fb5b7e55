import ZooKeeperClient
import ZooKeeperRecipes

// The examples of Docs/recipes.md as they stand there, and what they call. `DocumentationTests` compares the two and runs them.

struct Examples {
    let client: ZooKeeperClient

    static func connect(_ servers: String) async throws -> ZooKeeperClient {
        var configuration = ClientConfiguration()
        configuration.sessionTimeout = .seconds(10)
        configuration.whenExpired = .renew
        let client = try await ZooKeeperClient.connect(to: ConnectString(servers), configuration: configuration)
        return client
    }

    func lock() async throws {
        let lock = DistributedLock(client, at: "/locks/billing", id: "host-7")
        try await lock.withLock(timeout: .seconds(30)) { token in
            try await ledger.post(invoice, fencedBy: token)
        }
    }

    func readWriteLock() async throws {
        let lock = DistributedReadWriteLock(client, at: "/locks/catalogue")
        let price = try await lock.withReadLock { _ in try await catalogue.price(of: "tea") }
        try await lock.withWriteLock { token in try await catalogue.set("tea", price + 1, fencedBy: token) }
    }

    func election() async throws {
        let election = LeaderElection(client, at: "/scheduler/leader", id: "host-7")
        while !Task.isCancelled {
            do {
                try await election.lead { term in try await schedule(term) }
                break
            } catch RecipeError.lost(_, _, let reason) {
                print("no longer leading: \(reason)")
            }
        }
    }

    func semaphore() async throws {
        let licences = DistributedSemaphore(client, at: "/licences", leases: 3)
        try await licences.withLease { _ in try await convert(file) }
    }

    func barriers() async throws -> Int {
        let gate = DistributedBarrier(client, at: "/release/gate")
        try await gate.wait(timeout: .seconds(60))

        let race = DistributedDoubleBarrier(client, at: "/race", members: 2)
        let seconds = try await race.together(timeout: .seconds(60)) { try await run() }
        return seconds
    }

    func counter() async throws -> Int {
        let orders = DistributedCounter(client, at: "/counters/orders")
        let number = try await orders.add(1)
        return number
    }

    func queues() async throws {
        let mail = DistributedQueue(client, at: "/mail")
        try await mail.put(Array("hello".utf8))
        let text = try await mail.take(timeout: .seconds(5))

        let jobs = LockingQueue(client, at: "/jobs")
        try await jobs.put(text, priority: 10)
        try await jobs.work { job, token in try await deliver(job, fencedBy: token) }
    }

    func cache() async throws {
        let config = TreeCache(client, at: "/config")
        try await config.whileCurrent {
            let level = config["/config/log/level"]?.data
            print(level ?? [], config.children(of: "/config"))
        }
    }

    func group() async throws {
        let workers = Group(client, at: "/workers")
        try await workers.withMembership(as: "host-7", data: Array("10.0.0.7:8080".utf8)) {
            for try await members in workers.memberChanges() {
                try await share(work, among: members.map(\.id))
            }
        }
    }

    func ephemeral() async throws {
        let presence = PersistentEphemeral(client, at: "/hosts/7", data: Array("up".utf8))
        try await presence.whilePresent {
            try await serve()
            try await presence.setData(Array("draining".utf8))
        }
    }

    // MARK: What they call

    private struct Store: Sendable {
        func post(_ invoice: String, fencedBy token: FencingToken) async throws {}
        func price(of name: String) async throws -> Int { 1 }
        func set(_ name: String, _ price: Int, fencedBy token: FencingToken) async throws {}
    }

    struct Enough: Error {}

    private var ledger: Store { Store() }
    private var catalogue: Store { Store() }
    private var invoice: String { "invoice" }
    private var file: String { "file" }
    private var work: String { "work" }
    private func schedule(_ term: FencingToken) async throws {}
    private func convert(_ file: String) async throws {}
    private func run() async throws -> Int { 7 }
    private func serve() async throws {}
    private func deliver(_ job: [UInt8], fencedBy token: FencingToken) async throws {}
    private func share(_ work: String, among members: [String]) async throws {
        if members == ["host-7"] { throw Enough() }
    }
}
