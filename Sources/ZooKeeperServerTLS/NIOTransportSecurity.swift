import NIOCore
import NIOSSL
import NIOTLS
import ZooKeeperServer

/// TLS by BoringSSL, through swift-nio-ssl.
package struct NIOTransportSecurity: TransportSecurity {
    private let context: NIOSSLContext

    /// Why TLS cannot be had with these settings. The text names the key of the zoo.cfg and the way out.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// Reads the key, the certificates and the passwords.
    package init(_ settings: TLSSettings) throws {
        let prefix = settings.prefix
        guard let keyStore = settings.keyStore else {
            throw Failure(
                description:
                    "TLS needs the server's key: set \(prefix)keyStore.location to a PEM file with its key and certificate chain, or to a PKCS12 file"
            )
        }
        let own = try Self.identity(keyStore, "\(prefix)keyStore")
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: own.chain, privateKey: own.key)
        switch settings.clientAuth {
        case .need: tls.certificateVerification = .noHostnameVerification
        case .want: tls.certificateVerification = .optionalVerification
        case .none: tls.certificateVerification = .none
        }
        if let trustStore = settings.trustStore {
            tls.trustRoots = .certificates(try Self.trusted(trustStore, "\(prefix)trustStore"))
        } else if settings.clientAuth != .none {
            throw Failure(
                description:
                    "TLS needs the certificates that clients are checked against: set \(prefix)trustStore.location to a PEM file with them, or \(prefix)clientAuth=none to check no client"
            )
        }
        (tls.minimumTLSVersion, tls.maximumTLSVersion) = try Self.versions(settings)
        if !settings.cipherSuites.isEmpty { tls.cipherSuiteValues = try Self.ciphers(settings) }
        do { context = try NIOSSLContext(configuration: tls) } catch {
            throw Failure(description: "TLS cannot use \(keyStore.path) (\(prefix)keyStore.location): \(error)")
        }
    }

    package func serverHandlers() throws -> [any ChannelHandler] {
        [NIOSSLServerHandler(context: context), PeerCertificateHandler()]
    }

    // MARK: Settings

    private static func identity(
        _ store: TLSSettings.Store, _ key: String
    ) throws -> (chain: [NIOSSLCertificateSource], key: NIOSSLPrivateKeySource) {
        let password = try Self.password(store, key)
        do {
            switch store.format {
            case .pem:
                let chain = try NIOSSLCertificate.fromPEMFile(store.path)
                let bytes = Array((password ?? "").utf8)
                let privateKey = try NIOSSLPrivateKey(file: store.path, format: .pem) { $0(bytes) }
                return (chain.map { .certificate($0) }, .privateKey(privateKey))
            case .pkcs12:
                let bundle = try NIOSSLPKCS12Bundle(file: store.path, passphrase: password.map { Array($0.utf8) })
                return (bundle.certificateChain.map { .certificate($0) }, .privateKey(bundle.privateKey))
            case .jks, .bcfks:
                throw Failure(
                    description:
                        "\(store.path) (\(key).location) is a \(store.format.rawValue) store, which only Java reads; convert it: keytool -importkeystore -srckeystore \(store.path) -destkeystore server.p12 -deststoretype PKCS12"
                )
            }
        } catch let failure as Failure { throw failure } catch {
            throw Failure(
                description:
                    "cannot read a private key and its certificates from \(store.path) (\(key).location, \(key).password): \(error)"
            )
        }
    }

    private static func trusted(_ store: TLSSettings.Store, _ key: String) throws -> [NIOSSLCertificate] {
        guard store.format == .pem else {
            throw Failure(
                description:
                    "\(store.path) (\(key).location) is a \(store.format.rawValue) store; the certificates to trust are read from PEM: keytool -exportcert -rfc, or openssl pkcs12 -nokeys, writes it"
            )
        }
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(store.path)
            guard !certificates.isEmpty else { throw Failure(description: "it holds no certificate") }
            return certificates
        } catch {
            throw Failure(description: "cannot read certificates from \(store.path) (\(key).location): \(error)")
        }
    }

    private static func password(_ store: TLSSettings.Store, _ key: String) throws -> String? {
        switch store.password {
        case .none: return nil
        case .text(let text): return text
        case .file(let path):
            do {
                let text = String(decoding: try ConfigFile.read(path), as: UTF8.self)
                return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            } catch { throw Failure(description: "cannot read \(path) (\(key).passwordPath): \(error)") }
        }
    }

    private static func versions(_ settings: TLSSettings) throws -> (TLSVersion, TLSVersion?) {
        if settings.protocols.isEmpty { return (.tlsv12, .tlsv13) }
        let all: [(name: String, version: TLSVersion)] = [("TLSv1.2", .tlsv12), ("TLSv1.3", .tlsv13)]
        for name in settings.protocols where !all.contains(where: { $0.name == name }) {
            throw Failure(
                description: "\(settings.prefix)enabledProtocols names \(name); TLSv1.2 and TLSv1.3 can be had")
        }
        let wanted = all.filter { settings.protocols.contains($0.name) }
        return (wanted.first!.version, wanted.last!.version)
    }

    private static func ciphers(_ settings: TLSSettings) throws -> [NIOTLSCipher] {
        try settings.cipherSuites.map { name in
            guard let cipher = cipherNames[name] else {
                throw Failure(
                    description:
                        "\(settings.prefix)ciphersuites names \(name); known are \(cipherNames.keys.sorted().joined(separator: ", "))"
                )
            }
            return cipher
        }
    }

    private static let cipherNames: [String: NIOTLSCipher] = [
        "TLS_AES_128_GCM_SHA256": .TLS_AES_128_GCM_SHA256, "TLS_AES_256_GCM_SHA384": .TLS_AES_256_GCM_SHA384,
        "TLS_CHACHA20_POLY1305_SHA256": .TLS_CHACHA20_POLY1305_SHA256,
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
        "TLS_RSA_WITH_AES_128_GCM_SHA256": .TLS_RSA_WITH_AES_128_GCM_SHA256,
        "TLS_RSA_WITH_AES_256_GCM_SHA384": .TLS_RSA_WITH_AES_256_GCM_SHA384,
    ]
}

/// Tells the connection who its client is, when the handshake is done.
private final class PeerCertificateHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted? = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        let subject = (try? certificate?.toDERBytes()).flatMap { DistinguishedName.ofSubject(certificate: $0) }
        context.fireUserInboundEventTriggered(PeerAuthenticated(subject: subject))
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
