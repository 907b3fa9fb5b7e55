import NIOSSL
import ZooKeeperServer

/// Reads keys and certificates; what is wrong with them is said with the file, the key of the zoo.cfg and the way out.
enum KeyMaterial {
    private typealias Failure = NIOTransportSecurity.Failure

    /// A private key with its certificate and those that signed it.
    static func identity(
        _ store: TLSSettings.Store, _ key: String
    ) throws -> (chain: [NIOSSLCertificateSource], key: NIOSSLPrivateKeySource) {
        let place = "\(store.path) (\(key).location)"
        switch store.format {
        case .pem:
            let (bytes, password) = (try read(store.path, "\(key).location"), try password(store, key))
            let certificates = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
            guard !certificates.isEmpty else {
                throw Failure(
                    description:
                        "\(place) holds no certificate in PEM: it must have the server's private key, its certificate, and those that signed that one, one behind the other"
                )
            }
            return (certificates.map { .certificate($0) }, .privateKey(try privateKey(bytes, password, place, key)))
        case .pkcs12:
            let (bytes, password) = (try read(store.path, "\(key).location"), try password(store, key))
            do {
                let bundle = try NIOSSLPKCS12Bundle(buffer: bytes, passphrase: Array((password ?? "").utf8))
                return (bundle.certificateChain.map { .certificate($0) }, .privateKey(bundle.privateKey))
            } catch {
                throw Failure(
                    description:
                        "cannot open \(place) as PKCS12 with \(password == nil ? "no password" : "the given password") (\(key).password, \(key).passwordPath): \(words(for: error)). openssl pkcs12 -info -in \(store.path) shows whether the password fits"
                )
            }
        case .jks, .bcfks:
            throw Failure(
                description:
                    "\(place) is a \(store.format.rawValue) store, which only Java reads; convert it: keytool -importkeystore -srckeystore \(store.path) -destkeystore server.p12 -deststoretype PKCS12, and set \(key).location to server.p12"
            )
        }
    }

    private static func privateKey(
        _ bytes: [UInt8], _ password: String?, _ place: String, _ key: String
    ) throws -> NIOSSLPrivateKey {
        do {
            let passphrase = Array((password ?? "").utf8)
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem) { $0(passphrase) }
        } catch {
            let text = String(decoding: bytes, as: UTF8.self)
            if !text.contains("PRIVATE KEY-----") {
                throw Failure(description: "\(place) holds no private key in PEM: put it before the certificate")
            }
            if text.contains("ENCRYPTED"), password == nil {
                throw Failure(
                    description: "the private key in \(place) is encrypted: set \(key).password or \(key).passwordPath")
            }
            let isEncrypted = text.contains("ENCRYPTED")
            throw Failure(
                description:
                    "cannot read the private key in \(place)\(isEncrypted ? " with the given password (\(key).password, \(key).passwordPath)" : ""): \(isEncrypted ? "the password does not fit, or it is damaged" : "it is damaged, or of a kind that is not known"). openssl pkey -in FILE shows what is wrong with it"
            )
        }
    }

    /// The certificates of those that may sign the other end's.
    static func trusted(_ store: TLSSettings.Store, _ key: String) throws -> [NIOSSLCertificate] {
        let place = "\(store.path) (\(key).location)"
        guard store.format == .pem else {
            throw Failure(
                description:
                    "\(place) is a \(store.format.rawValue) store; the certificates to trust are read from PEM. Convert it: keytool -list -rfc -keystore \(store.path) > trust.pem, and set \(key).location to trust.pem"
            )
        }
        let bytes = try read(store.path, "\(key).location")
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw Failure(
                description:
                    "\(place) holds no certificate in PEM: it must have those of the authorities that are trusted, one behind the other"
            )
        }
        return certificates
    }

    private static func password(_ store: TLSSettings.Store, _ key: String) throws -> String? {
        switch store.password {
        case .none: return nil
        case .text(let text): return text
        case .file(let path):
            let text = String(decoding: try read(path, "\(key).passwordPath"), as: UTF8.self)
            return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        }
    }

    private static func read(_ path: String, _ key: String) throws -> [UInt8] {
        do { return try ConfigFile.read(path) } catch {
            throw Failure(description: "\(key): \(error)")
        }
    }

    /// What BoringSSL says, in its own words where there are no better ones.
    static func words(for error: any Error) -> String {
        // All that is left to go wrong when a key and a certificate are put together.
        if case .failedToLoadPrivateKey? = error as? NIOSSLError {
            return "its private key does not belong to its first certificate: the server's own certificate comes first"
        }
        let text = "\(error)"
        return text.contains("INCORRECT_PASSWORD") ? "the password does not fit" : text
    }
}
