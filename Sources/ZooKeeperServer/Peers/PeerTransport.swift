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
}

extension ClientBootstrap {
    /// Connects to a name or, much cheaper where hundreds are dialled, to an address: there is nothing to look up and nothing to choose.
    func connect(to host: String, port: Int) -> EventLoopFuture<any Channel> {
        if let address = try? SocketAddress(ipAddress: host, port: port) { return connect(to: address) }
        return connect(host: host, port: port)
    }
}
