import Testing
import ZooKeeperClient

/// A program that knows nothing of faults: it creates, sets, reads and deletes, with the client's default policy, and no error may come.
enum PlainProgram {
    /// Runs it, eight loops at once, as long as `body`.
    static func running<Result: Sendable>(
        on servers: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        let client = try await ZooKeeperClient.connect(to: ConnectString(servers))
        let root = try await client.create("/plain-", mode: .persistentSequential).path
        let loops = (0..<8).map { number in
            Task {
                var rounds = 0
                while !Task.isCancelled {
                    // What is begun is finished: cancellation is an error, too.
                    let done = rounds
                    try await Task { try await round(done, client, root + "/\(number)") }.value
                    rounds += 1
                }
                return rounds
            }
        }
        let result: Result
        do { result = try await body() } catch {
            for loop in loops { loop.cancel() }
            await client.close()
            throw error
        }
        for loop in loops { loop.cancel() }
        for loop in loops { #expect(try await loop.value > 0) }
        #expect(try await client.getChildren(root).names == [])
        try await client.delete(root)
        await client.close()
        return result
    }

    private static func round(_ number: Int, _ client: ZooKeeperClient, _ path: String) async throws {
        let data = Array("\(number)".utf8)
        try await client.create(path, data: data, mode: number % 2 == 0 ? .persistent : .ephemeral)
        #expect(try await client.setData(path, data + data).version == 1)
        #expect(try await client.getData(path).data == data + data)
        let name = try await client.create(path + "-", mode: .ephemeralSequential, protected: true).path
        #expect(try await client.exists(name) != nil)
        try await client.delete(name)
        try await client.delete(path)
        #expect(try await client.exists(path) == nil)
    }
}
