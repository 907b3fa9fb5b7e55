import Foundation
import Logging
import NIOPosix
import ServiceLifecycle
import TestSupport
import Testing
import ZooKeeperClient
import ZooKeeperClientService
import ZooKeeperClientTLS

/// How a client comes to its servers, and who it is there.
@Suite(.serialized)
struct ClientConnectionTests {
    @Test(arguments: [Engine.bundledTLS, .apache]) func tlsBothEndsAreLookedAt(engine: Engine) async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        let settings = TestCertificates.clientPort(
            port, directory, ["serverCnxnFactory": "org.apache.zookeeper.server.NettyServerCnxnFactory"])
        try await StandaloneServer.with(engine, settings: settings) { _ in
            func connect(
                _ host: String, as name: String?, trusting authority: String = "ca.crt", isRefused: Bool = true
            ) async throws -> [AuthID] {
                var configuration = ClientInteropTests.configuration()
                // Who shall be let in waits for the port, which Apache's server opens after the other one.
                configuration.failsWithoutConnection = isRefused
                configuration.transport = try ClientTLS(
                    trustedCertificates: directory + "/" + authority,
                    certificateChain: name.map { directory + "/" + $0 + ".pem" })
                let client = ZooKeeperClient(try ConnectString("\(host):\(port)"), configuration: configuration)
                do {
                    try await client.create("/tls", mode: .ephemeral)
                    let identities = try await client.whoAmI()
                    await client.close()
                    return identities
                } catch {
                    await client.close()
                    throw error
                }
            }
            for host in ["127.0.0.1", "localhost"] {
                let identities = try await connect(host, as: "bob", isRefused: false)
                #expect(identities.contains(AuthID(scheme: "x509", id: "CN=bob,O=Example")))
            }
            await #expect(throws: ZooKeeperError.self) { try await connect("127.0.0.1", as: nil) }
            await #expect(throws: ZooKeeperError.self) { try await connect("127.0.0.1", as: "stranger") }
            let error = await #expect(throws: ZooKeeperError.self) {
                try await connect("127.0.0.1", as: "bob", trusting: "stranger-ca.crt")
            }
            #expect(error?.description.contains("CERTIFICATE_VERIFY_FAILED") == true, "\(error!)")
        }
    }

    @Test func aCertificateMustNameTheHostUnlessThatIsNotAsked() async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        let settings = TestCertificates.clientPort(
            port, directory, ["ssl.keyStore.location": directory + "/elsewhere.pem", "ssl.clientAuth": "none"])
        try await StandaloneServer.with(.bundledTLS, settings: settings) { _ in
            for (verifies, host) in [(true, "127.0.0.1"), (true, "localhost"), (false, "localhost")] {
                var configuration = ClientInteropTests.configuration()
                configuration.failsWithoutConnection = verifies
                configuration.transport = try ClientTLS(
                    trustedCertificates: directory + "/ca.crt", verifiesHost: verifies)
                let client = ZooKeeperClient(try ConnectString("\(host):\(port)"), configuration: configuration)
                if verifies {
                    await #expect(throws: ZooKeeperError.self) { try await client.exists("/") }
                } else {
                    #expect(try await client.exists("/") != nil)
                }
                await client.close()
            }
        }
    }

    @Test func filesThatAreNoCertificatesAreNamed() async throws {
        let directory = try await TestCertificates.directory()
        for make in [
            { try ClientTLS(trustedCertificates: directory + "/none.pem") },
            { try ClientTLS(certificateChain: directory + "/bob.crt", privateKey: directory + "/bob.crt") },
            { try ClientTLS(certificateChain: directory + "/encrypted.pem") },
        ] {
            let error = #expect(throws: ClientTLS.Failure.self) { try make() }
            #expect(error?.description.hasPrefix(directory) == true)
        }
        _ = try ClientTLS(certificateChain: directory + "/encrypted.pem", password: "secret")
    }

    @Test func saslAtApachesServerDIGESTMD5AgainAfterAKill9AndAWrongPassword() async throws {
        let jaas = try TemporaryDirectory("jaas")
        defer { jaas.remove() }
        let module = "org.apache.zookeeper.server.auth.DigestLoginModule required"
        try "Server {\n  \(module)\n  user_bob=\"secret\";\n};\n"
            .write(toFile: jaas.path + "/jaas.conf", atomically: true, encoding: .utf8)
        try await StandaloneServer.with(
            .apache,
            settings: ["authProvider.1": "org.apache.zookeeper.server.auth.SASLAuthenticationProvider"],
            environment: ["JAVA_TOOL_OPTIONS": "-Djava.security.auth.login.config=\(jaas.path)/jaas.conf"]
        ) { server in
            var configuration = ClientInteropTests.configuration()
            configuration.sasl = SASLCredentials(user: "bob", password: "secret")
            let client = try await ClientInteropTests.connect(server, configuration: configuration)
            try await client.create("/private", acl: [ACL(.all, AuthID(scheme: "sasl", id: "bob"))])
            try await server.restart()
            #expect(try await client.getData("/private").data == [])
            try await ZooKeeperClient.with(ConnectString(server.connectString)) { stranger in
                await #expect(throws: ZooKeeperError.self) { try await stranger.getData("/private") }
            }
            configuration.sasl = SASLCredentials(user: "bob", password: "wrong")
            let refused = await #expect(throws: ZooKeeperError.self) {
                try await ClientInteropTests.connect(server, configuration: configuration)
            }
            #expect(refused?.code == .authFailed)
            await client.close()
        }
    }

    @Test func aNameIsTriedAtAllItsAddressesOneThatHasNoneIsSaid() async throws {
        try await StandaloneServer.with(.bundled) { server in
            // The server listens on one of the addresses of localhost.
            try await ZooKeeperClient.with(ConnectString("localhost:\(server.port)")) { (client) async throws in
                #expect(try await client.exists("/") != nil)
            }
            var configuration = ClientConfiguration()
            configuration.failsWithoutConnection = true
            let lost = ZooKeeperClient(
                try ConnectString("no-such-host.invalid:\(server.port)"), configuration: configuration)
            let error = await #expect(throws: ZooKeeperError.self) { try await lost.exists("/") }
            #expect(error?.description.contains("the name no-such-host.invalid has no address") == true)
            #expect(error?.isOutcomeUnknown == false, "it was never sent")
            await lost.close()
        }
    }

    @Test func theEventLoopAndTheLoggerAreTheCallers() async throws {
        try await StandaloneServer.with(.bundled) { server in
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let lines = Lines()
            var configuration = ClientInteropTests.configuration()
            configuration.eventLoopGroup = group
            configuration.logger = Logger(label: "client") { _ in lines }
            configuration.logger?.logLevel = .debug
            let client = try await ClientInteropTests.connect(server, configuration: configuration)
            await client.close()
            #expect(
                lines.all == [
                    "ZooKeeper session: connecting", "connecting to ZooKeeper", "ZooKeeper session: connected",
                    "ZooKeeper session: closed",
                ])
            try await group.shutdownGracefully()
        }
    }

    @Test func aServiceItsSessionIsClosedByTheGracefulShutdown() async throws {
        try await StandaloneServer.with(.bundled) { server in
            let observer = try await ClientInteropTests.connect(server)
            let client = ZooKeeperClient(try ConnectString(server.connectString))
            let services = ServiceGroup(
                services: [ZooKeeperClientService(client)], logger: Logger(label: "services"))
            let run = Task { try await services.run() }
            try await client.create("/alive", mode: .ephemeral)
            await services.triggerGracefulShutdown()
            try await run.value
            #expect(client.state == .closed)
            #expect(try await observer.exists("/alive") == nil)

            // What ends the session otherwise ends the service with an error.
            let lost = try await ClientInteropTests.connect(server)
            var configuration = ClientInteropTests.configuration()
            configuration.session = lost.session
            let ended = Task { try await ZooKeeperClientService(lost).run() }
            await (try ClientInteropTests.connect(server, configuration: configuration)).close()
            let error = await #expect(throws: ZooKeeperError.self) { try await ended.value }
            #expect(error?.code == .sessionExpired)
            await observer.close()
        }
    }

    @Test func aTransactionIsBuiltStepByStep() async throws {
        try await StandaloneServer.with(.bundled) { server in
            let client = try await ClientInteropTests.connect(server)
            let results = try await client.transaction { transaction in
                transaction.create("/t", data: [1])
                for number in 0..<2 { transaction.create("/t/\(number)") }
                transaction.check("/t", version: 0)
                transaction.setData("/t", [2], version: 0)
                transaction.delete("/t/0")
            }
            #expect(results.count == 6)
            #expect(try await client.getChildren("/t").names == ["1"])
            #expect(try await client.getData("/t").data == [2])
            await client.close()
        }
    }
}

private final class Lines: LogHandler, @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [String] = []
    var all: [String] { lock.withLock { lines } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .debug }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lock.withLock { lines.append("\(event.message)") }
    }
}
