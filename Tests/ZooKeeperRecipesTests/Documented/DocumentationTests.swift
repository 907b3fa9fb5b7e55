import Foundation
import TestSupport
import Testing
import ZooKeeperClient
import ZooKeeperRecipes

/// Docs/recipes.md shows what compiles, and what runs.
struct DocumentationTests {
    private static func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: Engine.packageRoot + "/" + path, encoding: .utf8)
            .components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test func theExamplesOfThePageAreThoseThatAreCompiled() throws {
        let page = try Self.lines("Docs/recipes.md")
        let compiled = try Self.lines("Tests/ZooKeeperRecipesTests/Documented/Examples.swift").filter { !$0.isEmpty }
            .joined(separator: "\n")
        var examples = 0
        for (index, line) in page.enumerated() where line.hasPrefix("<!-- example: ") {
            #expect(page[index + 1] == "```swift")
            let example = page[(index + 2)...].prefix { $0 != "```" }.filter { !$0.isEmpty }.joined(separator: "\n")
            #expect(compiled.contains(example), "\(line) is not in Examples.swift:\n\(example)")
            examples += 1
        }
        #expect(examples == 11)
        // The one block that is not marked is for Package.swift.
        #expect(page.count { $0 == "```swift" } == examples + 1)
    }

    @Test func theExamplesRun() async throws {
        try await StandaloneServer.with(.bundled) { server in
            let client = try await Examples.connect(server.connectString)
            let examples = Examples(client: client)
            try await examples.lock()
            try await examples.readWriteLock()
            try await examples.election()
            try await examples.semaphore()
            async let other = DistributedDoubleBarrier(client, at: "/race", members: 2).together { 8 }
            #expect(try await examples.barriers() == 7)
            #expect(try await other == 8)
            #expect(try await examples.counter() == 1)
            try await examples.queues()
            try await examples.cache()
            await #expect(throws: Examples.Enough.self) { try await examples.group() }
            try await examples.ephemeral()
            await client.close()
        }
    }
}
