import NIOCore
import NIOSSL
public import ZooKeeperClient

/// TLS for a client's connections: to `secureClientPort`, or to a port with `client.portUnification`.
///
/// ```swift
/// var configuration = ClientConfiguration()
/// configuration.transport = try ClientTLS(
///     trustedCertificates: "ca.pem", certificateChain: "client.pem", privateKey: "client.key")
/// ```
public struct ClientTLS: ClientTransport {
    /// A file that cannot be used.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String
    }

    private let context: NIOSSLContext

    /// Reads the files, in PEM, once.
    ///
    /// - Parameters:
    ///   - trustedCertificates: Of the authorities that may sign a server's certificate; those of the system when nil.
    ///   - certificateChain: The client's certificate and those that signed it, if servers ask for one.
    ///   - privateKey: The client's key; the same file as `certificateChain` when nil.
    ///   - password: Of the key, if it is encrypted.
    ///   - verifiesHost: Whether a server's certificate must name the host of the connect string, beside being signed.
    public init(
        trustedCertificates: String? = nil, certificateChain: String? = nil, privateKey: String? = nil,
        password: String? = nil, verifiesHost: Bool = true
    ) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = verifiesHost ? .fullVerification : .noHostnameVerification
        if let trustedCertificates {
            configuration.trustRoots = .certificates(try Self.certificates(trustedCertificates))
        }
        if let certificateChain {
            configuration.certificateChain = try Self.certificates(certificateChain).map { .certificate($0) }
            configuration.privateKey = .privateKey(try Self.key(privateKey ?? certificateChain, password))
        }
        do { context = try NIOSSLContext(configuration: configuration) } catch {
            throw Failure(description: "the certificates cannot be used: \(error)")
        }
    }

    public func configure(_ channel: any Channel, to server: ServerAddress) throws {
        // An address in figures is no name; it is compared to the certificate's addresses.
        let isAddress = (try? SocketAddress(ipAddress: server.host, port: server.port)) != nil
        let handler = try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : server.host)
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    private static func certificates(_ path: String) throws -> [NIOSSLCertificate] {
        let certificates: [NIOSSLCertificate]
        do { certificates = try NIOSSLCertificate.fromPEMFile(path) } catch {
            throw Failure(description: "\(path) cannot be read as certificates in PEM: \(error)")
        }
        if certificates.isEmpty { throw Failure(description: "\(path) holds no certificate in PEM") }
        return certificates
    }

    private static func key(_ path: String, _ password: String?) throws -> NIOSSLPrivateKey {
        do {
            let passphrase = Array((password ?? "").utf8)
            return try NIOSSLPrivateKey(file: path, format: .pem) { $0(passphrase) }
        } catch {
            let hint = password == nil ? "" : ", or the password does not fit"
            throw Failure(description: "\(path) cannot be read as a private key in PEM\(hint): \(error)")
        }
    }
}
