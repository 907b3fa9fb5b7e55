import Glibc
import ServiceDiscovery
import ZooKeeperClient

/// Follows the service "web" and prints, whenever its cache has changed, when (nanoseconds of the steady clock) and how many instances
/// it has. usage: RegistryConsumer CONNECT
@main struct RegistryConsumer {
    static func main() async throws {
        var configuration = ClientConfiguration()
        configuration.whenExpired = .renew
        let client = ZooKeeperClient(try ConnectString(CommandLine.arguments[1]), configuration: configuration)
        var options = CacheOptions()
        options.patience = .seconds(60)
        let cache = try ServiceRegistry(client).cache(of: "web", options: options)
        for await snapshot in cache.snapshots where snapshot.age == nil {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            print(now.tv_sec * 1_000_000_000 + now.tv_nsec, snapshot.entries.count)
            fflush(nil)
        }
    }
}
