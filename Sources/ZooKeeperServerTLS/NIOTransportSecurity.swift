import NIOCore
import NIOSSL
import ZooKeeperServer

/// TLS by BoringSSL, through swift-nio-ssl.
package struct NIOTransportSecurity: TransportSecurity {
    private let settings: TLSSettings
    private let server: NIOSSLContext
    /// Of what this server dials; nil on ports that only others dial.
    private let client: NIOSSLContext?
    package let certificateEnd: Int64
    private let names = HostNames()

    /// Why TLS cannot be had with these settings. The text names the key of the zoo.cfg and the way out.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// How long an end may take to say goodbye before its connection is just closed.
    private static let shutdownTimeout = TimeAmount.seconds(1)

    /// Reads the key, the certificates and the passwords.
    package init(_ settings: TLSSettings) throws {
        self.settings = settings
        let prefix = settings.prefix
        guard let keyStore = settings.keyStore else {
            throw Failure(
                description:
                    "TLS needs the server's key: set \(prefix)keyStore.location to a PEM file with its key and certificate chain, or to a PKCS12 file"
            )
        }
        let own = try KeyMaterial.identity(keyStore, "\(prefix)keyStore")
        let trusted = try settings.trustStore.map { try KeyMaterial.trusted($0, "\(prefix)trustStore") }
        certificateEnd = own.chain.map(\.end).min() ?? .max
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: own.chain, privateKey: own.key)
        switch settings.clientAuth {
        case .need: tls.certificateVerification = .noHostnameVerification
        case .want: tls.certificateVerification = .optionalVerification
        case .none: tls.certificateVerification = .none
        }
        if let trusted {
            tls.trustRoots = .certificates(trusted)
        } else if settings.isQuorum {
            throw Failure(
                description:
                    "TLS needs the certificates that the other servers are checked against: set \(prefix)trustStore.location to a PEM file with them"
            )
        } else if settings.clientAuth != .none {
            throw Failure(
                description:
                    "TLS needs the certificates that clients are checked against: set \(prefix)trustStore.location to a PEM file with them, or \(prefix)clientAuth=none to check no client"
            )
        }
        (tls.minimumTLSVersion, tls.maximumTLSVersion) = try TLSNames.versions(settings)
        tls.cipherSuiteValues =
            settings.cipherSuites.isEmpty ? TLSNames.defaultCiphers : try TLSNames.ciphers(settings)
        tls.shutdownTimeout = Self.shutdownTimeout
        do {
            server = try NIOSSLContext(configuration: tls)
            // Whoever is dialled must always show who it is.
            tls.certificateVerification = .noHostnameVerification
            client = settings.isQuorum ? try NIOSSLContext(configuration: tls) : nil
        } catch {
            throw Failure(
                description:
                    "TLS cannot use \(keyStore.path) (\(prefix)keyStore.location): \(KeyMaterial.words(for: error))")
        }
    }

    package func serverHandlers() throws -> [any ChannelHandler] {
        [
            NIOSSLServerHandler(context: server),
            PeerAuthenticationHandler(
                settings, host: settings.verifiesCallingHost ? .calling : .any, names: names, isDialled: false),
        ]
    }

    package func clientHandlers(host: String) throws -> [any ChannelHandler] {
        guard let client else { throw Failure(description: "\(settings.prefix) is for ports that are not dialled") }
        // The name helps the other end to choose its certificate (SNI); an address cannot.
        let named =
            CertificateHosts.address(host) == nil
            ? try? NIOSSLClientHandler(context: client, serverHostname: host) : nil
        return [
            try named ?? NIOSSLClientHandler(context: client, serverHostname: nil),
            PeerAuthenticationHandler(
                settings, host: settings.verifiesDialledHost ? .dialled(host) : .any, names: names, isDialled: true),
        ]
    }
}

extension NIOSSLCertificateSource {
    /// Seconds since 1970; of a file, which is not read here, the end of time.
    fileprivate var end: Int64 {
        if case .certificate(let certificate) = self { Int64(certificate.notValidAfter) } else { .max }
    }
}
