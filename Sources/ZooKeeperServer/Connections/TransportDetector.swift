import NIOCore

/// Looks at the first bytes of a connection and puts TLS into its pipeline when they begin a TLS record.
final class TransportDetector: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let security: any TransportSecurity
    private var received = ByteBuffer()

    init(_ security: any TransportSecurity) { self.security = security }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = Self.unwrapInboundIn(data)
        received.writeBuffer(&buffer)
        // Handshake record, version 3.x. As a length of a ConnectRequest it would be 369 MB.
        guard let first = received.getInteger(at: received.readerIndex, as: UInt8.self) else { return }
        var isSecure = first == 0x16
        if isSecure {
            guard let second = received.getInteger(at: received.readerIndex + 1, as: UInt8.self) else { return }
            isSecure = second == 3
        }
        do {
            if isSecure {
                try context.pipeline.syncOperations.addHandlers(
                    try security.serverHandlers(), position: .after(self))
            }
        } catch {
            context.fireErrorCaught(error)
            return
        }
        let bytes = received
        received = ByteBuffer()
        context.fireChannelRead(Self.wrapInboundOut(bytes))
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
