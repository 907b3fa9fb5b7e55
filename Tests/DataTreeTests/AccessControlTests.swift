import Jute
import Testing
import ZooKeeperProtocol

@testable import DataTree

@Suite struct AccessControlTests {
    private let access = AccessControl()
    private static let bob = PreparerErrorTests.bob

    @Test(arguments: [
        ("bob:pw", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="), ("super:secret", "super:lK75jTNcA+U9vtVEw5vB51mj/w4="),
    ])
    func digestIDs(credentials: String, id: String) {
        #expect(AccessControl.digestID(Array(credentials.utf8)) == id)
    }

    @Test func withoutTheDigestSchemeNobodyBecomesADigestUser() {
        var access = AccessControl()
        #expect(access.authenticate(scheme: "digest", credentials: Array("bob:pw".utf8)) != nil)
        access.acceptsDigest = false
        #expect(access.authenticate(scheme: "digest", credentials: Array("bob:pw".utf8)) == nil)
        #expect(access.resolve([ACL(.all, AuthID(scheme: "digest", id: "a:b"))], for: []) == nil)
    }

    @Test(arguments: [
        ("1.2.3.4", "1.2.3.4", true), ("1.2.3.4", "1.2.3.5", false), ("10.0.0.0/8", "10.255.1.2", true),
        ("10.0.0.0/8", "11.0.0.1", false), ("10.20.30.40/16", "10.20.1.1", true), ("0.0.0.0/0", "200.1.2.3", true),
        ("1.2.3.4/32", "1.2.3.4", true), ("1.2.3.4", "::1", false),
    ])
    func addresses(entry: String, address: String, allowed: Bool) {
        let acl = [ACL(.read, AuthID(scheme: "ip", id: entry))]
        #expect(access.allows(acl, .read, to: [AuthID(scheme: "ip", id: address)]) == allowed)
    }

    @Test func whoMayWhat() {
        let acl = [ACL(.read, .anyone), ACL([.write, .create], Self.bob)]
        #expect(access.allows(acl, .read, to: []))
        #expect(!access.allows(acl, .write, to: []))
        #expect(access.allows(acl, .write, to: [Self.bob]))
        #expect(!access.allows(acl, .admin, to: [Self.bob]))
        #expect(access.allows(acl, [.admin, .create], to: [Self.bob]), "one of the wanted is enough")
        #expect(access.allows(acl, .admin, to: [AuthID(scheme: "super", id: "")]))
        #expect(access.allows([], .admin, to: []), "no list, no limits")
        #expect(
            !access.allows(
                [ACL(.all, AuthID(scheme: "x509", id: "CN=a"))], .read, to: [AuthID(scheme: "x509", id: "CN=a")]))
        var open = access
        open.skipsChecks = true
        #expect(open.allows(acl, .admin, to: []))
    }

    /// Both long: found by look-up, addresses and the rest alike.
    @Test func manyEntriesForManyIdentities() {
        let user = { (number: Int) in AuthID(scheme: "digest", id: "u\(number):x=") }
        let mine = (0..<500).map(user) + [AuthID(scheme: "ip", id: "10.1.2.3")]
        let theirs = (500..<30_000).map { ACL(.all, user($0)) }
        #expect(!access.allows(theirs, .read, to: mine))
        #expect(access.allows(theirs + [ACL(.read, user(499))], .read, to: mine))
        #expect(!access.allows(theirs + [ACL(.read, user(499))], .write, to: mine))
        #expect(access.allows(theirs + [ACL(.read, AuthID(scheme: "ip", id: "10.0.0.0/8"))], .read, to: mine))
        #expect(!access.allows(theirs + [ACL(.read, AuthID(scheme: "ip", id: "11.0.0.0/8"))], .read, to: mine))
        #expect(access.resolve(theirs + theirs, for: []) == theirs)
    }

    /// As captured from Apache 3.8.0: whoAmI after these users have authenticated one after the other.
    @Test(arguments: [
        (["super:pw"], "digest super ip"), (["bob:pw", "super:pw"], "bob digest super ip"),
        (["a:1", "b:2", "c:3", "d:4", "super:pw"], "a digest b super ip c d"),
        ((0..<11).map { "u\($0):p" }, "u3 u5 u7 ip u9 u2 u8 u0 u1 u6 u4 u10"),
        ((0..<14).map { "u\($0):p" }, "u3 u5 u7 u11 ip u9 u2 u8 u12 u0 u1 u13 u6 u4 u10"),
    ])
    func identitiesAreInApachesOrder(users: [String], expected: String) {
        var access = access
        access.superDigest = AccessControl.digestID(Array("super:pw".utf8))
        var identities = [AuthID(scheme: "ip", id: "127.0.0.1")]
        for user in users + users {
            let added = access.authenticate(scheme: "digest", credentials: Array(user.utf8)) ?? []
            identities = (identities + added).inApacheOrder
        }
        // The super user's own name is super, too.
        let names = identities.map { identity in
            let user = AccessControl.userName(identity)
            return identity.scheme == "digest" && user != "super" ? user : identity.scheme
        }
        #expect(names == expected.split(separator: " ").map(String.init))
    }

    @Test func certificates() {
        var access = access
        access.acceptsX509 = true
        access.x509SuperUser = "CN=root"
        let acl = [ACL(.all, AuthID(scheme: "x509", id: "CN=a"))]
        #expect(access.resolve(acl, for: []) == acl)
        #expect(access.allows(acl, .write, to: access.identities(x509Subject: "CN=a")))
        #expect(!access.allows(acl, .write, to: access.identities(x509Subject: "CN=b")))
        #expect(access.allows(acl, .write, to: access.identities(x509Subject: "CN=root")))
    }

    @Test func resolution() {
        let ip = AuthID(scheme: "ip", id: "127.0.0.1")
        let alice = AuthID(scheme: "digest", id: "alice:x=")
        #expect(access.resolve(.creator, for: [ip, Self.bob, alice]) == [ACL(.all, Self.bob), ACL(.all, alice)])
        #expect(access.resolve(.creator, for: [AuthID(scheme: "super", id: "")]) == nil)
        let twice = [ACL(.read, .anyone), ACL(.all, Self.bob), ACL(.read, .anyone)]
        #expect(access.resolve(twice, for: []) == Array(twice[..<2]))
        #expect(access.resolve([ACL(.all, AuthID(scheme: "digest", id: "a:b:"))], for: []) != nil, "as Java splits")
    }

    @Test func authentication() {
        var access = access
        access.superDigest = "super:lK75jTNcA+U9vtVEw5vB51mj/w4="
        #expect(access.authenticate(scheme: "digest", credentials: Array("bob:pw".utf8)) == [Self.bob])
        let boss = access.authenticate(scheme: "digest", credentials: Array("super:secret".utf8))
        #expect(boss?.map(\.scheme) == ["super", "digest"])
        #expect(access.authenticate(scheme: "ip", credentials: []) == [])
        for scheme in ["world", "nope", "x509"] { #expect(access.authenticate(scheme: scheme, credentials: []) == nil) }
    }

    @Test func listsOfDigestsAreMaskedForWhoMayOnlyRead() throws {
        let server = TestServer()
        let acl = [ACL(.read, .anyone), ACL(.all, Self.bob), ACL(.read, AuthID(scheme: "ip", id: "1.2.3.4"))]
        server.write(.create("/a", acl: acl))
        server.write(.create("/b", acl: [ACL(.write, Self.bob)]))
        let (anyone, bob) = (server.tree.watches.connect([]), server.tree.watches.connect([Self.bob]))
        let request = Request.getACL(PathRecord(path: "/a"))
        let masked = try ACLResponse(decoding: server.read(request, anyone).body).acl
        #expect(masked == [acl[0], ACL(.all, AuthID(scheme: "digest", id: "bob:x")), acl[2]])
        #expect(try ACLResponse(decoding: server.read(request, bob).body).acl == acl)
        #expect(server.read(.getACL(PathRecord(path: "/b")), bob).error == .noAuth, "WRITE is neither READ nor ADMIN")
    }

    @Test func numbersOfLists() throws {
        var cache = ACLCache()
        let (one, two) = ([ACL(.read, .anyone)], [ACL(.all, Self.bob)])
        #expect(cache.retain(.open) == 0)
        #expect(cache.retain(one) == 1)
        #expect(cache.retain(two) == 2)
        #expect(cache.retain(one) == 1)
        cache.release(1)
        #expect(cache.ids == [1, 2])
        cache.release(1)
        #expect(cache.ids == [2])
        #expect(cache.retain(one) == 3, "a number is not used twice")
        let id = try cache.encoded(2).withUnsafeBytes { try cache.retain(encoded: $0) }
        #expect(id == 2)
    }
}

extension AccessControl {
    fileprivate func resolve(_ acl: [ACL]?, for identities: [AuthID]) -> [ACL]? {
        try? resolve(acl, for: identities, limit: 2 << 20)
    }

    @Test func idsOfTheSaslSchemeAreNamesOrPrincipalsWhereTheSchemeIsThere() {
        func isTaken(_ id: String, _ access: AccessControl) -> Bool {
            (try? access.resolve([ACL(.all, AuthID(scheme: "sasl", id: id))], for: [], limit: 1 << 20)) != nil
        }
        var access = AccessControl()
        #expect(!isTaken("bob", access))
        access.acceptsSASL = true
        for id in ["bob", "", "bob/host", "a b", "bob@REALM", "bob/host@REALM", "@", "/@"] {
            #expect(isTaken(id, access), "\(id)")
        }
        for id in ["a@b@c", "a/b/c@d", "a@b/c", "a/b@c/d"] { #expect(!isTaken(id, access), "\(id)") }
        #expect(access.authenticate(scheme: "sasl", credentials: Array("bob".utf8)) == nil, "only through op 102")
    }

    @Test func whoMayWhatInTheSaslScheme() {
        var access = AccessControl()
        access.acceptsSASL = true
        func user(_ name: String) -> [AuthID] { [AuthID(scheme: "sasl", id: name)] }
        let ofBob = [ACL(.all, AuthID(scheme: "sasl", id: "bob"))]
        #expect(access.allows(ofBob, .read, to: user("bob")))
        #expect(!access.allows(ofBob, .read, to: user("ann")))
        #expect(!access.allows(ofBob, .read, to: [AuthID(scheme: "digest", id: "bob")]))
        // As Apache's provider has it: a user of this name may all that SASL users may.
        #expect(access.allows(ofBob, .read, to: user("super")))
        access.saslUserOfAll = "bob"
        #expect(access.allows(ofBob, .read, to: user("ann")))
        // Long lists are compared otherwise, and say the same.
        let long = (0..<9).map { ACL(.all, AuthID(scheme: "digest", id: "\($0):x")) } + ofBob
        let many = (0..<9).map { AuthID(scheme: "digest", id: "n\($0):x") } + user("ann")
        #expect(access.allows(long, .read, to: many))
        access.saslUserOfAll = nil
        #expect(!access.allows(long, .read, to: many))
        access.acceptsSASL = false
        #expect(!access.allows(ofBob, .read, to: user("bob")), "without the provider the entry is for nobody")
    }
}
