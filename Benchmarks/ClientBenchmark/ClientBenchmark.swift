import ArgumentParser
import ZooKeeperClient

/// One session of ZooKeeperClient under load; `clients.py` runs it beside kazoo and Apache's Java client. Prints operations a second.
@main struct ClientBenchmark: AsyncParsableCommand {
    @Argument var port: Int
    @Argument(help: "get or set.") var operation: String
    @Argument(help: "Requests in flight.") var inFlight: Int
    @Argument(help: "Seconds of warming up, and of measuring.") var seconds: Double

    func run() async throws {
        let client = try await ZooKeeperClient.connect(to: ConnectString("127.0.0.1:\(port)"))
        let path = "/bench-swift"
        do { try await client.create(path, data: [UInt8](repeating: 0, count: 100)) } catch ErrorCode.nodeExists {}
        _ = try await load(client, path)
        print(try await load(client, path))
        await client.close()
    }

    /// Operations a second.
    private func load(_ client: ZooKeeperClient, _ path: String) async throws -> Int {
        let isSet = operation == "set"
        let clock = ContinuousClock()
        let began = clock.now
        let end = began + .seconds(seconds)
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<inFlight {
                group.addTask {
                    let data = [UInt8](repeating: 1, count: 100)
                    var count = 0
                    repeat {
                        if isSet { try await client.setData(path, data) } else { _ = try await client.getData(path) }
                        count += 1
                    } while clock.now < end
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Int(Double(count) / ((clock.now - began) / .seconds(1)))
    }
}
