import Foundation
import TestSupport
import Testing
import ZooKeeperClient

/// `reconfig` in an ensemble of both engines: who votes changes, and the files of each server with it.
@Suite(.serialized) struct ReconfigurationTests {
    private static let settings = ["reconfigEnabled": "true", "standaloneEnabled": "false", "skipACL": "yes"]

    /// Servers leave, come back as observers, vote again and hand over the lead, in an ensemble of both engines.
    @Test
    func membersComeAndGo() async throws {
        try await TestEnsemble.with([.apache, .bundled, .bundled], settings: Self.settings) { ensemble in
            let first = try await configuration(ensemble[1])
            #expect(first.hasSuffix("version=100000000"))

            // A follower leaves. It goes on without a vote, and serves.
            try await reconfigure(ensemble, leaving: ["2"])
            #expect(try await ensemble.withClient(of: ensemble[2]) { try await $0.exists("/") } != nil)

            try await reconfigure(ensemble, joining: [line(ensemble[2], "observer")])
            try await mode(of: ensemble[2], is: .observer)
            try await reconfigure(ensemble, joining: [line(ensemble[2], "participant")])
            try await mode(of: ensemble[2], is: .follower)

            // The leader leaves: another one takes over without an election, and clients go on.
            let leader = try await ensemble.leader()
            try await reconfigure(ensemble, leaving: ["\(leader.id)"])
            let next = try await ensemble.leader { $0 !== leader }
            #expect(next !== leader)

            // All of them, in one go; then the files are what a new start reads.
            try await reconfigure(
                ensemble, members: ensemble.servers.map { line($0, "participant") })
            let last = try await configuration(ensemble[1])
            for server in ensemble.servers { try await ensemble.restart(server) }
            for server in ensemble.servers { #expect(try await configuration(server) == last) }
            _ = try await ensemble.agreedDigest()
        }
    }

    /// A client that follows the configuration goes to a server that it was not told of, when all it was told of have gone.
    @Test
    func aClientFollowsTheConfiguration() async throws {
        try await TestEnsemble.with([.bundled, .bundled, .bundled, .bundled], settings: Self.settings) { ensemble in
            let (first, last) = (ensemble[1], ensemble[4])
            try await reconfigure(ensemble, leaving: ["4"])
            var configuration = ClientConfiguration()
            configuration.followsConfiguration = true
            configuration.sessionTimeout = .seconds(30)
            let client = try await ZooKeeperClient.connect(
                to: ConnectString(servers: [first.address]), configuration: configuration)
            let session = client.session?.id
            // One comes, and one goes.
            try await reconfigure(ensemble, joining: [line(last, "participant")])
            try await reconfigure(ensemble, leaving: ["2"])
            try await eventually("the client has heard of it") {
                let text = try await client.getData("/zookeeper/config").data ?? []
                return String(decoding: text, as: UTF8.self).contains("server.4=")
            }
            first.kill()
            ensemble[2].kill()
            _ = try await ensemble.leader { $0 === ensemble[3] || $0 === last }
            try await client.create("/followed")
            #expect(client.session?.id == session)
            let other = ensemble[3]
            try await ensemble.restart(first)
            other.kill()
            try await client.create("/followed/on")
            #expect(client.session?.id == session)
            await client.close()
        }
    }

    /// What Apache's leader refuses, ours refuses with the same error.
    @Test(arguments: [Engine.apache, .bundled])
    func refusals(engine: Engine) async throws {
        try await TestEnsemble.with([engine, engine, engine], settings: Self.settings) { ensemble in
            let version = try await configuration(ensemble[1])
            let address = "127.0.0.1:1:2:observer;127.0.0.1:3"
            #expect(await refusal(ensemble, joining: ["server.9=nonsense"]) == .badArguments)
            #expect(await refusal(ensemble, joining: ["server.9=127.0.0.1:1:2:observer"]) == .badArguments)
            #expect(await refusal(ensemble, joining: ["server.9=\(address)"], version: 5) == .badVersion)
            #expect(await refusal(ensemble, leaving: ["1", "2", "3"]) == .badArguments)
            // No quorum of the new configuration is there.
            let strangers = (7...9).map { "server.\($0)=127.0.0.1:\($0)1:\($0)2:participant;127.0.0.1:\($0)3" }
            #expect(await refusal(ensemble, members: strangers) == .newConfigNoQuorum)
            #expect(try await configuration(ensemble[1]) == version)
            // Nobody dials an observer, so it may be anywhere (kazoo's own suite adds one like this).
            #expect(await refusal(ensemble, joining: ["server.100=0.0.0.0:1:2:observer;0.0.0.0:3"]) == nil)
        }
    }

    // MARK: Steps

    private func line(_ server: EnsembleServer, _ role: String) -> String {
        "server.\(server.id)=127.0.0.1:\(server.quorumPort):\(server.electionPort):\(role);127.0.0.1:\(server.address.port)"
    }

    /// Reconfigures, and waits until every server shows it.
    private func reconfigure(
        _ ensemble: TestEnsemble, joining: [String] = [], leaving: [String] = [], members: [String]? = nil
    ) async throws {
        let before = try await configuration(ensemble[1])
        try await ensemble.withClient { client in
            do {
                _ = try await client.reconfigure(joining: joining, leaving: leaving, members: members)
            } catch let error as ZooKeeperError where error.code == .connectionLoss {
                // The leader that answers may be the one that goes.
            }
        }
        try await eventually("every server has the new configuration") {
            var all: Set<String> = []
            for server in ensemble.servers { all.insert(try await configuration(server)) }
            return all.count == 1 && all != [before]
        }
        try await ensemble.waitUntilServing()
    }

    private func refusal(
        _ ensemble: TestEnsemble, joining: [String] = [], leaving: [String] = [], members: [String]? = nil,
        version: Int64? = nil
    ) async -> ErrorCode? {
        do {
            try await ensemble.withClient { client in
                _ = try await client.reconfigure(joining: joining, leaving: leaving, members: members, version: version)
            }
            return nil
        } catch { return (error as? ZooKeeperError)?.code }
    }

    private func configuration(_ server: EnsembleServer) async throws -> String {
        try await eventually("server \(server.id) shows its configuration", within: .seconds(60)) {
            try? await TestEnsemble.read("/zookeeper/config", of: server)
        }
    }

    private func mode(of server: EnsembleServer, is wanted: ServerMode) async throws {
        try await eventually("server \(server.id) is \(wanted)") { await server.mode == wanted }
    }
}

extension TestEnsemble {
    /// The text of a znode as one server has it.
    fileprivate static func read(_ path: String, of server: EnsembleServer) async throws -> String {
        try await ZooKeeperClient.with(
            ConnectString(servers: [server.address]), configuration: clientConfiguration
        ) { client in
            String(decoding: try await client.getData(path).data ?? [], as: UTF8.self)
        }
    }
}
