import Diagnostics

/// The TLS of one kind of port: the `ssl.` keys for clients, `ssl.quorum.` for the other servers.
package struct TLSSettings: Hashable, Sendable {
    /// Where a key with its certificates, or the certificates to trust, are.
    package struct Store: Hashable, Sendable {
        package enum Format: String, Sendable {
            case pem = "PEM"
            case pkcs12 = "PKCS12"
            case jks = "JKS"
            case bcfks = "BCFKS"
        }

        package var path: String
        package var format: Format
        package var password: Password

        package init(path: String, format: Format, password: Password = .none) {
            self.path = path
            self.format = format
            self.password = password
        }
    }

    package enum Password: Hashable, Sendable {
        case none
        case text(String)
        /// In the first line of a file.
        case file(String)
    }

    /// What a client must show: a certificate, a good one if any, or nothing.
    package enum ClientAuth: String, Sendable {
        case need, want, none
    }

    /// `ssl.` or `ssl.quorum.`, for what is said about them.
    package var prefix: String
    package var keyStore: Store?
    package var trustStore: Store?
    package var clientAuth = ClientAuth.need
    /// `TLSv1.2`, `TLSv1.3`; empty: both.
    package var protocols: [String] = []
    /// Java's names, `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`; empty: the library's choice.
    package var cipherSuites: [String] = []
    package var hostnameVerification = true

    package init(prefix: String) { self.prefix = prefix }
}

extension SettingsReader {
    /// Reads the TLS keys that begin with `prefix`.
    mutating func readTLS(_ prefix: String) -> TLSSettings {
        var tls = TLSSettings(prefix: prefix)
        tls.keyStore = store(prefix + "keyStore")
        tls.trustStore = store(prefix + "trustStore")
        if let text = text(prefix + "clientAuth") {
            if let auth = TLSSettings.ClientAuth(rawValue: text.lowercased()) {
                tls.clientAuth = auth
            } else {
                report(
                    prefix + "clientAuth", "bad-value", "\(prefix)clientAuth=\(text) is none of need, want and none")
            }
        }
        if let one = text(prefix + "protocol") { tls.protocols = [one] }
        if let list = text(prefix + "enabledProtocols") { tls.protocols = names(list) }
        if let list = text(prefix + "ciphersuites") { tls.cipherSuites = names(list) }
        tls.hostnameVerification = boolean(prefix + "hostnameVerification") ?? true
        return tls
    }

    private func names(_ list: String) -> [String] {
        list.split(separator: ",").map(\.trimmedBlanks).filter { !$0.isEmpty }
    }

    private mutating func store(_ key: String) -> TLSSettings.Store? {
        let password: TLSSettings.Password
        if let file = text(key + ".passwordPath") {
            password = .file(absolute(file))
        } else {
            password = text(key + ".password").map { .text($0) } ?? .none
        }
        let type = text(key + ".type")
        guard let path = text(key + ".location") else { return nil }
        guard let format = format(type, path) else {
            report(
                type == nil ? key + ".location" : key + ".type", "bad-value",
                type.map { "\(key).type=\($0) is none of PEM, PKCS12, JKS and BCFKS" }
                    ?? "\(key).location=\(path) ends with none of .pem, .p12, .pfx, .jks and .bcfks",
                mend: "say what it is with \(key).type=PEM or PKCS12")
            return nil
        }
        return TLSSettings.Store(path: absolute(path), format: format, password: password)
    }

    /// As told, else by the file's name.
    private func format(_ type: String?, _ path: String) -> TLSSettings.Store.Format? {
        if let type { return TLSSettings.Store.Format(rawValue: type.uppercased()) }
        let endings: [(String, TLSSettings.Store.Format)] = [
            (".pem", .pem), (".p12", .pkcs12), (".pfx", .pkcs12), (".jks", .jks), (".bcfks", .bcfks),
        ]
        return endings.first { path.lowercased().hasSuffix($0.0) }?.1
    }
}
