import Jute
import NIOCore
import ZooKeeperProtocol

/// One connection on an election port: a greeting that says who dialled, then notifications, each behind its length (reference 7.1 to
/// 7.3; Apache's `QuorumCnxManager.SendWorker` and `RecvWorker`).
///
/// Can become: awaitingHello (accepted ones only) → talking → closed.
final class ElectionConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case awaitingHello
        case talking(ServerID)
        case closed
    }

    private unowned let mesh: ElectionMesh
    private var channel: (any Channel)!
    private var state = State.awaitingHello
    private var input = ByteBuffer()
    /// What the peer should know and has not been sent, because it is slow. Only the newest matters.
    private var pending: Notification?

    private let isDialled: Bool

    init(mesh: ElectionMesh, isDialled: Bool) {
        self.mesh = mesh
        self.isDialled = isDialled
    }

    func handlerAdded(context: ChannelHandlerContext) { channel = context.channel }

    func channelActive(context: ChannelHandlerContext) {
        if !isDialled { mesh.arrived(self, from: context.channel.remoteAddress) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        mesh.listener.turnBegins()
        var buffer = Self.unwrapInboundIn(data)
        if input.readableBytes == 0 { input = buffer } else { input.writeBuffer(&buffer) }
        while let next = readNext() { next() }
    }

    func channelReadComplete(context: ChannelHandlerContext) { mesh.listener.turnEnded() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let pending {
            self.pending = nil
            send(pending)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .talking(let peer) = state { mesh.lost(self, to: peer) }
        if case .awaitingHello = state { mesh.leftWithoutHello(self) }
        state = .closed
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let failure = error as? HandshakeFailure { mesh.handshakeFailed(failure, with: channel.remoteAddress) }
        context.close(promise: nil)
    }

    // MARK: Input

    /// What the next whole message in the input asks for; nil when there is none.
    private func readNext() -> (() -> Void)? {
        switch state {
        case .closed: return nil
        case .awaitingHello:
            return readHello().map { hello in { [self] in mesh.greeted(self, hello) } }
        case .talking(let peer):
            guard let length = input.getInteger(at: input.readerIndex, as: Int32.self) else { return nil }
            guard length > 0, Int(length) <= Notification.maxFrameLength else {
                refuse("a message of \(length) bytes")
                return nil
            }
            guard input.readableBytes >= 4 + Int(length) else { return nil }
            input.moveReaderIndex(forwardBy: 4)
            let message = input.readSlice(length: Int(length))!
            let notification = message.withUnsafeReadableBytes { bytes -> Notification? in
                var reader = JuteReader(bytes)
                return try? Notification(from: &reader)
            }
            // As Apache does: one that makes no sense is passed over.
            guard let notification else { return {} }
            return { [self] in mesh.listener.heard(notification, peer) }
        }
    }

    private func readHello() -> ElectionHello? {
        do throws(JuteError) {
            if let hello = try input.readRecord(ElectionHello.self) { return hello }
            if input.readableBytes < 20 + ElectionHello.maxAddressLength { return nil }
        } catch {}
        refuse("a greeting that no server sends")
        return nil
    }

    private func refuse(_ what: String) {
        mesh.refused(what, from: channel.remoteAddress)
        let peer: ServerID? = if case .talking(let peer) = state { peer } else { nil }
        close()
        // Else it would be taken for connected, and told in vain.
        if let peer { mesh.lost(self, to: peer) }
    }

    // MARK: Output

    /// From here on notifications pass.
    func begin(_ peer: ServerID) { state = .talking(peer) }

    func send(_ notification: Notification) {
        guard channel.isWritable else { return pending = notification }
        var writer = JuteWriter(capacity: 512)
        writer.frame { notification.write(to: &$0) }
        channel.writeAndFlush(channel.buffer(writer), promise: nil)
    }

    /// - Parameter thenCloses: the peer only has to know who called. Not before it is written: a channel that is just being
    ///   connected writes later than it closes.
    func greet(_ hello: ElectionHello, thenCloses: Bool = false) {
        var writer = JuteWriter(capacity: 64)
        hello.write(to: &writer)
        let written = channel.eventLoop.makePromise(of: Void.self)
        if thenCloses {
            state = .closed
            let channel = channel!
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        channel.writeAndFlush(channel.buffer(writer), promise: written)
    }

    /// Closes; nobody is told.
    func close() {
        if case .awaitingHello = state { mesh.leftWithoutHello(self) }
        state = .closed
        channel.close(promise: nil)
    }
}
