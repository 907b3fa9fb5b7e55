import NIOSSL
import ZooKeeperServer

/// The names that a zoo.cfg uses for TLS versions and cipher suites.
enum TLSNames {
    static func versions(_ settings: TLSSettings) throws -> (TLSVersion, TLSVersion?) {
        if settings.protocols.isEmpty { return (.tlsv12, .tlsv13) }
        let all: [(name: String, version: TLSVersion)] = [("TLSv1.2", .tlsv12), ("TLSv1.3", .tlsv13)]
        for name in settings.protocols where !all.contains(where: { $0.name == name }) {
            throw NIOTransportSecurity.Failure(
                description: "\(settings.prefix)enabledProtocols names \(name); TLSv1.2 and TLSv1.3 can be had")
        }
        let wanted = all.filter { settings.protocols.contains($0.name) }
        return (wanted.first!.version, wanted.last!.version)
    }

    /// Where the zoo.cfg names none: all that keep earlier conversations secret when the server's key gets out (those of TLS 1.3,
    /// which are always there, all do), the best first. As with Apache's servers; BoringSSL by itself would also take `TLS_RSA_…`.
    static let defaultCiphers: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    ]

    static func ciphers(_ settings: TLSSettings) throws -> [NIOTLSCipher] {
        try settings.cipherSuites.map { name in
            guard let cipher = cipherNames[name] else {
                throw NIOTransportSecurity.Failure(
                    description:
                        "\(settings.prefix)ciphersuites names \(name); known are \(cipherNames.keys.sorted().joined(separator: ", "))"
                )
            }
            return cipher
        }
    }

    static let cipherNames: [String: NIOTLSCipher] = [
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
