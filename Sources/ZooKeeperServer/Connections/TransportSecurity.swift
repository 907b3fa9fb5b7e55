import Logging
import NIOCore

/// TLS for a port, made of the `ssl.` settings of a zoo.cfg.
///
/// The server knows no TLS library: the executable that has one (`zkserver-tls`) plugs it in, because BoringSSL triples what
/// there is to build (Docs/decisions/0004).
package protocol TransportSecurity: Sendable {
    /// When the certificate that this server shows, or one of those that signed it, runs out: seconds since 1970.
    var certificateEnd: Int64 { get }

    /// The handlers that come first in the pipeline of a connection that this server accepted. When the handshake is done
    /// they fire one `PeerAuthenticated`, before the first byte of the protocol.
    func serverHandlers() throws -> [any ChannelHandler]

    /// The same for a connection that this server dials; what is written before the handshake is done waits for it.
    ///
    /// - Parameter host: the name or address that is dialled, for which the other's certificate must be.
    func clientHandlers(host: String) throws -> [any ChannelHandler]
}

/// The user event that tells a connection who the other end has proved to be.
package struct PeerAuthenticated: Sendable {
    /// The subject of its certificate as in RFC 2253, `CN=alice,O=Example`; nil: it showed none.
    package var subject: String?

    package init(subject: String?) { self.subject = subject }
}

/// The error that a connection is told of when no handshake comes about, or one is taken back.
package struct HandshakeFailure: Error, CustomStringConvertible {
    /// Why, in words for who runs the server.
    package var description: String
    /// The other end went away before it had said enough: a probe of the port, for example.
    package var isHangUp: Bool

    package init(_ description: String, isHangUp: Bool = false) {
        self.description = description
        self.isHangUp = isHangUp
    }
}

extension RecurringLog {
    /// A connection between servers ends before it has begun. A server that is not let in tries again at once.
    func closing(_ connection: String, _ failure: HandshakeFailure, peer: SocketAddress?) {
        let metadata: Logger.Metadata = ["peer": "\(peer?.ipAddress ?? "unknown")"]
        if failure.isHangUp { return debug("closing \(connection): \(failure)", metadata: metadata) }
        warn("closing \(connection)", "closing \(connection): \(failure)", metadata: metadata)
    }
}

/// Makes what a port needs of its settings.
///
/// - Throws: what is wrong with a key or certificate, in words for who runs the server.
package typealias TransportSecurityProvider = @Sendable (TLSSettings) throws -> any TransportSecurity
