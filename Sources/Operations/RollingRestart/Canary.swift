import Planning
import Synchronization
import ZooKeeperClient

/// A client that writes every 10 ms while servers are restarted, to show what a user's client would have felt: how long no
/// write was acknowledged, and whether an acknowledged one was lost.
///
/// It overwrites one znode of its own, which it removes at the end (one that an earlier canary left behind, too).
final class Canary: Sendable {
    /// What came of it.
    struct Result: Hashable, Sendable {
        var record: CanaryRecord
        /// Why the last acknowledged write could not be read back; nil when it was.
        var failure: String?
    }

    static let path = "/paddock-canary"
    static let interval: Duration = .milliseconds(10)

    private let servers: ConnectString
    private let record: Mutex<CanaryRecord>
    private let isStopping = Mutex(false)
    private let task = Mutex<Task<String?, Never>?>(nil)

    init(_ members: [Member]) {
        servers = ConnectString(servers: members.map { ServerAddress(host: $0.clientHost, port: $0.clientPort) })
        record = Mutex(CanaryRecord(start: .now()))
    }

    func start() {
        let writing = Task { await write() }
        task.withLock { $0 = writing }
    }

    /// Stops writing, reads back what was acknowledged last, and removes the znode.
    func finish() async -> Result {
        isStopping.withLock { $0 = true }
        let failure = await task.withLock { $0 }?.value
        return Result(record: record.withLock { $0 }, failure: failure ?? nil)
    }

    /// Until it is told to stop. Returns why the end could not be verified, if so.
    private func write() async -> String? {
        var configuration = ClientConfiguration()
        configuration.connectTimeout = .seconds(2)
        // It shows what the servers do, not what a client makes of it.
        configuration.retries = .never
        var client = ZooKeeperClient(servers, configuration: configuration)
        var counter: UInt64 = 0
        var next = Instant.now()
        while !isStopping.withLock({ $0 }) {
            counter += 1
            do {
                let stat = try await client.setData(Self.path, Array("\(counter)".utf8))
                record.withLock { $0.acknowledged(version: stat.version, at: .now()) }
            } catch ErrorCode.noNode {
                // The first time; later it would be a loss, which the version tells: it begins anew.
                _ = try? await client.create(Self.path)
            } catch {
                // Of unknown outcome, or not sent: the next one counts.
            }
            if client.state.isFinal { client = ZooKeeperClient(servers, configuration: configuration) }
            let now = Instant.now()
            next = max(next + Self.interval, now)
            try? await Task.sleep(for: next - now)
        }
        let failure = await verify(client)
        await client.close()
        return failure
    }

    private func verify(_ client: ZooKeeperClient) async -> String? {
        for attempt in 1... {
            do {
                try await client.sync(Self.path)
                let stat = try await client.exists(Self.path)
                record.withLock { $0.finished(version: stat?.version, at: .now()) }
                if stat != nil { try? await client.delete(Self.path) }
                return nil
            } catch let error as ZooKeeperError where error.isOutcomeUnknown && attempt < 5 {
                continue
            } catch {
                return "\(error)"
            }
        }
        return nil
    }
}
