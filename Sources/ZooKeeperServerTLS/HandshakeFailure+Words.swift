import Glibc
import NIOCore
import NIOSSL
import ZooKeeperServer

extension HandshakeFailure {
    /// - Parameters:
    ///   - settings: whose keys the way out names.
    ///   - certificate: the other end's, as far as it has come.
    init(_ error: any Error, _ settings: TLSSettings, certificate: NIOSSLCertificate?) {
        let text = "\(error)"
        let prefix = settings.prefix
        // BoringSSL's names of what happened; NIOSSL gives no other.
        func happened(_ names: String...) -> Bool { names.contains { text.contains($0) } }
        if error is IOError || happened("EOF during") {
            // Or two servers have dialled each other at the same moment, and one of the connections goes.
            self.init("no TLS handshake: the other end hung up", isHangUp: true)
        } else if happened("CERTIFICATE_VERIFY_FAILED") {
            let bytes = try? certificate?.toDERBytes()
            let subject = bytes.flatMap { DistinguishedName.ofSubject(certificate: $0) }
            let now = time(nil)
            let why: String
            if let certificate, certificate.notValidAfter < now {
                why = "its time is over"
            } else if let certificate, certificate.notValidBefore > now {
                why = "its time has not come, or this host's clock is wrong"
            } else if bytes.flatMap(CertificateFields.init)?.isSelfIssued == true {
                why =
                    "its issuer has its own name, so it counts as self-signed, and it is not in \(prefix)trustStore.location: give it a name that differs from its issuer's"
            } else {
                why = "no certificate in \(prefix)trustStore.location has signed it"
            }
            self.init("no TLS handshake: the certificate\(subject.map { " of \($0)" } ?? "") is not trusted: \(why)")
        } else if happened("PEER_DID_NOT_RETURN_A_CERTIFICATE") {
            self.init("no TLS handshake: it shows no certificate, and \(prefix)clientAuth is need")
        } else if happened("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST") {
            self.init("no TLS handshake: what it says is not TLS")
        } else if happened("UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION") {
            self.init("no TLS handshake: no TLS version that both sides speak (\(prefix)enabledProtocols)")
        } else if happened("NO_SHARED_CIPHER", "ALERT_HANDSHAKE_FAILURE") {
            self.init("no TLS handshake: no cipher suite that both sides speak (\(prefix)ciphersuites)")
        } else if Self.isAlert(error) {
            self.init(
                "no TLS handshake: the other end does not accept this server's certificate (\(prefix)keyStore.location): \(text)"
            )
        } else {
            self.init("no TLS handshake: \(text)")
        }
    }

    /// Whether the other end says that this server's certificate will not do.
    static func isAlert(_ error: any Error) -> Bool {
        let text = "\(error)"
        return ["UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "CERTIFICATE_EXPIRED", "CERTIFICATE_REQUIRED"]
            .contains { text.contains("ALERT_" + $0) }
    }
}
