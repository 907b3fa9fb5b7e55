import Digests

/// The client's side of one exchange: tokens in, tokens out.
///
/// ```
/// var client = DigestMD5Client(user: "bob", password: "…", clientNonce: sixteenRandomBytes)
/// send(client.firstToken)
/// while case .send(let token) = try client.take(receive()) { send(token) }
/// ```
package struct DigestMD5Client: Sendable {
    package enum Next: Hashable, Sendable {
        case send([UInt8])
        /// Both ends have proved themselves.
        case done
    }

    private enum State {
        case waitingForChallenge
        case waitingForProof(expected: [UInt8])
        case done
        case failed
    }

    private let user: String
    private let password: String
    private let service: SASLService
    private let clientNonce: String
    private var state = State.waitingForChallenge

    /// - Parameter clientNonce: at least 16 random bytes, new for each exchange.
    package init(user: String, password: String, at service: SASLService = .clients, clientNonce: [UInt8]) {
        self.init(user: user, password: password, at: service, clientNonce: clientNonce.base64)
    }

    init(user: String, password: String, at service: SASLService = .clients, clientNonce: String) {
        self.user = user
        self.password = password
        self.service = service
        self.clientNonce = clientNonce
    }

    /// What the client sends first: nothing, in a token.
    package var firstToken: [UInt8] { [] }

    /// - Parameter token: the server's; nil when its reply has none.
    package mutating func take(_ token: [UInt8]?) throws(SASLError) -> Next {
        let state = self.state
        self.state = .failed
        guard let token else { throw .refused }
        switch state {
        case .waitingForChallenge:
            let (response, expected) = try respond(to: token)
            self.state = .waitingForProof(expected: expected)
            return .send(response)
        case .waitingForProof(let expected):
            guard try Directives(token).required("rspauth").equalsInConstantTime(expected) else {
                throw .serverNotGenuine
            }
            self.state = .done
            return .done
        case .done, .failed: throw .outOfTurn
        }
    }

    private func respond(to token: [UInt8]) throws(SASLError) -> (response: [UInt8], expected: [UInt8]) {
        guard token.count <= Directives.longestChallenge else {
            throw .malformed("it is longer than \(Directives.longestChallenge) bytes")
        }
        let challenge = try Directives(token)
        guard try challenge.required("algorithm").lowercased == "md5-sess" else {
            throw .mismatched("the algorithm is not md5-sess")
        }
        if let offered = try challenge.optional("qop") {
            let words = offered.lowercased.split { $0 == "," || $0.isWhitespace }
            guard words.contains("auth") else {
                throw .mismatched("the server wants to encrypt, not only to authenticate")
            }
        }
        let isUTF8 = try challenge.isUTF8()
        let nonce = try challenge.required("nonce")
        let realm = challenge.all("realm").first.map {
            isUTF8 ? String(decoding: $0, as: UTF8.self) : String(latin1: $0)
        }
        guard isUTF8 || user.latin1 != nil else {
            throw .mismatched("the user's name has characters that the server cannot take")
        }
        let exchange = DigestMD5.Exchange(
            secret: DigestMD5.Secret(user: user, realm: realm ?? service.host, password: password), nonce: nonce,
            clientNonce: Array(clientNonce.utf8), uri: Array(service.uri.utf8))

        var response: [UInt8] = isUTF8 ? Array("charset=utf-8,".utf8) : []
        func append(_ name: String, _ text: String) {
            let text = name + "=" + text + ","
            response += isUTF8 ? Array(text.utf8) : text.latin1 ?? []
        }
        append("username", user.quoted)
        append("realm", (realm ?? service.host).quoted)
        response += Array("nonce=".utf8) + nonce.quoted + [UInt8(ascii: ",")]
        append("nc", DigestMD5.firstUse)
        append("cnonce", clientNonce.quoted)
        append("digest-uri", service.uri.quoted)
        append("qop", "auth")
        response += Array("response=".utf8) + exchange.response
        return (response, exchange.serverResponse)
    }
}

extension [UInt8] {
    /// Between quotes.
    fileprivate var quoted: [UInt8] {
        let quote = UInt8(ascii: "\"")
        let backslash = UInt8(ascii: "\\")
        return [quote] + flatMap { $0 == quote || $0 == backslash ? [backslash, $0] : [$0] } + [quote]
    }
}
