import Foundation
import Logging
import ServiceLifecycle
import TestSupport
import Testing
import ZooKeeperClient
import ZooKeeperClientService
import ZooKeeperClientTLS

/// The snippets of Docs/client.md, as they stand there: run against a server, and compared with the page.
@Suite(.serialized)
struct ClientGuideTests {
    @Test func everySnippetOfTheGuideStandsInThisFile() throws {
        func stripped(_ text: some StringProtocol) -> String {
            text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
        }
        let page = try String(contentsOfFile: Engine.packageRoot + "/Docs/client.md", encoding: .utf8)
        let here = stripped(try String(contentsOfFile: #filePath, encoding: .utf8))
        let snippets = page.components(separatedBy: "```swift\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(snippets.count == 13)
        for snippet in snippets { #expect(here.contains(stripped(snippet)), "\(snippet)") }
    }

    @Test func theGuideFromConnectingToSessions() async throws {
        try await StandaloneServer.with(.bundled) { server in
            let servers = server.connectString
            try await connect(servers)
            let logger = Logger(label: "guide") { _ in SwiftLogNoOpLogHandler() }
            let client = try await configured(servers, logger)
            try await operate(client)
            try await watch(client)
            try await fail(client)
            try await follow(client)
            // What goes on until it is told to end, or until the client is closed.
            let loops = [
                Task { try await values(client) }, Task { try await names(client) }, Task { await states(client) },
            ]
            await client.close()
            for loop in loops { try await loop.value }
            let service = Task { try await serve(servers, logger) }
            service.cancel()
            _ = await service.result
        }
        let directory = try await TestCertificates.directory()
        #expect(throws: ClientTLS.Failure.self, "there is no such file") { try identify(password: directory) }
    }

    private func connect(_ servers: String) async throws {
        let client = try await ZooKeeperClient.connect(to: ConnectString(servers))
        // …
        await client.close()
    }

    private func configured(_ servers: String, _ logger: Logger) async throws -> ZooKeeperClient {
        var configuration = ClientConfiguration()
        configuration.sessionTimeout = .seconds(20)
        configuration.requestTimeout = .seconds(5)
        configuration.whenExpired = .renew
        configuration.followsConfiguration = true  // the list of servers is /zookeeper/config, once that is read
        configuration.logger = logger
        let client = ZooKeeperClient(try ConnectString(servers), configuration: configuration)
        return client
    }

    private func operate(_ client: ZooKeeperClient) async throws {
        try await client.create("/app", data: Array("v1".utf8))
        let (data, stat) = try await client.getData("/app")
        try await client.setData("/app", Array("v2".utf8), version: stat.version)
        let worker = try await client.create("/app/worker-", mode: .ephemeralSequential).path
        let names = try await client.getChildren("/app").names
        try await client.delete(worker)
        #expect(data == Array("v1".utf8) && names == ["worker-0000000000"])

        try await client.transaction { transaction in
            transaction.check("/app", version: 1)
            transaction.create("/app/next")
            transaction.setData("/app", Array("v3".utf8))
        }
    }

    private func watch(_ client: ZooKeeperClient) async throws {
        let changes = Task {
            while !Task.isCancelled { try await client.setData("/app", Array("v4".utf8)) }
        }
        try await once(client)
        changes.cancel()
        _ = await changes.result
    }

    private func once(_ client: ZooKeeperClient) async throws {
        let (data, _, watch) = try await client.getData(watching: "/app")
        // …
        let event = try await watch.event()  // nodeDataChanged or nodeDeleted, also if it came long ago
        #expect(data != nil && event.type == .nodeDataChanged)
    }

    private struct Enough: Error {}

    private func follow(_ client: ZooKeeperClient) async throws {
        func readEverything() async throws { throw Enough() }
        func read(_ path: String) async throws {}
        func until(_ body: () async throws -> Void) async { await #expect(throws: Enough.self) { try await body() } }
        await until {
            for try await change in client.changes(of: "/app", recursive: true) {
                switch change {
                case .readAgain: try await readEverything()
                case .event(let event): try await read(event.path)
                }
            }
        }
    }

    private func fail(_ client: ZooKeeperClient) async throws {
        do {
            try await client.create("/app/lock", mode: .ephemeral)
        } catch ErrorCode.nodeExists {
            // Somebody else has it.
        } catch let error as ZooKeeperError where error.isOutcomeUnknown {
            // It was sent, and the answer never came.
        }
        let ticket = try await client.create("/app/ticket-", mode: .ephemeralSequential, protected: true).path
        try await client.delete(ticket, retries: .whenCertain)
    }

    private func values(_ client: ZooKeeperClient) async throws {
        func apply(_ data: [UInt8]?) {}
        for try await value in client.values(of: "/app") {
            guard let value else { continue }
            apply(value.data)
        }
    }

    private func names(_ client: ZooKeeperClient) async throws {
        func use(_ names: [String]) {}
        for try await names in client.childNames(of: "/app") {
            use(names ?? [])
        }
    }

    private func states(_ client: ZooKeeperClient) async {
        func pause() {}
        func proceed() {}
        for await state in client.states {
            if state == .disconnected { pause() }  // who holds a lock stops using what it protects
            if state == .connected { proceed() }
        }
    }

    private func identify(password: String) throws {
        var configuration = ClientConfiguration()
        configuration.transport = try ClientTLS(
            trustedCertificates: "ca.pem", certificateChain: "client.pem", privateKey: "client.key")
        configuration.sasl = SASLCredentials(user: "bob", password: password)
    }

    private func serve(_ servers: String, _ logger: Logger) async throws {
        let client = ZooKeeperClient(try ConnectString(servers))
        let group = ServiceGroup(services: [ZooKeeperClientService(client)], logger: logger)
        try await group.run()
    }
}
