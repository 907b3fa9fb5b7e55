import ZooKeeperClient
import ZooKeeperRecipes

/// For tests that kill it: holds a lock until then. Its words are the servers, the lock's path and the session timeout in milliseconds.
@main
enum LockHolder {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 4, let timeout = Int(words[3]) else { fatalError("lock-holder SERVERS PATH MILLISECONDS") }
        var configuration = ClientConfiguration()
        configuration.sessionTimeout = .milliseconds(timeout)
        let client = try await ZooKeeperClient.connect(to: ConnectString(words[1]), configuration: configuration)
        try await DistributedLock(client, at: words[2], id: "doomed").withLock { _ in
            while true { try await Task.sleep(for: .seconds(600)) }
        }
    }
}
