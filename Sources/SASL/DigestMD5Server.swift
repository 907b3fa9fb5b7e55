import Digests

/// The server's side of one exchange: the challenge, and what the response to it proves.
package struct DigestMD5Server: Hashable, Sendable {
    private let nonce: String
    private let service: SASLService

    /// - Parameter nonce: bytes that nobody can guess and that are used once.
    package init(_ service: SASLService, nonce: [UInt8]) {
        self.init(service, nonce: nonce.base64)
    }

    init(_ service: SASLService, nonce: String) {
        self.service = service
        self.nonce = nonce
    }

    package var challenge: [UInt8] {
        Array("realm=\(service.host.quoted),nonce=\(nonce.quoted),charset=utf-8,algorithm=md5-sess".utf8)
    }

    /// Checks the response to the challenge.
    ///
    /// - Parameter secret: what stands for the password of a user, nil when there is no such user. The time that a refusal
    ///   takes does not tell which of both it was.
    /// - Returns: who the client is, and the proof to send it. An authorization id that it asks for changes nothing: it is
    ///   who it has proved to be.
    package func verify(
        _ token: [UInt8], secret: (String) -> DigestMD5.Secret?
    ) throws(SASLError) -> (user: String, proof: [UInt8]) {
        guard token.count <= Directives.longestResponse else {
            throw .malformed("it is longer than \(Directives.longestResponse) bytes")
        }
        let response = try Directives(token)
        let isUTF8 = try response.isUTF8()
        let name = try response.required("username")
        let user = isUTF8 ? String(decoding: name, as: UTF8.self) : String(latin1: name)
        guard try response.optional("realm") == Array(service.host.utf8) else {
            throw .mismatched("the realm is not \(service.host)")
        }
        guard try response.required("nonce") == Array(nonce.utf8) else {
            throw .mismatched("it answers another challenge")
        }
        guard try response.required("nc") == Array(DigestMD5.firstUse.utf8) else {
            throw .mismatched("the nonce has been used before")
        }
        if let protection = try response.optional("qop"), protection.lowercased != "auth" {
            throw .mismatched("the client wants to encrypt, not only to authenticate")
        }
        let uri = try response.required("digest-uri")
        guard uri.lowercased == service.uri else { throw .mismatched("it is for another service than \(service.uri)") }

        let known = secret(user)
        let exchange = DigestMD5.Exchange(
            secret: known ?? DigestMD5.Secret(user: user, password: "", at: service), nonce: Array(nonce.utf8),
            clientNonce: try response.required("cnonce"), authorizationID: try response.optional("authzid"), uri: uri)
        let isRight = try response.required("response").equalsInConstantTime(exchange.response)
        guard known != nil else { throw .unknownUser(user) }
        guard isRight else { throw .wrongPassword(user: user) }
        return (user, Array("rspauth=".utf8) + exchange.serverResponse)
    }
}
