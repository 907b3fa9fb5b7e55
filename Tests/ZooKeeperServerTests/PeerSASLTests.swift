import Jute
import NIOCore
import NIOEmbedded
import SASL
import Testing
import ZooKeeperProtocol

@testable import ZooKeeperServer

/// Servers that prove themselves to each other, both ends over pipes that a test turns by hand.
@Suite struct PeerSASLTests {
    /// The handler behind: what came to it.
    private final class End: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var received: [UInt8] = []
        var failures: [String] = []
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += Array(Self.unwrapInboundIn(data).readableBytesView)
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { failures.append("\(error)") }
    }

    private struct Side {
        let channel = EmbeddedChannel()
        let end = End()

        init(_ handler: (any ChannelHandler)?) throws {
            if let handler { try channel.pipeline.syncOperations.addHandler(handler) }
            try channel.pipeline.syncOperations.addHandler(end)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        var isOpen: Bool { channel.isActive }

        @discardableResult
        func write(_ bytes: [UInt8]) -> EventLoopFuture<Void> {
            let future = channel.writeAndFlush(ByteBuffer(bytes: bytes))
            channel.embeddedEventLoop.run()
            return future
        }

        func take(_ bytes: [UInt8]) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

        /// What it has sent.
        func sent() throws -> [UInt8] {
            var bytes: [UInt8] = []
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
                bytes += Array(buffer.readableBytesView)
            }
            return bytes
        }
    }

    private static func sasl(
        users: [String: String] = ["zk": "pw"], login: (String, String)? = ("zk", "pw"), isRequired: Bool = true
    ) -> PeerSASL {
        PeerSASL(
            users: Dictionary(
                uniqueKeysWithValues: users.map {
                    ($0, DigestMD5.Secret(user: $0, password: $1, at: .quorum))
                }), login: login.map { PeerSASL.Login(user: $0.0, password: $0.1) }, isRequired: isRequired)
    }

    private struct Pair {
        let caller: Side
        let called: Side

        init(_ kind: PeerConnectionKind, caller: PeerSASL?, called: PeerSASL?) throws {
            self.caller = try Side(caller?.dialling(kind, timeout: .seconds(5)))
            self.called = try Side(called?.accepting(kind))
        }

        /// Carries what was sent over until nothing is, `piece` bytes at a time.
        func run(piece: Int = .max) throws {
            while true {
                let (there, back) = (try caller.sent(), try called.sent())
                if there.isEmpty, back.isEmpty { return }
                for start in stride(from: 0, to: there.count, by: min(piece, max(there.count, 1))) {
                    try called.take(Array(there[start..<min(there.count, start + min(piece, there.count))]))
                }
                for start in stride(from: 0, to: back.count, by: min(piece, max(back.count, 1))) {
                    try caller.take(Array(back[start..<min(back.count, start + min(piece, back.count))]))
                }
            }
        }
    }

    private static let hello = ElectionHello(.oneAddress, server: 3, addresses: ["127.0.0.1:3888"]).encoded
    private static let packet = QuorumPacket(.followerInfo, zxid: .zero, data: [1, 2, 3]).encoded

    @Test(arguments: [Int.max, 1, 7])
    func aQuorumConnectionNothingPassesBeforeTheProofEverythingBehindIt(piece: Int) throws {
        let pair = try Pair(.quorum, caller: Self.sasl(), called: Self.sasl())
        pair.caller.write(Self.packet)
        #expect(pair.called.end.received == [])
        try pair.run(piece: piece)
        #expect(pair.called.end.received == Self.packet)
        pair.called.write([9, 9])
        pair.caller.write([8])
        try pair.run()
        #expect(pair.caller.end.received == [9, 9])
        #expect(pair.called.end.received == Self.packet + [8])
    }

    @Test func whatIsWrittenBeforeTheChannelIsActiveWaitsToo() throws {
        let channel = EmbeddedChannel()
        let handler = try #require(Self.sasl().dialling(.quorum, timeout: .seconds(5)))
        try channel.pipeline.syncOperations.addHandler(handler)
        channel.writeAndFlush(ByteBuffer(bytes: Self.packet), promise: nil)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let first = try #require(try channel.readOutbound(as: ByteBuffer.self))
        #expect(Array(first.readableBytesView) == QuorumAuthPacket(.inProgress, token: []).encoded)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test(arguments: [Int.max, 1])
    func anElectionConnectionTheGreetingGoesFirstAndWaitsForTheProof(piece: Int) throws {
        let pair = try Pair(.election, caller: Self.sasl(), called: Self.sasl())
        let written = pair.caller.write(Self.hello)
        nonisolated(unsafe) var isWritten = false
        written.whenSuccess { isWritten = true }
        pair.caller.write([5, 5])
        // Apache's server reads the greeting, and then looks for SASL.
        let first = try pair.caller.sent()
        #expect(Array(first.prefix(Self.hello.count)) == Self.hello)
        #expect(Array(first.dropFirst(Self.hello.count)) == QuorumAuthPacket(.inProgress, token: []).encoded)
        #expect(!isWritten && pair.called.end.received == [])
        try pair.called.take(first)
        try pair.run(piece: piece)
        #expect(isWritten && pair.called.end.received == Self.hello + [5, 5])
    }

    @Test(arguments: [PeerConnectionKind.quorum, .election])
    func aWrongPasswordIsRefusedOnBothSides(kind: PeerConnectionKind) throws {
        let pair = try Pair(kind, caller: Self.sasl(login: ("zk", "wrong")), called: Self.sasl())
        pair.caller.write(kind == .election ? Self.hello : Self.packet)
        try pair.run()
        #expect(pair.called.end.received == [] && !pair.called.isOpen)
        #expect(pair.called.end.failures == ["the password of the SASL user \"zk\" is wrong"])
        #expect(pair.caller.end.failures == ["the server has refused the SASL user or password, or has no SASL"])
        #expect(!pair.caller.isOpen)
    }

    @Test func whoeverDoesNotTryIsRefusedWhereThatIsRequiredAndLetInWhereItIsNot() throws {
        let strict = try Pair(.quorum, caller: Self.sasl(login: nil), called: Self.sasl())
        strict.caller.write(Self.packet)
        try strict.run()
        #expect(strict.called.end.received == [] && !strict.called.isOpen)
        #expect(
            strict.called.end.failures
                == ["it has not tried to prove itself with SASL (quorum.auth.serverRequireSasl)"])

        for kind in [PeerConnectionKind.quorum, .election] {
            let bytes = kind == .election ? Self.hello + Self.packet : Self.packet
            let lenient = try Pair(kind, caller: nil, called: Self.sasl(isRequired: false))
            lenient.caller.write(bytes)
            try lenient.run(piece: 3)
            #expect(lenient.called.end.received == bytes && lenient.called.isOpen)
        }
        // So is who fails: Apache's server says so and goes on.
        let failing = try Pair(
            .quorum, caller: Self.sasl(login: ("zk", "wrong")), called: Self.sasl(isRequired: false))
        try failing.run()
        #expect(failing.called.isOpen && failing.called.end.failures == [])
    }

    @Test func aGreetingAloneWhichAsksForACallBackIsPassedOnWhenTheCallerGoes() throws {
        let called = try Side(Self.sasl(isRequired: false).accepting(.election))
        try called.take(Self.hello)
        #expect(called.end.received == [])
        try called.channel.close().wait()
        #expect(called.end.received == Self.hello)

        let strict = try Side(Self.sasl().accepting(.election))
        try strict.take(Self.hello)
        try strict.channel.close().wait()
        #expect(strict.end.received == [])
    }

    @Test(arguments: [
        QuorumAuthPacket(.inProgress, token: [1]).encoded,
        Array(QuorumAuthPacket(.inProgress, token: []).encoded.prefix(8)) + [0, 0, 0, 7, 0, 0, 0, 0],
        Array(QuorumAuthPacket(.inProgress, token: []).encoded.prefix(12)) + [0x7f, 0xff, 0xff, 0xff],
    ])
    func whatIsNoExchangeIsRefusedHoweverLongItSaysItIs(bytes: [UInt8]) throws {
        let called = try Side(Self.sasl().accepting(.quorum))
        try called.take(bytes)
        #expect(!called.isOpen && called.end.received == [] && called.end.failures.count == 1)
    }

    @Test func aServerThatDoesNotAnswerIsGivenUpAndOneThatDoesNotKnowThePassword() throws {
        let silent = try Side(Self.sasl().dialling(.quorum, timeout: .seconds(5)))
        let written = silent.write(Self.packet)
        silent.channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(!silent.isOpen)
        #expect(silent.end.failures == ["it does not answer to SASL (quorum.auth.learnerRequireSasl)"])
        #expect(throws: ChannelError.ioOnClosedChannel) { try written.wait() }

        let impostor = try Side(Self.sasl().dialling(.quorum, timeout: .seconds(5)))
        try impostor.take(QuorumAuthPacket(.inProgress, token: DigestMD5Server(.quorum, nonce: [1]).challenge).encoded)
        try impostor.take(QuorumAuthPacket(.success, token: Array("rspauth=00".utf8)).encoded)
        #expect(!impostor.isOpen)
        #expect(impostor.end.failures == ["the server has not proved that it knows the password"])
    }
}
