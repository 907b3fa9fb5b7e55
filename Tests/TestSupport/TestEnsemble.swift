import Foundation
import ZooKeeperClient

/// Servers of either engine that form an ensemble on free ports of 127.0.0.1, in a temporary directory.
package final class TestEnsemble: Sendable {
    package let directory: TemporaryDirectory
    /// In the order of their ids, which count from 1. Participants come first.
    package let servers: [EnsembleServer]
    /// What the servers reach each other through; nil when they do directly.
    package let network: TestNetwork?
    private let settings: [String: String]

    private init(
        _ participants: [Engine], observers: [Engine], settings: [String: String], hasNetwork: Bool
    ) throws {
        directory = try TemporaryDirectory("ensemble")
        let path = directory.path
        let engines = participants + observers
        let ports = FreePorts.take(engines.count * 3)
        let servers = try engines.indices.map { index in
            try EnsembleServer(
                id: index + 1, engine: engines[index], isObserver: index >= participants.count,
                ports: ports[(index * 3)...], directory: path)
        }
        self.servers = servers
        network = hasNetwork ? try TestNetwork(servers) : nil
        // Short ticks make the tests short; the limits leave a busy machine its time.
        self.settings = [
            "tickTime": "250", "initLimit": "60", "syncLimit": "16", "admin.enableServer": "false",
            "4lw.commands.whitelist": "*", "maxClientCnxns": "0", "preAllocSize": "64", "extendedTypesEnabled": "true",
            "minSessionTimeout": "1000", "maxSessionTimeout": "60000",
        ].merging(settings) { _, new in new }
        for server in servers { try configure(server) }
    }

    /// Writes the server's zoo.cfg.
    package func configure(_ server: EnsembleServer, settings additions: [String: String] = [:]) throws {
        try configure(server, lines: servers.map { line(of: $0, for: server) }, settings: additions)
    }

    /// Writes the server's zoo.cfg, with server lines of the caller's making.
    package func configure(
        _ server: EnsembleServer, lines: [String], settings additions: [String: String] = [:]
    ) throws {
        var all = settings.merging(additions) { _, new in new }
        all["dataDir"] = all["dataDir"] ?? server.dataDirectory
        all["clientPort"] = "\(server.address.port)"
        all["clientPortAddress"] = "127.0.0.1"
        if server.isObserver { all["peerType"] = "observer" }
        let text = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + lines
        try text.joined(separator: "\n").appending("\n").write(
            toFile: server.configuration, atomically: true, encoding: .utf8)
    }

    /// The line of `server` in the zoo.cfg of `reader`.
    package func line(of server: EnsembleServer, for reader: EnsembleServer) -> String {
        var place = "127.0.0.1:\(server.quorumPort):\(server.electionPort)"
        if let network {
            // Servers call back to the address that a peer says it has, unless that is a wildcard.
            place =
                server.id == reader.id
                ? "0.0.0.0:\(server.quorumPort):\(server.electionPort)" : network.address(of: server.id, for: reader.id)
        }
        return "server.\(server.id)=\(place):\(server.isObserver ? "observer" : "participant")"
    }

    /// Makes an ensemble, starts it, waits until all serve, and calls `body`. If that fails, the end of every server's log
    /// is in the error.
    ///
    /// - Parameter environment: variables of every server's besides those of the tests.
    package static func with<Result>(
        _ participants: [Engine], observers: [Engine] = [], settings: [String: String] = [:], hasNetwork: Bool = false,
        environment: [String: String] = [:], isolation: isolated (any Actor)? = #isolation,
        _ body: (TestEnsemble) async throws -> Result
    ) async throws -> Result {
        let ensemble = try TestEnsemble(
            participants, observers: observers, settings: settings, hasNetwork: hasNetwork)
        defer {
            for server in ensemble.servers { server.kill() }
            ensemble.network?.close()
            ensemble.directory.remove()
        }
        do {
            for server in ensemble.servers {
                if !environment.isEmpty { server.setEnvironment(environment) }
                try server.start()
            }
            try await ensemble.waitUntilServing()
            return try await body(ensemble)
        } catch {
            throw Failure(description: "\(error)\n\(await ensemble.report)")
        }
    }

    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    private var report: String {
        get async {
            var text = ""
            for server in servers {
                let statistics = await server.statistics.map { "\($0.mode) at \($0.zxid)" } ?? "not serving"
                text += "== \(server): \(statistics)\n\(server.log.suffix(4000))\n"
            }
            return text
        }
    }

    // MARK: Which server

    package subscript(_ id: Int) -> EnsembleServer { servers[id - 1] }

    package var participants: [EnsembleServer] { servers.filter { !$0.isObserver } }

    /// The servers that run and may answer.
    package var awake: [EnsembleServer] { servers.filter(\.isAwake) }

    package func others(than server: EnsembleServer) -> [EnsembleServer] {
        participants.filter { $0 !== server }
    }

    /// Waits until one server says it leads. Two may for a moment: the one with the later epoch then.
    package func leader(_ isIt: (EnsembleServer) -> Bool = { _ in true }) async throws -> EnsembleServer {
        try await eventually("there is a leader (of the kind wanted)") {
            var best: (server: EnsembleServer, zxid: ZXID)?
            for server in participants {
                guard let statistics = await server.statistics, statistics.mode == .leader else { continue }
                if best.map({ $0.zxid < statistics.zxid }) ?? true { best = (server, statistics.zxid) }
            }
            return best.flatMap { isIt($0.server) ? $0.server : nil }
        }
    }

    package func followers() async throws -> [EnsembleServer] {
        let leader = try await leader()
        return others(than: leader)
    }

    /// Waits until all that are awake serve.
    package func waitUntilServing() async throws {
        for server in servers { try await waitUntilServing(server) }
    }

    package func waitUntilServing(_ server: EnsembleServer) async throws {
        try await eventually("\(server) serves", within: .seconds(90)) {
            guard server.isAwake else {
                if server.pid != 0, !server.isRunning { throw Timeout(description: "\(server) ended") }
                return true
            }
            switch await server.mode {
            case .leader, .follower, .observer: return true
            default: return false
            }
        }
    }

    /// Starts a server again and waits until it serves.
    package func restart(_ server: EnsembleServer) async throws {
        server.kill()
        try server.start()
        try await waitUntilServing(server)
    }

    // MARK: Clients

    package var addresses: [ServerAddress] { servers.map(\.address) }

    /// Patient, because servers come and go here.
    package static var clientConfiguration: ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.sessionTimeout = .seconds(30)
        configuration.connectTimeout = .seconds(5)
        configuration.requestTimeout = .seconds(60)
        // These tests want to see what servers do to a request.
        configuration.retries = .never
        return configuration
    }

    /// A client of these servers, or of all; gone when `body` is done.
    @discardableResult
    package func withClient<Result>(
        of servers: EnsembleServer..., isolation: isolated (any Actor)? = #isolation,
        _ body: (ZooKeeperClient) async throws -> Result
    ) async throws -> Result {
        let addresses = servers.isEmpty ? addresses : servers.map(\.address)
        return try await ZooKeeperClient.with(
            ConnectString(servers: addresses), configuration: Self.clientConfiguration, body)
    }

    // MARK: Agreement

    /// Waits until every awake server has applied the same last txn.
    package func waitUntilEqual() async throws {
        try await eventually("all servers are at the same zxid") {
            var zxids: Set<ZXID> = []
            for server in awake {
                guard let statistics = await server.statistics else { return false }
                zxids.insert(statistics.zxid)
            }
            return zxids.count == 1
        }
    }

    /// The digest of the whole tree, which must be the same on every awake server: `hash` keeps those at zxids that
    /// are multiples of 128, so writes are made until one is passed.
    package func agreedDigest() async throws -> String {
        var before: [String: Int] = [:]
        try await withClient { client in
            if try await client.exists("/digest") == nil { try await client.create("/digest") }
            try await client.setData("/digest", [])
            try await waitUntilEqual()
            before = try await digestMismatches()
            while try await client.setData("/digest", []).mzxid.rawValue & 127 != 0 {}
        }
        try await waitUntilEqual()
        var newest: [String: String] = [:]
        for server in awake {
            let answer = try await FourLetterWords.send(FourLetterWord(rawValue: "hash"), to: server.address)
            newest["\(server)"] = answer.split(separator: "\n").last.map(String.init) ?? ""
        }
        guard let first = newest.values.first, newest.values.allSatisfy({ $0 == first }), !first.isEmpty else {
            throw Failure(description: "the trees differ: \(newest)")
        }
        // Apache's servers count some after a snapshot of a leader that went on, and after a synchronisation that broke off.
        let after = try await digestMismatches()
        guard after == before, awake.allSatisfy({ $0.engine == .apache || after["\($0)"] == 0 }) else {
            throw Failure(description: "digests differed: \(before), then \(after)")
        }
        return first
    }

    private func digestMismatches() async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for server in awake {
            counts["\(server)"] = try await FourLetterWords.mntr(server.address)["zk_digest_mismatches_count"].flatMap {
                Int($0)
            }
        }
        return counts
    }
}
