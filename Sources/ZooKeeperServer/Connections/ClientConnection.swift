import DataTree
import Glibc
import Jute
import NIOCore
import RequestPipeline
import ZooKeeperProtocol

/// One connection on a client port: hands what comes to the pipeline, frame by frame, and sends everything that a turn of the event
/// loop answered with one write.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private unowned let server: ServerCore
    private var channel: (any Channel)!
    /// The pipeline's name for it; nil before it is accepted, when it is refused, and when it is gone.
    private var id: ClientID?
    /// `ip:port`, as the four-letter words show it.
    private(set) var remote = ""
    private(set) var remoteHost = ""
    /// Whether its bytes are encrypted on the way.
    private(set) var isSecure: Bool

    /// Received and not yet handled.
    private var input = ByteBuffer()
    /// Nothing has been handled yet: a four-letter word may come.
    private var isFirst = true
    private var reading = ReadingSwitch()
    private var isProcessing = false
    private var goesOnSoon = false

    init(server: ServerCore, isSecure: Bool) {
        self.server = server
        self.isSecure = isSecure
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        channel = context.channel
        guard let address = context.channel.remoteAddress else { return }
        remoteHost = address.plainHost
        remote =
            remoteHost.contains(":") ? "[\(remoteHost)]:\(address.port ?? 0)" : "\(remoteHost):\(address.port ?? 0)"
    }

    func channelActive(context: ChannelHandlerContext) {
        id = server.opened(self)
        if id == nil { reset() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // One that was refused, and closes.
        guard let id else { return }
        server.refreshClock()
        server.pipeline.heard(id)
        var buffer = Self.unwrapInboundIn(data)
        if input.readableBytes == 0 { input = buffer } else { input.writeBuffer(&buffer) }
        if !isFirst { input.withUnsafeReadableBytes { server.pipeline.foresee(requests: $0) } }
        processInput()
    }

    func channelReadComplete(context: ChannelHandlerContext) { server.clientRead() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard let id else { return }
        let isWritable = context.channel.isWritable
        server.pipeline.setWritable(id, isWritable)
        if isWritable { goOnSoon() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        input = ByteBuffer()
        guard let id else { return }
        self.id = nil
        server.closed(id)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let peer = event as? PeerAuthenticated else { return context.fireUserInboundEventTriggered(event) }
        isSecure = true
        if let id { server.pipeline.becameSecure(id, subject: peer.subject) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let failure = error as? HandshakeFailure {
            server.surroundings.statistics.handshakesFailed += 1
            server.logger.log(
                level: failure.isHangUp ? .debug : .warning, "closing a connection: \(failure)",
                metadata: ["client": "\(remote)"])
        } else {
            server.logger.debug("connection error", metadata: ["client": "\(remote)", "error": "\(error)"])
        }
        context.close(promise: nil)
    }

    // MARK: Input

    /// Handles every whole frame there is, in place.
    func processInput() {
        guard let id, !isProcessing, input.readableBytes > 0 else { return reading.set(true, on: channel) }
        isProcessing = true
        defer { isProcessing = false }
        // Held apart, because handling a frame may close this connection.
        var buffer = input
        input = ByteBuffer()
        var mustWait = false
        buffer.readWithUnsafeReadableBytes { bytes in
            var offset = 0
            loop: while offset < bytes.count, self.id == id {
                switch take(UnsafeRawBufferPointer(rebasing: bytes[offset...]), from: id) {
                case .used(let count): offset += count
                case .incomplete: break loop
                case .later:
                    mustWait = true
                    break loop
                }
            }
            return offset
        }
        guard self.id == id, !server.pipeline.isClosing(id) else { return }
        if buffer.readableBytes > 0 { input = buffer }
        reading.set(!mustWait, on: channel)
    }

    private func take(_ bytes: UnsafeRawBufferPointer, from id: ClientID) -> RequestPipeline.Taken {
        guard isFirst else { return server.take(bytes, from: id) }
        guard bytes.count >= 4 else { return .incomplete }
        guard let word = ServerWord(bytes) else {
            isFirst = false
            return server.take(bytes, from: id)
        }
        guard bytes.count >= 4 + word.argumentLength else { return .incomplete }
        isFirst = false
        server.answer(word, argument: UnsafeRawBufferPointer(rebasing: bytes[4..<4 + word.argumentLength]), to: id)
        return .used(bytes.count)
    }

    /// Goes on with what was held back, in a turn of its own: a quick client must not keep the others waiting.
    private func goOnSoon() {
        guard !goesOnSoon else { return }
        goesOnSoon = true
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.eventLoop.execute { bound.value.goOn() }
    }

    private func goOn() {
        goesOnSoon = false
        guard let id, channel.isActive else { return }
        server.refreshClock()
        server.pipeline.goOn(id)
        server.carryOut()
        server.flush()
    }

    // MARK: Output

    func flush() {
        guard let id, let output = server.pipeline.takeOutput(of: id) else { return }
        if output.goesOn { goOnSoon() }
        let buffer = channel.buffer(output.bytes)
        server.pipeline.giveBack(output.bytes)
        guard output.closes else { return send(buffer) }
        let closing: any Channel = channel
        closing.writeAndFlush(buffer).whenComplete { _ in closing.close(promise: nil) }
    }

    private func send(_ buffer: ByteBuffer) {
        guard isSecure else { return channel.writeAndFlush(buffer, promise: nil) }
        // A TLS record for each frame, as Apache's server sends them: kazoo takes one frame of a record, and waits at the
        // socket for what its TLS library has long decrypted.
        var rest = buffer
        while let length = rest.getInteger(at: rest.readerIndex, as: Int32.self),
            let frame = rest.readSlice(length: 4 + Int(length))
        {
            channel.write(frame, promise: nil)
        }
        channel.flush()
    }

    func close() { channel.close(promise: nil) }

    /// Closes with RST: the client is refused before it said anything.
    private func reset() {
        // On the loop this takes effect before it returns.
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        channel.close(promise: nil)
    }
}
