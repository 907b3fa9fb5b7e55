import Foundation
import FoundationNetworking
import ServiceDiscovery
import ZooKeeperClient

/// Asks the service "greeter" over and over, wherever it is, and says who answered. usage: example-consumer CONNECT SECONDS
@main struct Consumer {
    static func main() async throws {
        let connect = try ConnectString(CommandLine.arguments[1])
        let seconds = Int(CommandLine.arguments[2]) ?? 10

        var configuration = ClientConfiguration()
        configuration.whenExpired = .renew
        let registry = ServiceRegistry(ZooKeeperClient(connect, configuration: configuration))
        let greeter = try registry.provider(of: "greeter", strategy: .roundRobin)

        var requests = 0
        var failures = 0
        let end = ContinuousClock.now + .seconds(seconds)
        var answeredBy = ""
        while ContinuousClock.now < end {
            requests += 1
            do {
                let answer = try await greeter.withInstance { instance in try await get(instance.endpoint) }
                if answer != answeredBy { print(answer) }
                answeredBy = answer
            } catch {
                failures += 1
                print("failed: \(error)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        print("\(requests > 100 ? "more than 100" : "\(requests)") requests, \(failures) failed")
        exit(failures == 0 ? 0 : 1)
    }

    static func get(_ endpoint: String) async throws -> String {
        var request = URLRequest(url: URL(string: "http://\(endpoint)/")!)
        request.timeoutInterval = 2
        let (data, _) = try await URLSession.shared.data(for: request)
        return String(decoding: data, as: UTF8.self)
    }
}
