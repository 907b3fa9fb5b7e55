import NIOCore
import NIOPosix

extension ServerBootstrap {
    /// Accepts clients: each connection becomes a `ClientConnection` behind what its transport needs.
    static func clients(
        _ group: any EventLoopGroup, _ transport: PortTransport, _ settings: ServerSettings,
        core: NIOLoopBound<ServerCore>
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(settings.backlog > 0 ? settings.backlog : 4096))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: settings.keepsAlive ? 1 : 0)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try transport.addHandlers(to: pipeline)
                    try pipeline.addHandler(ClientConnection(server: core.value, isSecure: transport.isSecure))
                }
            }
    }
}
