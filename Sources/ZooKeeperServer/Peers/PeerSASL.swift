import Jute
import NIOCore
import SASL
import ZooKeeperProtocol

/// What the servers of an ensemble prove themselves to each other with (Apache's `SaslQuorumAuthServer` and `SaslQuorumAuthLearner`).
struct PeerSASL: Sendable {
    struct Login: Sendable {
        var user: String
        var password: String
    }

    /// What stands for the password of each that may connect.
    var users: [String: DigestMD5.Secret]
    /// What this server proves itself with where it connects; nil: it does not.
    var login: Login?
    /// Who connects must prove itself; else those are let in, too, that do not try or fail: so an ensemble can go over to SASL server by
    /// server.
    var isRequired: Bool

    /// The longest token taken; none that is sent is a quarter of it.
    static let tokenLimit = 4096

    /// In front of the handler of an accepted connection.
    func accepting(_ kind: PeerConnectionKind) -> any ChannelHandler { AcceptedPeerSASL(self, kind) }

    /// In front of the handler of a connection that this server dials; nil when it proves nothing.
    func dialling(_ kind: PeerConnectionKind, timeout: TimeAmount) -> (any ChannelHandler)? {
        login.map { DialledPeerSASL($0, kind, timeout: timeout) }
    }
}

/// Which port a connection between servers goes to.
enum PeerConnectionKind {
    case quorum
    /// Whoever dials says who it is before it proves it.
    case election
}

/// What both ends do: packets in, packets out.
private struct AuthPackets {
    var input = ByteBuffer()

    /// The next whole packet; nil when there is none yet.
    mutating func next() throws(JuteError) -> QuorumAuthPacket? {
        let outcome = input.withUnsafeReadableBytes { bytes -> Result<(QuorumAuthPacket?, Int), JuteError> in
            var reader = JuteReader(bytes, maxFieldLength: PeerSASL.tokenLimit)
            do throws(JuteError) {
                let packet = try reader.readIfComplete(QuorumAuthPacket.self)
                return .success((packet, reader.offset))
            } catch { return .failure(error) }
        }
        let (packet, used) = try outcome.get()
        input.moveReaderIndex(forwardBy: used)
        return packet
    }

    static func encoded(_ packet: QuorumAuthPacket, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        let bytes = packet.encoded
        var buffer = allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        return buffer
    }
}

/// Lets the bytes of an accepted connection through when the other end has proved itself, or need not.
private final class AcceptedPeerSASL: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Election connections begin here.
        case greeting
        case beginning
        case challenged(DigestMD5Server)
        case done
    }

    private let sasl: PeerSASL
    private var state: State
    private var packets = AuthPackets()
    /// The greeting, for the handler behind this one.
    private var greeting = ByteBuffer()

    init(_ sasl: PeerSASL, _ kind: PeerConnectionKind) {
        self.sasl = sasl
        state = kind == .election ? .greeting : .beginning
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = Self.unwrapInboundIn(data)
        packets.input.writeBuffer(&buffer)
        while step(context) {}
    }

    func channelInactive(context: ChannelHandlerContext) {
        // It may have wanted nothing but a call back.
        if !sasl.isRequired, case .beginning = state { letThrough(context) }
        context.fireChannelInactive()
    }

    /// Deals with what is there as far as it goes; false when more must come first.
    private func step(_ context: ChannelHandlerContext) -> Bool {
        switch state {
        case .greeting: return readGreeting(context)
        case .beginning:
            guard let first = packets.input.getInteger(at: packets.input.readerIndex, as: Int64.self) else {
                return false
            }
            guard first == QuorumAuthPacket.magic else {
                if sasl.isRequired {
                    fail("it has not tried to prove itself with SASL (quorum.auth.serverRequireSasl)", context)
                } else {
                    letThrough(context)
                }
                return false
            }
            return exchange(context) { packet throws(SASLError) in
                // Kerberos begins with a token.
                guard packet.token?.isEmpty ?? true else { throw .outOfTurn }
                let server = DigestMD5Server(.quorum, nonce: RandomBytes.make(20))
                state = .challenged(server)
                return QuorumAuthPacket(.inProgress, token: server.challenge)
            }
        case .challenged(let server):
            return exchange(context) { packet throws(SASLError) in
                let (_, proof) = try server.verify(packet.token ?? []) { sasl.users[$0] }
                state = .done
                return QuorumAuthPacket(.success, token: proof)
            }
        case .done:
            letThrough(context)
            return false
        }
    }

    private func readGreeting(_ context: ChannelHandlerContext) -> Bool {
        let used = packets.input.withUnsafeReadableBytes { bytes -> Int? in
            var reader = JuteReader(bytes)
            do throws(JuteError) {
                return try reader.readIfComplete(ElectionHello.self) == nil ? nil : reader.offset
            } catch { return -1 }
        }
        guard let used else {
            if packets.input.readableBytes > 20 + ElectionHello.maxAddressLength { letThrough(context) }
            return false
        }
        guard used > 0 else {
            // The handler behind says what it thinks of it.
            letThrough(context)
            return false
        }
        greeting = packets.input.readSlice(length: used) ?? greeting
        state = .beginning
        return true
    }

    /// Answers the next packet.
    private func exchange(
        _ context: ChannelHandlerContext, _ answer: (QuorumAuthPacket) throws(SASLError) -> QuorumAuthPacket
    ) -> Bool {
        let packet: QuorumAuthPacket
        do throws(JuteError) {
            guard let next = try packets.next() else { return false }
            packet = next
        } catch {
            refuse("\(error)", context)
            return false
        }
        do throws(SASLError) { send(try answer(packet), context) } catch {
            refuse("\(error)", context)
            return false
        }
        return true
    }

    private func refuse(_ why: String, _ context: ChannelHandlerContext) {
        send(QuorumAuthPacket(.failure, token: []), context)
        if sasl.isRequired { fail(why, context) } else { letThrough(context) }
    }

    private func fail(_ why: String, _ context: ChannelHandlerContext) {
        state = .done
        packets.input.clear()
        context.fireErrorCaught(HandshakeFailure(why))
        context.close(promise: nil)
    }

    private func send(_ packet: QuorumAuthPacket, _ context: ChannelHandlerContext) {
        context.writeAndFlush(
            Self.wrapOutboundOut(AuthPackets.encoded(packet, context.channel.allocator)), promise: nil)
    }

    private func letThrough(_ context: ChannelHandlerContext) {
        state = .done
        var bytes = greeting
        bytes.writeBuffer(&packets.input)
        greeting = ByteBuffer()
        packets.input = ByteBuffer()
        if bytes.readableBytes > 0 { context.fireChannelRead(Self.wrapInboundOut(bytes)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}

/// Proves this server's identity on a connection that it has dialled, and holds back what the handler behind writes until then. The greeting
/// of an election connection goes first; who waits for it to be written waits for the proof.
private final class DialledPeerSASL: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var client: DigestMD5Client
    private let kind: PeerConnectionKind
    private let timeout: TimeAmount
    private var packets = AuthPackets()
    private var hasBegun = false
    private var isDone = false
    private var held: [(bytes: NIOAny, promise: EventLoopPromise<Void>?)] = []
    private var greeted: EventLoopPromise<Void>?
    private var alarm: Scheduled<Void>?

    init(_ login: PeerSASL.Login, _ kind: PeerConnectionKind, timeout: TimeAmount) {
        client = DigestMD5Client(
            user: login.user, password: login.password, at: .quorum, clientNonce: RandomBytes.make(30))
        self.kind = kind
        self.timeout = timeout
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        alarm = context.eventLoop.scheduleTask(in: timeout) {
            let (handler, context) = bound.value
            handler.fail("it does not answer to SASL (quorum.auth.learnerRequireSasl)", context)
        }
        if kind == .quorum { begin(context) }
        context.fireChannelActive()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Who has connected may write before the channel is active.
        guard kind == .election, !hasBegun else { return held.append((data, promise)) }
        greeted = promise
        context.write(data, promise: nil)
        begin(context)
    }

    private func begin(_ context: ChannelHandlerContext) {
        hasBegun = true
        send(client.firstToken, context)
    }

    private func send(_ token: [UInt8], _ context: ChannelHandlerContext) {
        let packet = QuorumAuthPacket(.inProgress, token: token)
        context.writeAndFlush(
            Self.wrapOutboundOut(AuthPackets.encoded(packet, context.channel.allocator)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = Self.unwrapInboundIn(data)
        packets.input.writeBuffer(&buffer)
        while !isDone {
            do {
                guard let packet = try packets.next() else { return }
                guard packet.status != .failure else { throw SASLError.refused }
                switch try client.take(packet.token) {
                case .send(let token): send(token, context)
                case .done: finish(context)
                }
            } catch { return fail("\(error)", context) }
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        isDone = true
        alarm?.cancel()
        greeted?.succeed(())
        greeted = nil
        for write in held { context.write(write.bytes, promise: write.promise) }
        held = []
        context.flush()
        let rest = packets.input
        packets.input = ByteBuffer()
        if rest.readableBytes > 0 { context.fireChannelRead(Self.wrapInboundOut(rest)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func fail(_ why: String, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        alarm?.cancel()
        context.fireErrorCaught(HandshakeFailure(why))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isDone = true
        alarm?.cancel()
        dropHeld()
        context.fireChannelInactive()
    }

    private func dropHeld() {
        greeted?.fail(ChannelError.ioOnClosedChannel)
        greeted = nil
        for write in held { write.promise?.fail(ChannelError.ioOnClosedChannel) }
        held = []
    }
}

/// Bytes that nobody can guess.
enum RandomBytes {
    static func make(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
