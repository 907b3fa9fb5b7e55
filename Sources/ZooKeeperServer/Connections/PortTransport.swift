import NIOCore

/// How those that connect to a port speak.
enum PortTransport: Sendable {
    case plain
    case secure(any TransportSecurity)
    /// Port unification: the first bytes tell which of the two it is.
    case either(any TransportSecurity)

    /// Whether all of them speak TLS.
    var isSecure: Bool { if case .secure = self { true } else { false } }

    /// Puts what the transport needs into the pipeline of a new connection, before the handler of the protocol.
    func addHandlers(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        switch self {
        case .plain: break
        case .secure(let security): try pipeline.addHandlers(try security.serverHandlers())
        case .either(let security): try pipeline.addHandler(TransportDetector(security))
        }
    }
}
