import NIOConcurrencyHelpers
import ZooKeeperClient

/// Clients that write without a pause while servers come and go, and remember what they were told.
///
/// Each writer has a session of its own and begins eight writes at a time: znodes that nobody else makes, and a counter. What
/// is acknowledged must be there in the end, on every server, and nothing may be there that was not begun. Beside them each
/// server has a client that sends writes, syncs and reads without waiting for the answers.
package final class EnsembleLoad: Sendable {
    private struct Record {
        var begun: Set<String> = []
        var acknowledged: Set<String> = []
        /// Of each writer: the last value of its counter that was begun, and acknowledged.
        var counters: [(begun: Int, acknowledged: Int)]
        var sessionsLost = 0
        var unexpected: [String] = []
        var isStopping = false
    }

    private let ensemble: TestEnsemble
    private let record: NIOLockedValueBox<Record>
    private let writers: Int
    private let pipelined: [PipelinedClient]
    /// Below it are `written`, `counters`, `alive` and `pipelined`.
    private let root: String

    private init(_ ensemble: TestEnsemble, writers: Int, root: String) {
        self.ensemble = ensemble
        self.root = root
        self.writers = writers
        pipelined = ensemble.servers.map { PipelinedClient(of: $0, path: root + "/pipelined/\($0.id)") }
        record = NIOLockedValueBox(Record(counters: Array(repeating: (0, 0), count: writers)))
    }

    /// Lets `body` run under load, then ends the load and checks what it has left on every server.
    package static func with(
        _ ensemble: TestEnsemble, writers: Int = 4, isolation: isolated (any Actor)? = #isolation,
        _ body: (EnsembleLoad) async throws -> Void
    ) async throws {
        let root = try await ensemble.withClient { client in
            let root = try await client.create("/load-", mode: .persistentSequential).path
            for name in ["/written", "/counters", "/alive", "/pipelined"] { try await client.create(root + name) }
            for writer in 0..<writers { try await client.create(root + "/counters/\(writer)") }
            for server in ensemble.servers { try await client.create(root + "/pipelined/\(server.id)") }
            return root
        }
        let load = EnsembleLoad(ensemble, writers: writers, root: root)
        let tasks = (0..<writers).map { writer in Task { await load.write(writer) } }
        for client in load.pipelined { client.start() }
        func stop() async {
            load.record.withLockedValue { $0.isStopping = true }
            for client in load.pipelined { client.stop() }
            for task in tasks { await task.value }
        }
        do {
            try await body(load)
            try await load.pipelinedGetOn()
        } catch {
            await stop()
            throw error
        }
        await stop()
        try await eventually("every pipelining client has ended", within: .seconds(90)) {
            load.pipelined.allSatisfy(\.hasEnded)
        }
        try await load.check()
    }

    private var isStopping: Bool { record.withLockedValue { $0.isStopping } }

    package var acknowledgedCount: Int { record.withLockedValue { $0.acknowledged.count } }

    /// Waits until every writer has had writes acknowledged that it began after now.
    package func progress() async throws {
        let before = record.withLockedValue { $0.counters.map(\.begun) }
        try await eventually("every writer gets on") {
            record.withLockedValue { record in
                zip(record.counters, before).allSatisfy { $0.acknowledged > $1 + 1 } || !record.unexpected.isEmpty
            }
        }
    }

    /// Waits until the pipelining client of every server that is awake has been answered what it asked after now.
    private func pipelinedGetOn() async throws {
        let before = pipelined.map(\.values.begun)
        try await eventually("every pipelining client gets on") {
            zip(pipelined, before).allSatisfy { client, begun in
                client.values.acknowledged > begun || !client.server.isAwake || !client.problems.isEmpty
            }
        }
    }

    // MARK: Writing

    private func write(_ writer: Int) async {
        var session = 0
        while !isStopping {
            session += 1
            let client = ZooKeeperClient(
                ConnectString(servers: ensemble.addresses), configuration: TestEnsemble.clientConfiguration)
            await attempt { try await client.create(root + "/alive/\(writer)-\(session)", mode: .ephemeral) }
            while !isStopping, !client.state.isFinal { await writeEight(writer, client) }
            if client.state.isFinal { record.withLockedValue { $0.sessionsLost += 1 } }
            await client.close()
        }
    }

    private func writeEight(_ writer: Int, _ client: ZooKeeperClient) async {
        let number = record.withLockedValue { record in
            record.counters[writer].begun += 1
            let number = record.counters[writer].begun
            for index in 0..<8 { record.begun.insert("\(writer)-\(number)-\(index)") }
            return number
        }
        await withTaskGroup { group in
            for index in 0..<8 {
                group.addTask { [self] in
                    let name = "\(writer)-\(number)-\(index)"
                    let done = await attempt {
                        try await client.create(root + "/written/" + name, data: Array(name.utf8))
                    }
                    if done { record.withLockedValue { _ = $0.acknowledged.insert(name) } }
                }
            }
        }
        // A pace that leaves the servers time for their other business.
        try? await Task.sleep(for: .milliseconds(10))
        if await attempt({ try await client.setData(root + "/counters/\(writer)", Array("\(number)".utf8)) }) {
            record.withLockedValue { $0.counters[writer].acknowledged = number }
        }
    }

    /// Whether it is certain to have happened. What can happen when servers come and go is no failure; all else is kept.
    @discardableResult
    private func attempt<Value>(_ body: () async throws -> Value) async -> Bool {
        do {
            _ = try await body()
            return true
        } catch ErrorCode.connectionLoss, ErrorCode.sessionExpired, ErrorCode.requestTimeout {
            return false
        } catch {
            record.withLockedValue { $0.unexpected.append("\(error)") }
            return false
        }
    }

    // MARK: Checking

    private func check() async throws {
        let record = record.withLockedValue { $0 }
        var problems = record.unexpected.prefix(5).map { "a write failed: \($0)" }
        problems += pipelined.flatMap { $0.problems.prefix(2) }
        if record.sessionsLost > 0 { problems.append("\(record.sessionsLost) sessions were lost") }
        if record.acknowledged.isEmpty { problems.append("nothing was written") }
        // A sync is not enough for Apache's 3.8.0 (ZOOKEEPER-4537).
        try await ensemble.waitUntilEqual()
        for server in ensemble.awake {
            try await ensemble.withClient(of: server) { client in
                let there = Set(try await client.getChildren(root + "/written").names)
                let lost = record.acknowledged.subtracting(there)
                let invented = there.subtracting(record.begun)
                if !lost.isEmpty {
                    problems.append("\(server) has lost \(lost.count) writes: \(lost.sorted().prefix(5))")
                }
                if !invented.isEmpty { problems.append("\(server) has invented \(invented.sorted().prefix(5))") }
                let alive = try await client.getChildren(root + "/alive").names
                if !alive.isEmpty { problems.append("\(server) has ephemerals of closed sessions: \(alive)") }
                let counters =
                    record.counters.enumerated().map { ("/counters/\($0)", $1) }
                    + pipelined.map { ("/pipelined/\($0.server.id)", $0.values) }
                for (name, counter) in counters {
                    let text = String(decoding: try await client.getData(root + name).data ?? [], as: UTF8.self)
                    let value = Int(text) ?? 0
                    if value < counter.acknowledged || value > counter.begun {
                        problems.append("\(server): \(name) is \(value), not in \(counter)")
                    }
                }
            }
        }
        guard problems.isEmpty else { throw TestEnsemble.Failure(description: problems.joined(separator: "\n")) }
        _ = try await ensemble.agreedDigest()
    }
}
