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
