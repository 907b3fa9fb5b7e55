import NIOCore
import NIOPosix

/// How a client port speaks.
enum ClientTransport {
    case plain
    case secure(any TransportSecurity)
    /// `client.portUnification`: the first bytes tell which of the two it is.
    case either(any TransportSecurity)
}

extension ServerBootstrap {
    /// Accepts clients: each connection becomes a `ClientConnection` behind what its transport needs.
    static func clients(
        _ group: any EventLoopGroup, _ transport: ClientTransport, _ settings: ServerSettings,
        core: NIOLoopBound<ServerCore>
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(settings.backlog > 0 ? settings.backlog : 4096))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: settings.keepsAlive ? 1 : 0)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    var isSecure = false
                    switch transport {
                    case .plain: break
                    case .secure(let security):
                        isSecure = true
                        try pipeline.addHandlers(try security.serverHandlers())
                    case .either(let security): try pipeline.addHandler(TransportDetector(security))
                    }
                    try pipeline.addHandler(ClientConnection(server: core.value, isSecure: isSecure))
                }
            }
    }
}

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
