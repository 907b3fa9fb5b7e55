import Glibc
import NIOCore
import TestSupport
import Testing

@testable import ZooKeeperClient

/// Names of servers that stand for several addresses.
struct ServerNameTests {
    @Test func whenTheFirstAddressRefusesTheClientSpeaksToTheSecondOne() async throws {
        let port = FreePorts.take(1)[0]
        let listener = try TestNetwork.socket(port) { bind($0, $1, $2) }
        defer { close(listener) }
        listen(listener, 8)
        _ = fcntl(listener, F_SETFL, O_NONBLOCK)

        var configuration = ClientConfiguration()
        // There is no second attempt.
        configuration.sessionTimeout = .seconds(600)
        configuration.connectTimeout = .seconds(600)
        // The first attempt begins with the second address, where nobody listens.
        configuration.resolve = { server in
            try ["127.0.0.1", "127.0.0.2"].map { try SocketAddress(ipAddress: $0, port: server.port) }
        }
        let client = ZooKeeperClient(try ConnectString("name.example:\(port)"), configuration: configuration)
        let accepted = try await eventually("the client connects") { () -> CInt? in
            let accepted = accept(listener, nil, nil)
            return accepted < 0 ? nil : accepted
        }
        defer { close(accepted) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        try await eventually("the client asks for a session", within: .seconds(20)) {
            recv(accepted, &buffer, buffer.count, CInt(MSG_DONTWAIT)) > 0
        }
        await client.close()
        try await eventually("the client lets go of its socket", within: .seconds(20)) {
            recv(accepted, &buffer, buffer.count, CInt(MSG_DONTWAIT)) == 0
        }
    }
}
