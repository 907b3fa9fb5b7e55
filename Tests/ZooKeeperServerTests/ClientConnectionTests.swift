import Jute
import NIOCore
import NIOEmbedded
import RequestPipeline
import Testing
import ZooKeeperProtocol

@testable import ZooKeeperServer

/// A client port's connections and the pages, with bytes in place of a network.
@Suite struct ClientConnectionTests {
    /// A four-letter word is answered, however it comes, and the connection closed.
    @Test(arguments: [1, 2, 4])
    func words(pieces: Int) async throws {
        try await LoneLeader.with("4lw.commands.whitelist=ruok, isro") { leader in
            for (word, answer) in [
                ("ruok", "imok"), ("isro", "rw"),
                ("stat", "stat is not executed because it is not in the whitelist.\n"),
            ] {
                let channel = try await leader.accept()
                try await leader.put(Array(word.utf8), into: channel, pieces: pieces)
                try await channel.closeFuture.get()
                #expect(try await text(channel) == answer)
            }
        }
    }

    /// A connection too many is closed before it says anything, and another may come when one has gone.
    @Test func tooMany() async throws {
        try await LoneLeader.with("maxClientCnxns=1") { leader in
            let first = try await leader.accept()
            let second = try await leader.accept()
            try await second.closeFuture.get()
            #expect(first.isActive)
            try await first.close()
            await leader.loop.run()
            let third = try await leader.accept()
            await leader.loop.run()
            #expect(third.isActive)
        }
    }

    /// Over TLS each frame is written by itself: a client may look for one of them at a time.
    @Test func framesOverTLS() async throws {
        try await LoneLeader.with { leader in
            for (isSecure, writes) in [(false, 1), (true, 3)] {
                let channel = try await leader.accept(isSecure: isSecure)
                try await leader.put(Self.greeting, into: channel)
                _ = try await channel.waitForOutboundWrite(as: ByteBuffer.self)
                try await leader.put(Self.ping + Self.ping + Self.ping, into: channel)
                await leader.loop.run()
                var count = 0
                while try await channel.readOutbound(as: ByteBuffer.self) != nil { count += 1 }
                #expect(count == writes)
            }
        }
    }

    /// What comes behind a ConnectRequest waits for the session; what comes after the end is nobody's.
    @Test func order() async throws {
        try await LoneLeader.with { leader in
            let channel = try await leader.accept()
            try await leader.put(Self.greeting + Self.ping + Self.close + Self.ping, into: channel)
            try await channel.closeFuture.get()
            var output = ByteBuffer()
            while let more = try await channel.readOutbound(as: ByteBuffer.self) { output.writeImmutableBuffer(more) }
            var first: [Int32] = []
            while let length = output.readInteger(as: Int32.self), var frame = output.readSlice(length: Int(length)) {
                first.append(frame.readInteger()!)
            }
            // The protocol version of the ConnectResponse, and two xids.
            #expect(first == [0, SpecialXID.ping, 1])
        }
    }

    /// The admin port and the metrics port answer from what the server is just then.
    @Test func pages() async throws {
        try await LoneLeader.with { leader in
            let client = try await leader.accept()
            let stats = try await leader.page({ $0.adminPort }, "/commands/server_stats")
            #expect(stats.contains("\"server_state\" : \"leader\""))
            #expect(stats.contains("\"num_alive_client_connections\" : 1"))
            try await client.close()
            let mask = try await leader.page({ $0.adminPort }, "/commands/set_trace_mask?traceMask=7")
            #expect(mask.contains("\"tracemask\" : 7"))
            let wrong = try await leader.page({ $0.adminPort }, "/commands/stmk?traceMask=x")
            #expect(wrong.contains("\"error\" : \"setTraceMask requires long traceMask argument, got x\""))
            #expect(try await leader.page({ $0.adminPort }, "/commands/nothing").contains("Unknown command: nothing"))
            #expect(try await leader.page({ $0.metricsPort }, "/metrics").contains("\nquorum_size 1\n"))
        }
    }

    private func text(_ channel: NIOAsyncTestingChannel) async throws -> String {
        var output = ByteBuffer()
        while let more = try await channel.readOutbound(as: ByteBuffer.self) { output.writeImmutableBuffer(more) }
        return String(buffer: output)
    }

    private static func frame(_ bytes: [UInt8]) -> [UInt8] {
        var writer = JuteWriter()
        writer.frame { $0.write(raw: bytes) }
        return writer.bytes
    }

    private static let greeting = frame(
        ConnectRequest(
            lastZXIDSeen: .zero, timeout: 30_000, session: .none, password: [UInt8](repeating: 0, count: 16),
            readOnly: false
        ).encoded)
    private static let ping = frame(RequestHeader(xid: SpecialXID.ping, op: .ping).encoded)
    private static let close = frame(RequestHeader(xid: 1, op: .closeSession).encoded)
}

extension LoneLeader {
    fileprivate func accept(isSecure: Bool = false) async throws -> NIOAsyncTestingChannel {
        let channel = try await NIOAsyncTestingChannel(loop: loop) { [core] channel in
            try channel.pipeline.syncOperations.addHandler(ClientConnection(server: core.value, isSecure: isSecure))
        }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 6)).get()
        await loop.run()
        return channel
    }

    fileprivate func put(_ bytes: [UInt8], into channel: NIOAsyncTestingChannel, pieces: Int = .max) async throws {
        var buffer = ByteBuffer(bytes: bytes)
        while let piece = buffer.readSlice(length: min(pieces, buffer.readableBytes)), piece.readableBytes > 0 {
            try await channel.writeInbound(piece)
            await loop.run()
        }
    }

    fileprivate func page(
        _ port: @escaping @Sendable (ServerCore) -> HTTPPort, _ target: String
    ) async throws -> String {
        try await loop.executeInContext { [core] in port(core.value).answer(target).body }
    }
}
