import NIOCore
import NIOPosix

/// How the servers of an ensemble talk to each other, on election and quorum connections alike.
struct PeerTransport: Sendable {
    /// What those that connect to this server's ports speak.
    var accepts: PortTransport
    /// TLS for what this server dials; nil: in the clear.
    var dials: (any TransportSecurity)?

    static let plain = PeerTransport(accepts: .plain)

    /// As Apache's servers: `sslQuorum` decides what is dialled, and `portUnification` lets both in, so that an ensemble can go
    /// over to TLS server by server.
    init(_ tls: QuorumTLS, _ security: any TransportSecurity) {
        accepts = tls.acceptsPlain ? .either(security) : .secure(security)
        dials = tls.isDialled ? security : nil
    }

    private init(accepts: PortTransport) { self.accepts = accepts }

    /// Dials another server.
    ///
    /// - Parameters:
    ///   - timeout: milliseconds.
    ///   - handler: makes that of the new connection, on its loop.
    func dial(
        _ host: String, _ port: Int, timeout: Int, on loop: any EventLoop,
        _ handler: @escaping @Sendable () -> any ChannelHandler
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(Int64(timeout)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelInitializer { [dials] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let dials { try pipeline.addHandlers(try dials.clientHandlers(host: host)) }
                    try pipeline.addHandler(handler())
                }
            }
        // An address is much cheaper than a name where hundreds are dialled: there is nothing to look up and nothing to choose.
        if let address = try? SocketAddress(ipAddress: host, port: port) { return bootstrap.connect(to: address) }
        return bootstrap.connect(host: host, port: port)
    }
}
