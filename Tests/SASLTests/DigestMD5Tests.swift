import Testing

@testable import SASL

@Suite struct DigestMD5Tests {
    @Test(arguments: CapturedExchange.all)
    func theServerTakesWhatOtherClientsSend(captured: CapturedExchange) throws {
        let server = DigestMD5Server(captured.service, nonce: captured.nonce)
        let (user, proof) = try server.verify(captured.sent) { user in
            user == captured.user
                ? DigestMD5.Secret(user: user, password: captured.password, at: captured.service) : nil
        }
        #expect(user == captured.user)
        #expect(String(decoding: proof, as: UTF8.self) == "rspauth=" + captured.proof)
    }

    @Test(arguments: CapturedExchange.all.filter { $0.authorizationID == nil })
    func theClientAnswersAsOtherClientsDoAndKnowsTheServersProof(captured: CapturedExchange) throws {
        var client = DigestMD5Client(
            user: captured.user, password: captured.password, at: captured.service, clientNonce: captured.clientNonce)
        let server = DigestMD5Server(captured.service, nonce: captured.nonce)
        #expect(client.firstToken == [])
        guard case .send(let response) = try client.take(server.challenge) else {
            Issue.record("nothing sent")
            return
        }
        #expect(try Directives(response).required("response") == Array(captured.response.utf8))
        #expect(try client.take(Array("rspauth=\(captured.proof)".utf8)) == .done)
        #expect(throws: SASLError.outOfTurn) { try client.take([]) }
    }

    @Test func theChallengeIsJavasByteForByte() {
        #expect(
            String(decoding: DigestMD5Server(.clients, nonce: "UWRZikwGyaFy1R2bxy6PHNt9").challenge, as: UTF8.self)
                == #"realm="zk-sasl-md5",nonce="UWRZikwGyaFy1R2bxy6PHNt9",charset=utf-8,algorithm=md5-sess"#)
    }

    // MARK: Refusals

    private static let good =
        #"username="bob",realm="zk-sasl-md5",nonce="n",cnonce="c",nc=00000001,digest-uri="zookeeper/zk-sasl-md5",response=0"#

    struct Refusal: Sendable {
        let token: String
        let words: String

        init(_ token: String, _ words: String) {
            self.token = token
            self.words = words
        }

        /// The good response with a part of it changed.
        init(_ part: String, to changed: String, _ words: String) {
            self.init(DigestMD5Tests.good.replacing(part, with: changed), words)
        }

        init(adding more: String, _ words: String) { self.init(DigestMD5Tests.good + more, words) }
    }

    private static let malformed = "the SASL token is malformed: "
    private static let unfit = "the SASL token does not fit: "
    private static let wrong = "the password of the SASL user \"bob\" is wrong"

    /// What Java's server refuses with an error of its own, and what it reads as it is meant and refuses for its proof.
    private static let refusals = [
        Refusal("", malformed + "it has no username"),
        Refusal("\u{0}\u{1}hello", malformed + "a directive has no \"=\""),
        Refusal("=bob", malformed + "a directive has no \"=\""),
        Refusal("username=\"bob\",", to: "", malformed + "it has no username"),
        Refusal(",nonce=\"n\"", to: "", malformed + "it has no nonce"),
        Refusal("cnonce=\"c\",", to: "", malformed + "it has no cnonce"),
        Refusal("nc=00000001,", to: "", malformed + "it has no nc"),
        Refusal(",response=0", to: "", malformed + "it has no response"),
        Refusal("digest-uri=\"zookeeper/zk-sasl-md5\",", to: "", malformed + "it has no digest-uri"),
        Refusal(adding: ",username=\"a\"", malformed + "it has more than one username"),
        Refusal(adding: ",realm=\"a\"", malformed + "it has more than one realm"),
        Refusal("\"bob\"", to: "\"bob", malformed + "something other than a comma stands behind a value"),
        Refusal(adding: ",foo=\"bar", malformed + "a quote is not closed"),
        Refusal(adding: ",foo=\"bar\\", malformed + "a quote is not closed"),
        Refusal(",nonce=\"n\"", to: ",nonce=\"m\"", unfit + "it answers another challenge"),
        Refusal("=00000001", to: "=00000002", unfit + "the nonce has been used before"),
        Refusal("realm=\"zk-sasl-md5\",", to: "", unfit + "the realm is not zk-sasl-md5"),
        Refusal("realm=\"zk", to: "realm=\"x", unfit + "the realm is not zk-sasl-md5"),
        Refusal("zookeeper/zk", to: "imap/zk", unfit + "it is for another service than zookeeper/zk-sasl-md5"),
        Refusal("r/zk-sasl-md5", to: "r/zk-sasl-md5/x", unfit + "it is for another service than zookeeper/zk-sasl-md5"),
        Refusal(adding: ",qop=auth-conf,cipher=rc4", unfit + "the client wants to encrypt, not only to authenticate"),
        Refusal(adding: ",charset=koi8", unfit + "the charset is not utf-8"),
        Refusal(good, wrong), Refusal(",", to: " ,, ", wrong), Refusal(adding: ",", wrong),
        Refusal("=\"bob\"", to: " = bob", wrong), Refusal(adding: ",foo=\"bar,baz\",maxbuf=0", wrong),
        Refusal("zookeeper/zk", to: "ZooKeeper/ZK", wrong),
        Refusal("bob", to: "eve\n\u{7}", "there is no SASL user \"eve??\""),
        Refusal("bob", to: "", "there is no SASL user \"\""),
        Refusal(
            "bob", to: String(repeating: "x", count: 65),
            "there is no SASL user \"" + String(repeating: "x", count: 64) + "…\""),
        Refusal(adding: String(repeating: ",", count: 4096), malformed + "it is longer than 4096 bytes"),
    ]

    @Test(arguments: refusals)
    func refusal(_ refusal: Refusal) {
        let bob = DigestMD5.Secret(user: "bob", password: "secret", at: .clients)
        let server = DigestMD5Server(.clients, nonce: "n")
        do throws(SASLError) {
            _ = try server.verify(Array(refusal.token.utf8)) { $0 == "bob" ? bob : nil }
            Issue.record("it was taken")
        } catch { #expect(String(describing: error) == refusal.words) }
    }

    @Test(
        arguments: [
            (nil, "the server has refused the SASL user or password, or has no SASL"),
            ("", "the SASL token is malformed: it has no algorithm"),
            ("nonce=\"n\",algorithm=md5", "the SASL token does not fit: the algorithm is not md5-sess"),
            ("algorithm=md5-sess", "the SASL token is malformed: it has no nonce"),
            ("nonce=\"n\",nonce=\"m\",algorithm=md5-sess", "the SASL token is malformed: it has more than one nonce"),
            (
                "nonce=\"n\",algorithm=md5-sess,qop=\"auth-conf,auth-int\"",
                "the SASL token does not fit: the server wants to encrypt, not only to authenticate"
            ),
            (
                "nonce=\"n\",algorithm=md5-sess",
                "the SASL token does not fit: the user's name has characters that the server cannot take"
            ),
            (
                "nonce=\"n\",algorithm=md5-sess" + String(repeating: ",", count: 2048),
                "the SASL token is malformed: it is longer than 2048 bytes"
            ),
        ] as [(String?, String)])
    func theClientRefuses(challenge: String?, words: String) {
        var client = DigestMD5Client(user: "Ωmega", password: "secret", clientNonce: [1, 2, 3])
        do throws(SASLError) {
            _ = try client.take(challenge.map { Array($0.utf8) })
            Issue.record("it was taken")
        } catch { #expect(String(describing: error) == words) }
        #expect(throws: SASLError.outOfTurn) { try client.take([]) }
    }

    @Test(arguments: [
        ("rspauth=00000000000000000000000000000000", SASLError.serverNotGenuine), ("rspauth=", .serverNotGenuine),
        ("", .malformed("it has no rspauth")),
    ])
    func aServerThatDoesNotKnowThePasswordIsFoundOut(token: String, error: SASLError) throws {
        var client = DigestMD5Client(user: "bob", password: "secret", clientNonce: [1, 2, 3])
        _ = try client.take(DigestMD5Server(.clients, nonce: "n").challenge)
        #expect(throws: error) { try client.take(Array(token.utf8)) }
    }

    @Test func amongSeveralRealmsTheFirstIsTakenAndQualityAuthAmongSeveral() throws {
        var client = DigestMD5Client(user: "bob", password: "secret", clientNonce: [1, 2, 3])
        let challenge = #"realm="a",realm="b",nonce="n",qop="auth-conf, auth",charset=utf-8,algorithm="md5-sess""#
        guard case .send(let response) = try client.take(Array(challenge.utf8)) else { return }
        #expect(try Directives(response).required("realm") == Array("a".utf8))
        #expect(try Directives(response).required("qop") == Array("auth".utf8))
    }
}
