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
        let identity: Identity? = try certificateChain.map {
            (try Self.certificates($0), try Self.key(privateKey ?? $0, password))
        }
        try self.init(trustedCertificates, identity, verifiesHost: verifiesHost)
    }

    /// Reads the client's key and certificates from PKCS12, once.
    ///
    /// - Parameters:
    ///   - trustedCertificates: In PEM, of the authorities that may sign a server's certificate; those of the system when nil.
    ///   - pkcs12: The client's key, its certificate and those that signed it.
    ///   - password: Of `pkcs12`.
    ///   - verifiesHost: Whether a server's certificate must name the host of the connect string, beside being signed.
    public init(
        trustedCertificates: String? = nil, pkcs12: String, password: String? = nil, verifiesHost: Bool = true
    ) throws {
        let bundle: NIOSSLPKCS12Bundle
        do { bundle = try NIOSSLPKCS12Bundle(file: pkcs12, passphrase: Array((password ?? "").utf8)) } catch {
            throw Failure(
                description: "\(pkcs12) cannot be read as PKCS12, or the password does not fit: \(error)")
        }
        try self.init(
            trustedCertificates, (bundle.certificateChain, bundle.privateKey), verifiesHost: verifiesHost)
    }

    private typealias Identity = (chain: [NIOSSLCertificate], key: NIOSSLPrivateKey)

    private init(_ trustedCertificates: String?, _ identity: Identity?, verifiesHost: Bool) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = verifiesHost ? .fullVerification : .noHostnameVerification
        if let trustedCertificates {
            configuration.trustRoots = .certificates(try Self.certificates(trustedCertificates))
        }
        if let identity {
            configuration.certificateChain = identity.chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(identity.key)
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
