import DataTree
import Digests
import Jute
import SASL
import ZooKeeperProtocol

/// Clients that prove with SASL who they are (Apache's `ZooKeeperServer.processSasl`).
extension RequestPipeline {
    /// Handled at once, as auth packets are.
    mutating func authenticateWithSASL(_ reader: inout JuteReader, _ header: RequestHeader, from id: ClientID) {
        guard let sasl = options.sasl else {
            // Apache without SASL configured answers with a null token, to which kazoo sends its next, and so on for ever.
            return refuseAuthentication("it wants SASL, which this server does not have", header, from: id)
        }
        guard let request = try? SASLToken(from: &reader) else {
            log(.warning, "closing a connection: its SASL request cannot be read", client: id)
            return close(id)
        }
        let answer: [UInt8]
        do throws(SASLError) {
            answer = try answerSASL(request.token ?? [], sasl, from: id)
        } catch { return saslFailed(error, sasl, header, from: id) }
        reply(to: id, header, zxid: .zero, error: .ok) { $0.write(answer) }
    }

    private mutating func answerSASL(
        _ token: [UInt8], _ sasl: ClientSASL, from id: ClientID
    ) throws(SASLError) -> [UInt8] {
        switch clients[id.place].sasl {
        case .none:
            guard token.isEmpty else {
                clients[id.place].sasl = .finished
                throw .mismatched("it begins with a token, as Kerberos does, and this server has DIGEST-MD5 only")
            }
            let nonce = nextNonce(sasl)
            clients[id.place].sasl = .challenged(nonce: nonce)
            return DigestMD5Server(.clients, nonce: nonce).challenge
        case .challenged(let nonce):
            clients[id.place].sasl = .finished
            let (user, proof) = try DigestMD5Server(.clients, nonce: nonce).verify(token) { sasl.users[$0] }
            let isSuper = sasl.superUsers.contains(user)
            let added = [AuthID(scheme: "sasl", id: user)] + (isSuper ? [AuthID(scheme: "super", id: "")] : [])
            let identities = (clients[id.place].identities + added).inApacheOrder
            guard identities.reduce(0, { $0 + $1.encodedLength }) <= AccessControl.identityLimit else {
                throw .mismatched("the client's identities take more than \(AccessControl.identityLimit) bytes")
            }
            clients[id.place].identities = identities
            tree.watches.setIdentities(identities, of: id)
            if options.logsDebug { log(.debug, "the SASL user \(user) has proved itself", client: id) }
            return proof
        case .finished: throw .outOfTurn
        }
    }

    private mutating func saslFailed(
        _ error: SASLError, _ sasl: ClientSASL, _ header: RequestHeader, from id: ClientID
    ) {
        statistics.authFailures += 1
        let isRequired = options.enforcedSchemes.contains("sasl")
        let isKept = sasl.keepsFailed && !isRequired
        log(
            .warning, kind: "SASL",
            isKept
                ? "a client is let in without SASL (allowSaslFailedClients): \(error)"
                : "closing a connection: \(error)",
            client: id)
        let code: ErrorCode = isKept ? .ok : isRequired ? .sessionClosedRequireSASLAuth : .authFailed
        reply(to: id, header, zxid: .zero, error: code, hasBody: true) { SASLToken(token: nil).write(to: &$0) }
        if !isKept { closeAfterFlush(id) }
    }

    /// Bytes that were never used before and that nobody can guess who does not know the key.
    private mutating func nextNonce(_ sasl: ClientSASL) -> [UInt8] {
        saslExchanges += 1
        return SHA1.hash(sasl.nonceKey + (0..<8).map { UInt8(truncatingIfNeeded: saslExchanges >> (56 - 8 * $0)) })
    }
}
