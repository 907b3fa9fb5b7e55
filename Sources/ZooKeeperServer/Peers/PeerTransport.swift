import NIOCore
import NIOPosix

/// How the servers of an ensemble talk to each other, on election and quorum connections alike.
struct PeerTransport: Sendable {
    /// What those that connect to this server's ports speak.
    var accepts: PortTransport
    /// TLS for what this server dials; nil: in the clear.
    var dials: (any TransportSecurity)?
    /// What both prove themselves with inside it; nil: nothing.
    var sasl: PeerSASL?

    static let plain = PeerTransport(accepts: .plain)

    /// As Apache's servers: `sslQuorum` decides what is dialled, and `portUnification` lets both in, so that an ensemble can go
    /// over to TLS server by server.
    init(_ tls: QuorumTLS, _ security: any TransportSecurity) {
        accepts = tls.acceptsPlain ? .either(security) : .secure(security)
        dials = tls.isDialled ? security : nil
    }

    private init(accepts: PortTransport) { self.accepts = accepts }

    /// Puts what stands before the protocol into the pipeline of an accepted connection.
    func addAcceptingHandlers(_ kind: PeerConnectionKind, to pipeline: ChannelPipeline.SynchronousOperations) throws {
        try accepts.addHandlers(to: pipeline)
        if let sasl { try pipeline.addHandler(sasl.accepting(kind)) }
    }

    /// Dials another server.
    ///
    /// - Parameters:
    ///   - timeout: milliseconds.
    ///   - handler: makes that of the new connection, on its loop.
    func dial(
        _ kind: PeerConnectionKind, _ host: String, _ port: Int, timeout: Int, on loop: any EventLoop,
        _ handler: @escaping @Sendable () -> any ChannelHandler
    ) -> EventLoopFuture<any Channel> {
        let patience = TimeAmount.milliseconds(Int64(timeout))
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(patience)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelInitializer { [dials, sasl] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let dials { try pipeline.addHandlers(try dials.clientHandlers(host: host)) }
                    if let proof = sasl?.dialling(kind, timeout: patience) { try pipeline.addHandler(proof) }
                    try pipeline.addHandler(handler())
                }
            }
        // An address is much cheaper than a name where hundreds are dialled: there is nothing to look up and nothing to choose.
        if let address = try? SocketAddress(ipAddress: host, port: port) { return bootstrap.connect(to: address) }
        return bootstrap.connect(host: host, port: port)
    }
}
