import NIOConcurrencyHelpers
import TestSupport
import Testing
import ZooKeeperClient

@testable import ZooKeeperRecipes

/// What tests of recipes share: a bundled server with short sessions, and clients of it.
enum RecipeBench {
    static func with(_ engine: Engine = .bundled, _ body: (StandaloneServer) async throws -> Void) async throws {
        try await StandaloneServer.with(engine, settings: ["minSessionTimeout": "1000"], body)
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
        return try await ZooKeeperClient.connect(to: ConnectString(servers: servers), configuration: configuration)
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
