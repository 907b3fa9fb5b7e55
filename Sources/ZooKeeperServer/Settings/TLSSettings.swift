import Membership
import ServerConfig

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
        package var password = Password.none
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
    /// Whether the certificate of a server that is dialled must be for the host that was dialled.
    package var verifiesDialledHost = true
    /// Whether the certificate of who connects must be for the host it connects from.
    package var verifiesCallingHost: Bool
    /// Whether an address may be turned into a name by the DNS when the certificate is not for the address.
    package var allowsReverseLookup: Bool
    /// Milliseconds a handshake may take; nil: something else looks after that.
    package var handshakeTimeout: Int?

    /// With the defaults of Apache's `X509Util`: servers look at each other's host, clients come from anywhere.
    package init(prefix: String) {
        self.prefix = prefix
        verifiesCallingHost = prefix == Self.quorumPrefix
        allowsReverseLookup = prefix == Self.quorumPrefix
        // Clients may be without a session for so long only.
        handshakeTimeout = prefix == Self.quorumPrefix ? 5000 : nil
    }

    package static let clientPrefix = "ssl."
    package static let quorumPrefix = "ssl.quorum."

    /// Whether this is about the other servers, which are also dialled, and not about clients.
    package var isQuorum: Bool { prefix == Self.quorumPrefix }
}

/// TLS between the servers of an ensemble: `sslQuorum` and `portUnification`.
package struct QuorumTLS: Hashable, Sendable {
    package var tls: TLSSettings
    /// `sslQuorum`: what this server dials is TLS.
    package var isDialled: Bool
    /// `portUnification`: servers that still speak in the clear are let in.
    package var acceptsPlain: Bool
}

extension SettingsReader {
    /// Reads the TLS keys that begin with `prefix`.
    mutating func readTLS(_ prefix: String) -> TLSSettings {
        var tls = TLSSettings(prefix: prefix)
        tls.keyStore = store(prefix + "keyStore")
        tls.trustStore = store(prefix + "trustStore")
        if let text = text(prefix + "clientAuth") {
            tls.clientAuth = TLSSettings.ClientAuth(rawValue: text.lowercased()) ?? tls.clientAuth
        }
        if let one = text(prefix + "protocol") { tls.protocols = [one] }
        if let list = text(prefix + "enabledProtocols") { tls.protocols = JavaText.list(list) }
        if let list = text(prefix + "ciphersuites") { tls.cipherSuites = JavaText.list(list) }
        tls.verifiesDialledHost = boolean(prefix + "hostnameVerification") ?? true
        tls.verifiesCallingHost =
            (boolean(prefix + "clientHostnameVerification") ?? tls.verifiesCallingHost) && tls.verifiesDialledHost
        tls.allowsReverseLookup = boolean(prefix + "allowReverseDnsLookup") ?? tls.allowsReverseLookup
        let timeout = integer(prefix + "handshakeDetectionTimeoutMillis")
        if tls.isQuorum { tls.handshakeTimeout = timeout ?? tls.handshakeTimeout }
        return tls
    }

    /// Nil when the servers talk in the clear only.
    mutating func readQuorumTLS() -> QuorumTLS? {
        let isDialled = boolean("sslQuorum") ?? false
        let unifies = boolean("portUnification") ?? false
        guard isDialled || unifies else { return nil }
        return QuorumTLS(tls: readTLS(TLSSettings.quorumPrefix), isDialled: isDialled, acceptsPlain: unifies)
    }

    private mutating func store(_ key: String) -> TLSSettings.Store? {
        let password: TLSSettings.Password
        if let file = text(key + ".passwordPath") {
            password = .file(absolute(file))
        } else {
            password = text(key + ".password").map { .text($0) } ?? .none
        }
        let type = text(key + ".type")
        guard let path = text(key + ".location"), !path.isEmpty,
            let name = type?.uppercased() ?? KnownKeys.storeFormat(ofFileNamed: path),
            let format = TLSSettings.Store.Format(rawValue: name)
        else { return nil }
        return TLSSettings.Store(path: absolute(path), format: format, password: password)
    }
}
