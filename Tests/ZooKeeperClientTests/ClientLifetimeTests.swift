import TestSupport
import Testing

@testable import ZooKeeperClient

/// Without a server: what tasks and memory see of a client that never gets a session.
struct ClientLifetimeTests {
    static func unreachable() throws -> ConnectString {
        try ConnectString("127.0.0.1:\(FreePorts.take(1)[0])")
    }

    @Test func aClosedClientLeavesNothingBehind() async throws {
        weak var mailbox: Mailbox?
        do {
            let client = ZooKeeperClient(try Self.unreachable())
            mailbox = client.mailbox
            await client.close()
            #expect(client.state == .closed)
        }
        try await eventually("the client's memory is given back") { mailbox == nil }
    }

    @Test func aClientThatNobodyHoldsClosesItself() async throws {
        weak var mailbox: Mailbox?
        do {
            let client = ZooKeeperClient(try Self.unreachable())
            mailbox = client.mailbox
        }
        try await eventually("the client's memory is given back") { mailbox == nil }
    }

    @Test func closingFailsWhatWaitsAndEndsTheSequences() async throws {
        let client = ZooKeeperClient(try Self.unreachable())
        let changes = client.changes(of: "/a")
        let values = client.values(of: "/a")
        let states = client.states
        let waiting = Task { try await client.exists("/") }
        let seen = Task { await states.reduce(into: []) { $0.append($1) } }
        let changed = Task { try await changes.reduce(into: []) { $0.append($1) } }
        let newest = Task { try await values.reduce(into: []) { $0.append($1) } }
        await client.close()
        await #expect(throws: ZooKeeperError.self) { try await waiting.value }
        #expect(await seen.value.last == .closed)
        #expect(try await changed.value == [])
        #expect(try await newest.value == [])
        for try await change in changes { Issue.record("no change was due: \(change)") }
        #expect(await client.states.reduce(into: []) { $0.append($1) } == [.closed])
        let error = await #expect(throws: ZooKeeperError.self) { try await client.exists("/") }
        #expect(error?.description == "exists /: SessionExpired (the client was closed)")
    }

    @Test func anOperationThatFindsNoServerInTimeSaysSo() async throws {
        var configuration = ClientConfiguration()
        configuration.requestTimeout = .milliseconds(200)
        let connectString = try Self.unreachable()
        let client = ZooKeeperClient(connectString, configuration: configuration)
        let error = await #expect(throws: ZooKeeperError.self) { try await client.exists("/") }
        #expect(
            error?.description
                == "exists /: OperationTimeout (not sent, as no server could be reached; the last one tried was \(connectString): Connection refused)"
        )
        #expect(error?.isOutcomeUnknown == false)
        await client.close()
    }

    @Test func aSequenceOfWhatIsNoPathThrows() async throws {
        let client = ZooKeeperClient(try Self.unreachable())
        for sequence in [client.changes(of: "a"), client.changes(of: "/a/")] {
            let error = await #expect(throws: ZooKeeperError.self) { for try await _ in sequence {} }
            #expect(error?.code == .badArguments)
        }
        let error = await #expect(throws: ZooKeeperError.self) { for try await _ in client.values(of: "a") {} }
        #expect(error?.code == .badArguments)
        await client.close()
    }

    @Test func cancelledLoopsOverSequencesEndAtOnceAtAnyMoment() async throws {
        let client = ZooKeeperClient(try Self.unreachable())
        for round in 0..<200 {
            let task = Task {
                switch round % 3 {
                case 0: for try await _ in client.changes(of: "/a") {}
                case 1: for try await _ in client.values(of: "/a") {}
                default: for try await _ in client.childNames(of: "/a") {}
                }
            }
            if Bool.random() { await Task.yield() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        try await eventually("nobody is left") { client.mailbox.watcherCount == 0 }
        await client.close()
    }

    @Test func cancelledOperationsEndAtOnceAtAnyMoment() async throws {
        let client = ZooKeeperClient(try Self.unreachable())
        for _ in 0..<200 {
            let task = Task { try await client.exists("/") }
            if Bool.random() { await Task.yield() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        await client.close()
    }
}
