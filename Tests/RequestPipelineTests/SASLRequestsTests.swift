import DataTree
import Jute
import SASL
import Testing
import ZooKeeperProtocol

@testable import RequestPipeline

/// Clients that prove with SASL who they are: what the pipeline answers, and who they are then.
@Suite struct SASLRequestsTests {
    /// A pipeline with two users, one of them super.
    private func bench(_ change: (inout PipelineOptions) -> Void = { _ in }) -> Bench {
        Bench {
            var sasl = ClientSASL(
                users: [
                    "bob": DigestMD5.Secret(user: "bob", password: "secret", at: .clients),
                    "root": DigestMD5.Secret(user: "root", password: "toor", at: .clients),
                ], nonceKey: [1, 2, 3])
            sasl.superUsers = ["root"]
            $0.sasl = sasl
            change(&$0)
        }
    }

    private func ask(_ token: [UInt8]?, xid: Int32 = 1, _ bench: Bench, _ id: ClientID) throws -> Reply? {
        bench.ask(xid, .sasl, SASLToken(token: token).encoded, from: id)
        return try bench.replies(id).first
    }

    private func token(_ reply: Reply?) throws -> [UInt8]? {
        let body = try #require(reply).body
        return try body.withUnsafeBytes { bytes in
            var reader = JuteReader(bytes)
            return try SASLToken(from: &reader).token
        }
    }

    /// Makes the whole exchange.
    private func authenticate(_ user: String, _ password: String, _ bench: Bench, _ id: ClientID) throws -> Reply? {
        var client = DigestMD5Client(user: user, password: password, clientNonce: [9])
        let challenge = try token(try ask(client.firstToken, bench, id))
        guard case .send(let response) = try client.take(challenge) else { return nil }
        let reply = try ask(response, xid: 2, bench, id)
        if reply?.error == .ok, let proof = try token(reply) { #expect(try client.take(proof) == .done) }
        return reply
    }

    @Test func whoProvesItselfIsASaslUserAndASuperUserIfItIsOne() throws {
        let bench = self.bench()
        let (id, _) = try bench.connect()
        let reply = try #require(try authenticate("bob", "secret", bench, id))
        #expect(reply.error == .ok && reply.xid == 2 && reply.zxid == .zero)
        #expect(
            Set(bench.pipeline.clients[0].identities) == [
                AuthID(scheme: "ip", id: "10.0.0.1"), AuthID(scheme: "sasl", id: "bob"),
            ])
        let (other, _) = try bench.connect()
        #expect(try authenticate("root", "toor", bench, other)?.error == .ok)
        #expect(
            Set(bench.pipeline.clients[Int(other.rawValue)].identities) == [
                AuthID(scheme: "ip", id: "10.0.0.1"), AuthID(scheme: "sasl", id: "root"),
                AuthID(scheme: "super", id: ""),
            ])
        #expect(bench.takeEffects().filter { $0.hasPrefix("close") } == [])
    }

    @Test(arguments: [
        ("bob", "hunter2", "closing a connection: the password of the SASL user \"bob\" is wrong"),
        ("eve", "secret", "closing a connection: there is no SASL user \"eve\""),
    ])
    func aWrongNameOrPasswordIsAuthFailedWithANullTokenAndTheEnd(
        user: String, password: String, line: String
    ) throws {
        let bench = self.bench()
        let (id, _) = try bench.connect()
        let reply = try #require(try authenticate(user, password, bench, id))
        #expect(reply.error == .authFailed && reply.body == [0xff, 0xff, 0xff, 0xff])
        #expect(bench.takeEffects().suffix(1) == ["close \(id.rawValue)"])
        #expect(bench.lines.last?.contains(line) == true, "\(bench.lines)")
        #expect(bench.lines.allSatisfy { !$0.contains(password) || user == "eve" }, "no secret is logged")
        #expect(bench.pipeline.statistics.authFailures == 1)
    }

    @Test func whereSASLIsRequiredTheFailureSaysSoAndNothingGoesBeforeIt() throws {
        let bench = self.bench { $0.enforcedSchemes = ["sasl"] }
        let (id, _) = try bench.connect()
        #expect(try authenticate("bob", "wrong", bench, id)?.error == .sessionClosedRequireSASLAuth)
        let (other, _) = try bench.connect()
        bench.ask(1, .getData, ReadRequest(path: "/", watch: false).encoded, from: other)
        #expect(try bench.replies(other).map(\.error) == [.sessionClosedRequireSASLAuth])
        let (third, _) = try bench.connect()
        #expect(try authenticate("bob", "secret", bench, third)?.error == .ok)
        bench.ask(3, .getData, ReadRequest(path: "/", watch: false).encoded, from: third)
        #expect(try bench.replies(third).map(\.error) == [.ok])
    }

    @Test func allowSaslFailedClientsKeepsWhoFailsAsNobodyUnlessSASLIsRequired() throws {
        let bench = self.bench { $0.sasl?.keepsFailed = true }
        let (id, _) = try bench.connect()
        let reply = try #require(try authenticate("bob", "wrong", bench, id))
        #expect(reply.error == .ok && reply.body == [0xff, 0xff, 0xff, 0xff])
        #expect(bench.pipeline.clients[0].identities == [AuthID(scheme: "ip", id: "10.0.0.1")])
        // There is no second attempt on this connection.
        #expect(try token(try ask([], xid: 3, bench, id)) == nil)
        bench.ask(4, .ping, from: id)
        #expect(try bench.replies(id).count == 1, "it may go on")

        let strict = self.bench {
            $0.sasl?.keepsFailed = true
            $0.enforcedSchemes = ["sasl"]
        }
        let (client, _) = try strict.connect()
        #expect(try authenticate("bob", "wrong", strict, client)?.error == .sessionClosedRequireSASLAuth)
    }

    @Test(arguments: [
        ([1] as [UInt8], "it begins with a token, as Kerberos does, and this server has DIGEST-MD5 only"),
        ([UInt8](repeating: 0x2c, count: 5000), "as Kerberos does"),
    ])
    func whoBeginsWithATokenIsTurnedAway(token: [UInt8], words: String) throws {
        let bench = self.bench()
        let (id, _) = try bench.connect()
        #expect(try ask(token, bench, id)?.error == .authFailed)
        #expect(bench.lines.last?.contains(words) == true, "\(bench.lines)")
    }

    @Test func aSecondExchangeGarbageAndWhatIsNoTokenAtAll() throws {
        let bench = self.bench()
        let (id, _) = try bench.connect()
        #expect(try authenticate("bob", "secret", bench, id)?.error == .ok)
        #expect(try ask([], xid: 3, bench, id)?.error == .authFailed, "as Java's provider: one exchange a connection")
        let (garbled, _) = try bench.connect()
        _ = try ask([], bench, garbled)
        #expect(try ask(Array("hello".utf8), xid: 2, bench, garbled)?.error == .authFailed)
        let (short, _) = try bench.connect()
        _ = bench.takeEffects()
        bench.ask(1, .sasl, [0, 0, 1], from: short)
        #expect(try bench.replies(short) == [])
        #expect(bench.takeEffects() == ["close \(short.rawValue)"])
    }

    @Test func eachChallengeIsNew() throws {
        let bench = self.bench()
        let challenges = try (0..<3).map { _ in
            let (id, _) = try bench.connect()
            return try token(try ask(nil, bench, id))
        }
        #expect(Set(challenges).count == 3 && !challenges.contains(nil))
    }

    @Test func aServerWithoutSASLSaysSo() throws {
        let bench = Bench()
        let (id, _) = try bench.connect()
        let reply = try #require(try ask([], bench, id))
        #expect(reply.error == .authFailed && reply.body == [])
        #expect(bench.lines.last?.contains("it wants SASL, which this server does not have") == true)
    }
}
