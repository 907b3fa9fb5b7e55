import Glibc
import NIOConcurrencyHelpers
import TestSupport
import Testing
import ZooKeeperClient

@testable import ZooKeeperRecipes

/// What tests of recipes share: a server with short sessions, and clients of it.
enum RecipeBench {
    static let engines = [Engine.bundled, .apache]

    /// A bundled server of the test's own; or of Apache's, which take long to boot, the one of the suite, in which each test has a
    /// chroot of its own.
    static func with(
        _ engine: Engine = .bundled, of suite: String = #fileID, _ body: (StandaloneServer) async throws -> Void
    ) async throws {
        let settings = ["minSessionTimeout": "1000"]
        guard engine == .apache else { return try await StandaloneServer.with(engine, settings: settings, body) }
        let (server, number) = try shared.withLockedValue { servers in
            if servers.isEmpty { atexit { RecipeBench.endShared() } }
            if servers[suite] == nil { servers[suite] = (try StandaloneServer(engine, settings: settings), 0) }
            servers[suite]!.uses += 1
            return servers[suite]!
        }
        if !server.isRunning { try await server.start() }
        let root = try await connect([server.address])
        try await root.create("/\(number)")
        await root.close()
        try await $chroot.withValue("/\(number)") { try await body(server) }
    }

    private static func endShared() {
        for (server, _) in shared.withLockedValue({ $0 }).values {
            server.kill()
            server.directory.remove()
        }
    }

    /// By the suite. They end with the process of the tests.
    private static let shared = NIOLockedValueBox<[String: (server: StandaloneServer, uses: Int)]>([:])
    @TaskLocal private static var chroot: String?

    static func connectString(_ servers: [ServerAddress]) -> ConnectString {
        ConnectString(servers: servers, chroot: chroot)
    }

    static func configuration(sessionTimeout: Duration = .seconds(10)) -> ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.sessionTimeout = sessionTimeout
        configuration.connectTimeout = .seconds(2)
        configuration.requestTimeout = .seconds(30)
        return configuration
    }

    static func connect(
        _ servers: [ServerAddress], sessionTimeout: Duration = .seconds(10), whenExpired: ExpiryPolicy = .end
    ) async throws -> ZooKeeperClient {
        var configuration = configuration(sessionTimeout: sessionTimeout)
        configuration.whenExpired = whenExpired
        return try await ZooKeeperClient.connect(
            to: connectString(servers), configuration: configuration)
    }

    /// Ends a client's session behind its back, as an expiry does: by another client that takes it over and closes it.
    ///
    /// The first client may take it back before that, so it is tried until the session is gone.
    static func expire(_ client: ZooKeeperClient, at server: ServerAddress) async throws {
        var configuration = configuration()
        configuration.session = client.session
        do {
            while true {
                let other = try await ZooKeeperClient.connect(
                    to: ConnectString(servers: [server]), configuration: configuration)
                await other.close()
            }
        } catch ErrorCode.sessionExpired {
            // Gone.
        }
    }
}

/// Who holds something at the moment, and whether more ever did than may.
final class Holders: Sendable {
    struct State {
        var present: [FencingToken] = []
        var most = 0
        var all: [FencingToken] = []
    }

    private let state = NIOLockedValueBox(State())

    func enter(_ token: FencingToken) {
        state.withLockedValue {
            $0.present.append(token)
            $0.most = max($0.most, $0.present.count)
            $0.all.append(token)
        }
    }

    func leave(_ token: FencingToken) {
        state.withLockedValue { $0.present.removeAll { $0 == token } }
    }

    func hold<Value>(_ token: FencingToken, _ body: () async throws -> Value) async rethrows -> Value {
        enter(token)
        defer { leave(token) }
        return try await body()
    }

    /// How many held at once at most.
    var most: Int { state.withLockedValue(\.most) }
    /// The tokens of all who held, in the order in which they began.
    var tokens: [FencingToken] { state.withLockedValue(\.all) }
    var count: Int { state.withLockedValue { $0.present.count } }
}

/// As a holder that works until it is told to stop.
func untilCancelled() async throws {
    while true { try await Task.sleep(for: .seconds(600)) }
}
