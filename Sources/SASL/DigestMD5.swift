import Digests

/// What both ends of DIGEST-MD5 (RFC 2831) compute, with quality of protection `auth`, the only one that ZooKeeper uses.
///
/// The server sends a challenge, the client a response to it, the server `rspauth`: each has then proved to the other that
/// it knows the password. Written after the RFC and after what Java's provider (`com.sun.security.sasl.digest`) sends and
/// takes, which Apache's server and its clients use.
package enum DigestMD5 {
    /// What stands for a user's password on the server: with it, and without the password, one can pass for the user.
    package struct Secret: Hashable, Sendable {
        let hash: [UInt8]

        package init(user: String, password: String, at service: SASLService) {
            self.init(user: user, realm: service.host, password: password)
        }

        init(user: String, realm: String, password: String) {
            hash = MD5.hash(user.hashed + [colon] + realm.hashed + [colon] + password.hashed)
        }
    }

    static let colon = UInt8(ascii: ":")

    /// What a response is computed from.
    struct Exchange {
        var secret: Secret
        var nonce: [UInt8]
        var clientNonce: [UInt8]
        /// On whose behalf the client wants to act, when it says so.
        var authorizationID: [UInt8]?
        var uri: [UInt8]

        /// The client's proof: 32 hexadecimal digits.
        var response: [UInt8] { proof("AUTHENTICATE") }
        /// The server's.
        var serverResponse: [UInt8] { proof("") }

        private func proof(_ method: String) -> [UInt8] {
            var a1 = secret.hash + [colon] + nonce + [colon] + clientNonce
            if let authorizationID { a1 += [colon] + authorizationID }
            let a2 = Array(method.utf8) + [colon] + uri
            let parts = [
                digits(a1), nonce, Array(firstUse.utf8), clientNonce, Array("auth".utf8), digits(a2),
            ]
            return digits(Array(parts.joined(separator: [colon])))
        }

        private func digits(_ message: [UInt8]) -> [UInt8] { Array(MD5.hash(message).hexadecimal.utf8) }
    }

    /// The count of a nonce that is used for the first time, as it always is here.
    static let firstUse = "00000001"
}

extension String {
    /// As it goes into a hash: ISO 8859-1 if it can be written so, whatever it is sent as, else UTF-8 (RFC 2831, 2.1.2.1).
    fileprivate var hashed: [UInt8] { latin1 ?? Array(utf8) }

    /// In ISO 8859-1; nil when that has not all its characters.
    var latin1: [UInt8]? {
        var bytes: [UInt8] = []
        for scalar in unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    init(latin1 bytes: [UInt8]) {
        self = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
