import Digests
import ZooKeeperProtocol

/// Who may do what, and who somebody is: the schemes world, auth, digest, ip, x509 and sasl (Apache's
/// `AuthenticationProvider`s, `ZooKeeperServer.checkACL` and `PrepRequestProcessor.fixupACL`).
package struct AccessControl: Sendable {
    /// `zookeeper.skipACL=yes`: everybody may do everything.
    package var skipsChecks = false
    /// `zookeeper.DigestAuthenticationProvider.superDigest`: the digest id, `super:…`, that may do everything.
    package var superDigest: String?
    /// `zookeeper.DigestAuthenticationProvider.enabled`
    package var acceptsDigest = true
    /// The TLS scheme, which exists on servers with a secure port.
    package var acceptsX509 = false
    /// `zookeeper.X509AuthenticationProvider.superUser`: the subject that may do everything.
    package var x509SuperUser: String?
    /// Whether `SASLAuthenticationProvider` is there: without it nobody may name a SASL user in an ACL.
    package var acceptsSASL = false
    /// `zookeeper.letAnySaslUserDoX`: what this user may, every SASL user may.
    package var saslUserOfAll: String?

    /// What the identities of one connection may take together, bytes. A learner sends them to its leader with every write,
    /// and an `auth` entry in an ACL puts them all into the txn.
    package static let identityLimit = 64 << 10

    package init() {}

    // MARK: Checks

    /// Whether somebody with `identities` has one of the `wanted` permissions. An empty list allows everything.
    func allows(_ acl: [ACL], _ wanted: Permissions, to identities: [AuthID]) -> Bool {
        if skipsChecks || acl.isEmpty || isSuper(identities) { return true }
        // When both are long, their cost must be that of the sum and not of the product.
        let known = acl.count > 8 && identities.count > 8 ? Set(identities) : nil
        let inexact = known == nil ? identities : identities.filter { $0.scheme == "ip" || $0.scheme == "sasl" }
        for entry in acl where !entry.permissions.isDisjoint(with: wanted) {
            if entry.id == .anyone { return true }
            guard hasProvider(entry.id.scheme) else { continue }
            if let known, known.contains(entry.id) { return true }
            if inexact.contains(where: { $0.scheme == entry.id.scheme && matches($0.id, entry.id) }) { return true }
        }
        return false
    }

    func isSuper(_ identities: [AuthID]) -> Bool { identities.contains { $0.scheme == "super" } }

    /// The list that a request's list becomes: no duplicates, `auth` replaced by who the connection is.
    ///
    /// Refuses what may not be set (InvalidACL), and a list that would be longer than `limit` bytes (MarshallingError): a
    /// request can ask for its identities many times over.
    func resolve(_ acl: [ACL]?, for identities: [AuthID], limit: Int) throws(Refusal) -> [ACL] {
        var seen: Set<ACL> = []
        let own = identities.filter { hasProvider($0.scheme) && $0.scheme != "ip" }
        let ownLength = own.reduce(0) { $0 + 4 + $1.encodedLength }
        var length = 4
        var resolved: [ACL] = []
        for entry in acl ?? [] where seen.insert(entry).inserted {
            if entry.id.scheme == "auth" {
                if own.isEmpty { throw Refusal(code: .invalidACL) }
                length += ownLength
                if length > limit { throw Refusal(code: .marshallingError) }
                resolved += own.map { ACL(entry.permissions, $0) }
            } else {
                guard entry.id == .anyone || hasProvider(entry.id.scheme) && isValid(entry.id) else {
                    throw Refusal(code: .invalidACL)
                }
                length += 4 + entry.id.encodedLength
                resolved.append(entry)
            }
        }
        if resolved.isEmpty { throw Refusal(code: .invalidACL) }
        if length > limit { throw Refusal(code: .marshallingError) }
        return resolved
    }

    /// The list as getACL shows it to somebody who may read but not administer: what makes a digest id an id is hidden.
    static func masked(_ acl: [ACL]) -> [ACL] {
        acl.map { entry in
            guard entry.id.scheme == "digest", let colon = entry.id.id.firstIndex(of: ":") else { return entry }
            return ACL(entry.permissions, AuthID(scheme: "digest", id: entry.id.id[..<colon] + ":x"))
        }
    }

    // MARK: Identities

    /// Who a connection becomes by an auth packet, in addition to who it was. Nil: refused (AuthFailed, then close).
    package func authenticate(scheme: String, credentials: [UInt8]) -> [AuthID]? {
        switch scheme {
        case "digest" where acceptsDigest:
            let digest = Self.digestID(credentials)
            let own = AuthID(scheme: "digest", id: digest)
            return digest == superDigest ? [AuthID(scheme: "super", id: ""), own] : [own]
        case "ip": return []
        default: return nil
        }
    }

    /// Who a TLS client with this certificate subject (RFC 2253) is.
    package func identities(x509Subject subject: String) -> [AuthID] {
        let own = AuthID(scheme: "x509", id: subject)
        return subject == x509SuperUser ? [AuthID(scheme: "super", id: subject), own] : [own]
    }

    /// `user:base64(SHA-1("user:password"))`.
    package static func digestID(_ credentials: [UInt8]) -> String {
        let text = String(decoding: credentials, as: UTF8.self)
        let user = text.prefix { $0 != ":" }
        return user + ":" + SHA1.hash(Array(text.utf8)).base64
    }

    /// The user's name in whoAmI.
    static func userName(_ identity: AuthID) -> String {
        switch identity.scheme {
        case "digest": String(identity.id.prefix { $0 != ":" })
        case "ip", "x509", "sasl": identity.id
        default: ""
        }
    }

    // MARK: Schemes

    private func hasProvider(_ scheme: String) -> Bool {
        switch scheme {
        case "ip": true
        case "digest": acceptsDigest
        case "x509": acceptsX509
        case "sasl": acceptsSASL
        default: false
        }
    }

    private func matches(_ identity: String, _ entry: AuthID) -> Bool {
        switch entry.scheme {
        case "ip": IPRange(entry.id).map { $0.contains(identity) } ?? false
        case "x509": identity == entry.id || identity == x509SuperUser
        case "sasl": identity == entry.id || identity == "super" || entry.id == saslUserOfAll
        default: identity == entry.id
        }
    }

    /// Whether it is a name, or a principal of Kerberos as `KerberosName` takes it: `service/host@REALM`, `service@REALM`.
    private static func isPrincipal(_ name: String) -> Bool {
        guard name.contains("@") else { return true }
        let parts = name.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[1].contains("/") && parts[0].count(where: { $0 == "/" }) <= 1
    }

    private func isValid(_ id: AuthID) -> Bool {
        switch id.scheme {
        case "digest":
            // Java's split drops empty parts at the end.
            var parts = id.id.split(separator: ":", omittingEmptySubsequences: false)
            while parts.last?.isEmpty == true { parts.removeLast() }
            return parts.count == 2
        case "ip": return IPRange(id.id) != nil
        case "sasl": return Self.isPrincipal(id.id)
        default: return !id.id.isEmpty
        }
    }
}

/// `a.b.c.d` or `a.b.c.d/bits`.
private struct IPRange {
    let address: UInt32
    let mask: UInt32

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Self.address(parts[0]) else { return nil }
        var bits = 32
        if parts.count == 2 {
            guard let count = Int(parts[1]), (0...32).contains(count) else { return nil }
            bits = count
        }
        self.address = address
        self.mask = bits == 0 ? 0 : UInt32.max << (32 - UInt32(bits))
    }

    func contains(_ text: String) -> Bool {
        Self.address(text[...]).map { $0 & mask == address & mask } ?? false
    }

    private static func address(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let byte = Int(part), (0...255).contains(byte) else { return nil }
            address = address << 8 | UInt32(byte)
        }
        return address
    }
}
