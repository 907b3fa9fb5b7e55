/// The TLS of all ports, made of the settings before anything else is begun: what is wrong with a key is said first.
struct Transports {
    /// Of the ports that take TLS clients; nil when none does.
    var client: (any TransportSecurity)?
    var peers = PeerTransport.plain
    /// What this server shows on them.
    var certificates: [OwnCertificate] = []

    /// - Parameter provider: nil in the executable that has no TLS.
    init(_ settings: ServerSettings, _ provider: TransportSecurityProvider?) throws {
        func security(_ tls: TLSSettings, for key: String) throws -> any TransportSecurity {
            guard let provider else { throw Server.StartError.noTLS(key: key) }
            let security = try provider(tls)
            certificates.append(
                OwnCertificate(prefix: tls.prefix, path: tls.keyStore?.path ?? "", end: security.certificateEnd))
            return security
        }
        if let tls = settings.clientTLS {
            client = try security(
                tls, for: settings.secureClient != nil ? "secureClientPort" : "client.portUnification")
        }
        if settings.ensemble != nil, let quorum = settings.quorumTLS {
            let made = try security(quorum.tls, for: quorum.isDialled ? "sslQuorum" : "portUnification")
            peers = PeerTransport(quorum, made)
        }
    }

    /// Of the client port that is not `secureClientPort`.
    func plainClientPort(_ settings: ServerSettings) -> PortTransport {
        (settings.unifiesClientPort ? client : nil).map { .either($0) } ?? .plain
    }
}
