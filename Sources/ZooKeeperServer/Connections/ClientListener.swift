import NIOCore
import NIOPosix

extension ServerBootstrap {
    /// Accepts clients: each connection becomes a `ClientConnection` behind what its transport needs.
    ///
    /// - Parameter name: of the port, for the log.
    static func clients(
        _ group: any EventLoopGroup, _ name: String, _ transport: PortTransport, _ settings: ServerSettings,
        warnings: RecurringLog, core: NIOLoopBound<ServerCore>
    ) -> ServerBootstrap {
        Acceptance(port: name, warnings: warnings)
            .bootstrap(group, backlog: settings.backlog > 0 ? settings.backlog : 4096) { channel, pipeline in
                try channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: settings.keepsAlive ? 1 : 0)
                try transport.addHandlers(to: pipeline)
                try pipeline.addHandler(ClientConnection(server: core.value, isSecure: transport.isSecure))
            }
    }
}
