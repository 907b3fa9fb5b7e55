import NIOCore
import NIOPosix

/// How connections to the ports for other servers begin.
enum PeerListener {
    static func election(
        _ group: any EventLoopGroup, _ transport: PortTransport, _ core: NIOLoopBound<ServerCore>
    ) -> ServerBootstrap {
        bootstrap(group, transport) { channel in
            guard let connection = core.value.member?.mesh.accept() else { throw Refused.tooMany }
            try channel.pipeline.syncOperations.addHandler(connection)
        }
    }

    static func quorum(
        _ group: any EventLoopGroup, _ transport: PortTransport, _ core: NIOLoopBound<ServerCore>
    ) -> ServerBootstrap {
        bootstrap(group, transport) { channel in
            guard let link = core.value.member?.makeLink(isDialled: false) else { throw Refused.tooMany }
            try channel.pipeline.syncOperations.addHandler(link)
        }
    }

    /// Closes the connection.
    private enum Refused: Error { case tooMany }

    private static func bootstrap(
        _ group: any EventLoopGroup, _ transport: PortTransport,
        _ initialise: @escaping @Sendable (any Channel) throws -> Void
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try transport.addHandlers(to: channel.pipeline.syncOperations)
                    try initialise(channel)
                }
            }
    }
}
