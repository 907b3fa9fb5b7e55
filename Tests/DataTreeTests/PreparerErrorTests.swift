import Jute
import TestSupport
import Testing
import TreeMemory
import ZooKeeperProtocol

@testable import DataTree

/// Each error where Apache returns it, and which one wins when several apply.
@Suite struct PreparerErrorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var op: OpCode
        var body: [UInt8]
        var error: ErrorCode
        var identities: [AuthID] = []

        init(_ name: String, _ request: Request, _ error: ErrorCode, as identities: [AuthID] = []) {
            self.name = name
            op = request.op
            var writer = JuteWriter()
            request.write(to: &writer)
            body = writer.bytes
            self.error = error
            self.identities = identities
        }

        init(_ name: String, raw op: OpCode, _ body: [UInt8], _ error: ErrorCode) {
            self.name = name
            self.op = op
            self.body = body
            self.error = error
        }

        var testDescription: String { name }
    }

    static let bob = AuthID(scheme: "digest", id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=")
    static let boss = AuthID(scheme: "super", id: "")
    private static let long = [ACL(.all, AuthID(scheme: "digest", id: "bob"))]

    private static func create(_ op: OpCode, flags: Int32, path: String = "/new") -> Request {
        .create(op, CreateRequest(path: path, data: nil, acl: .open, flags: flags))
    }

    static let creates: [Case] = [
        Case("flags beyond the modes", create(.create, flags: 7), .badArguments),
        Case("negative flags", create(.create, flags: -1), .badArguments),
        Case("a time to live by opcode 1", create(.create, flags: 5), .badArguments),
        Case("TTL 0", .createTTL("/new", ttl: 0), .badArguments),
        Case("TTL 2^40", .createTTL("/new", ttl: 1 << 40), .badArguments),
        Case(
            "createTTL without the flag and -1, which kills Apache", .createTTL("/new", ttl: -1, flags: 0),
            .badArguments),
        Case("bad flags win over a bad path", .create("new", flags: 9), .badArguments),
        Case("no slash", .create("new"), .badArguments),
        Case("NUL", .create("/a\0b"), .badArguments),
        Case("an empty ACL", .create("/new", acl: []), .invalidACL),
        Case("a null ACL", .create("/new", acl: nil), .invalidACL),
        Case("an unknown scheme", .create("/new", acl: [ACL(.all, AuthID(scheme: "nope", id: "x"))]), .invalidACL),
        Case(
            "world with another id", .create("/new", acl: [ACL(.all, AuthID(scheme: "world", id: "me"))]), .invalidACL),
        Case("a digest id without colon", .create("/new", acl: long), .invalidACL),
        Case(
            "a digest id with two colons", .create("/new", acl: [ACL(.all, AuthID(scheme: "digest", id: "a:b:c"))]),
            .invalidACL),
        Case("an ip that is none", .create("/new", acl: [ACL(.all, AuthID(scheme: "ip", id: "1.2.3"))]), .invalidACL),
        Case(
            "an ip with 33 bits", .create("/new", acl: [ACL(.all, AuthID(scheme: "ip", id: "1.2.3.4/33"))]), .invalidACL
        ),
        Case("super in an ACL", .create("/new", acl: [ACL(.all, boss)]), .invalidACL),
        Case(
            "x509 without a secure port", .create("/new", acl: [ACL(.all, AuthID(scheme: "x509", id: "CN=a"))]),
            .invalidACL),
        Case("auth for nobody", .create("/new", acl: .creator), .invalidACL),
        Case(
            "auth for an address alone", .create("/new", acl: .creator), .invalidACL,
            as: [AuthID(scheme: "ip", id: "127.0.0.1")]),
        Case("a bad ACL wins over a missing parent", .create("/no/new", acl: []), .invalidACL),
        Case("no parent", .create("/no/new"), .noNode),
        Case("an odd path is a missing parent first", .create("/plain//x"), .noNode),
        Case("a dot in the middle, likewise", .create("/plain/./x"), .noNode),
        Case("a missing parent wins over a bad name", .create("/no/\u{1}"), .noNode),
        Case("not allowed below the parent", .create("/locked/new"), .noAuth),
        Case("not allowed wins over a bad name", .create("/locked/.."), .noAuth),
        Case("not allowed wins over exists", .create("/locked/child"), .noAuth),
        Case("a slash at the end", .create("/plain/"), .badArguments),
        Case("a dot", .create("/plain/."), .badArguments),
        Case("two dots", .create("/plain/.."), .badArguments),
        Case("a control character", .create("/plain/\u{1f}"), .badArguments),
        Case("a character of the private use area", .create("/plain/\u{e000}"), .badArguments),
        Case("a character beyond the basic plane", .create("/plain/\u{1f600}"), .badArguments),
        Case("there already", .create("/plain"), .nodeExists),
        Case("the root", .create("/"), .nodeExists),
        Case("exists wins over an ephemeral parent", .create("/plain/child"), .nodeExists),
        Case("below an ephemeral", .create("/fleeting/x"), .noChildrenForEphemerals),
        Case("too many nodes", .create("/limited/c"), .quotaExceeded),
        Case("an ephemeral parent wins over the quota", .create("/limited/eph/x"), .noChildrenForEphemerals),
        Case("an empty body", raw: .create, [], .marshallingError),
        Case("a null path", raw: .create, [255, 255, 255, 255], .marshallingError),
        Case("below a container", .create("/box/x"), .ok),
        Case("below a node with a time to live", .create("/brief/x"), .ok),
        Case("with auth", .create("/new", acl: .creator), .ok, as: [bob]),
        Case("the super user, where nobody may", .create("/locked/new"), .ok, as: [boss]),
        Case("by an address in the range", .create("/local/new"), .ok, as: [AuthID(scheme: "ip", id: "10.9.8.7")]),
        Case(
            "by an address out of the range", .create("/local/new"), .noAuth, as: [AuthID(scheme: "ip", id: "11.9.8.7")]
        ),
    ]

    static let others: [Case] = [
        Case("delete the root", .delete("/"), .badArguments),
        Case("delete /zookeeper", .delete("/zookeeper"), .badArguments),
        Case("delete /zookeeper/quota", .delete("/zookeeper/quota"), .badArguments),
        Case("delete /zookeeper/config", .delete("/zookeeper/config"), .badArguments),
        Case("delete without slash", .delete("plain"), .badArguments),
        Case("delete with NUL", .delete("/\0"), .badArguments),
        Case("delete below nothing", .delete("/no/x"), .noNode),
        Case("delete nothing", .delete("/no"), .noNode),
        Case("delete where not allowed", .delete("/locked/child"), .noAuth),
        Case("delete where not allowed wins over missing", .delete("/locked/no"), .noAuth),
        Case("delete another version", .delete("/plain", version: 3), .badVersion),
        Case("delete: version wins over not empty", .delete("/plain", version: 1), .badVersion),
        Case("delete a node with children", .delete("/plain"), .notEmpty),
        Case("delete with a slash at the end", .delete("/plain/"), .noNode),
        Case("delete: truncated", raw: .delete, [0, 0, 0, 2, 0x2f, 0x61], .marshallingError),
        Case("delete", .delete("/plain/child", version: 0), .ok),
        Case("set: bad path", .set("/plain/", ""), .badArguments),
        Case("set: relative path", .set("plain", ""), .badArguments),
        Case("set: empty path", .set("", ""), .badArguments),
        Case("set: missing", .set("/no", ""), .noNode),
        Case("set: not allowed", .set("/zookeeper/config", ""), .noAuth),
        Case("set: not allowed wins over version", .set("/zookeeper/config", "", version: 9), .noAuth),
        Case("set: version", .set("/plain", "x", version: 1), .badVersion),
        Case("set: quota wins over version", .set("/limited", "more than ten bytes", version: 7), .quotaExceeded),
        Case("set: within the quota", .set("/limited", "12"), .ok),
        Case("set: the root", .set("/", "x", version: 0), .ok),
        Case("set: truncated", raw: .setData, [0], .marshallingError),
        Case("setACL: bad path", .setACL("//", .open), .badArguments),
        Case("setACL: bad path wins over bad list", .setACL("//", []), .badArguments),
        Case("setACL: bad list wins over missing", .setACL("/no", []), .invalidACL),
        Case("setACL: missing", .setACL("/no", .open), .noNode),
        Case("setACL: not allowed", .setACL("/locked", .open), .noAuth),
        Case("setACL: aversion, not version", .setACL("/plain", .open, version: 1), .badVersion),
        Case("setACL", .setACL("/plain", .readOnly, version: 0), .ok),
        Case("check outside a multi", .check(CheckVersionRequest(path: "/plain", version: 0)), .unimplemented),
        Case(
            "reconfig",
            .reconfig(ReconfigRequest(joiningServers: nil, leavingServers: nil, newMembers: nil, currentConfigID: -1)),
            .reconfigDisabled),
        Case("deleteContainer from a client", raw: .deleteContainer, Array("/box".utf8), .badArguments),
    ]

    private func server() -> TestServer {
        var options = TxnPreparer.Options()
        options.allowsTTL = true
        options.enforcesQuotas = true
        let server = TestServer(options)
        for request: Request in [
            .create("/plain"), .create("/plain/child"), .create("/fleeting", flags: 1), .create("/box", flags: 4),
            .createTTL("/brief", ttl: 1000), .create("/locked"), .create("/locked/child"),
            .setACL("/locked", .readOnly),
            .create("/local", acl: [ACL(.all, AuthID(scheme: "ip", id: "10.0.0.0/8"))]),
            .create("/limited", "1"), .create("/limited/eph", flags: 1),
            .create("/zookeeper/quota/limited"),
            .create(
                "/zookeeper/quota/limited/zookeeper_limits", "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=2"),
            .create("/zookeeper/quota/limited/zookeeper_stats"),
        ] { #expect(server.write(request) == .ok) }
        return server
    }

    @Test(arguments: creates + others)
    func outcome(of test: Case) throws {
        let server = server()
        let digest = server.tree.digest
        let outcome = server.prepare(test.op, test.body, as: test.identities)
        #expect(outcome == test.error)
        let entry = server.lastPrepared
        #expect(entry.header.zxid == server.zxid, "a write takes its zxid, also when it fails")
        if test.error != .ok {
            #expect(entry.txn == .error(test.error))
            #expect(entry.digest == nil)
        }
        let reply = server.applyNext()
        #expect(reply.error == test.error)
        if test.error != .ok {
            #expect(reply.body == [])
            #expect(server.tree.digest == digest)
        }
        #expect(server.tree.digestMismatches == 0)
        #expect(server.tree.recomputedDigest() == server.tree.digest)
        #expect(server.preparerIsIdle)
    }

    @Test func ttlWhileExtendedTypesAreOff() {
        let server = TestServer()
        #expect(server.write(.createTTL("/a", ttl: 5)) == .unimplemented)
        #expect(server.write(.createTTL("/a", ttl: -5)) == .unimplemented)
        #expect(server.write(.createTTL("/a", ttl: -1, flags: 9)) == .badArguments)
    }

    @Test func sessionsAreCheckedBeforePathsAndAfterModes() {
        let server = TestServer()
        let stranger = SessionID(rawValue: 77)
        #expect(server.write(.create("bad"), session: stranger) == .sessionExpired)
        #expect(server.write(.create("bad", flags: 9), session: stranger) == .badArguments)
        #expect(server.write(.set("bad", ""), session: stranger) == .sessionExpired)
        #expect(server.write(.delete("bad"), session: stranger) == .sessionExpired)
        #expect(server.write(.setACL("bad", nil), session: stranger) == .sessionExpired)
        #expect(server.write(.multi([.delete(DeleteRequest(path: "bad", version: -1))]), session: stranger) == .ok)
        #expect(server.prepare(.create("/x"), owner: SessionOwner(rawValue: 0)) == .ok)
        #expect(server.prepare(.create("/y"), owner: SessionOwner(rawValue: 3)) == .sessionMoved)
        #expect(server.prepare(.multi([]), owner: SessionOwner(rawValue: 3)) == .ok)
        #expect(
            server.prepare(.multi([.delete(DeleteRequest(path: "/x", version: -1))]), owner: SessionOwner(rawValue: 3))
                == .sessionMoved)
    }

    struct Flags: CustomTestStringConvertible, Sendable {
        var op: OpCode
        var flags: Int32
        /// Nil: refused.
        var kind: NodeKind?
        var inMulti: NodeKind?

        var testDescription: String { "\(op), flags \(flags)" }
    }

    private static let mine = NodeKind.ephemeral(TestServer.session.rawValue)

    /// What Apache 3.8.0 makes of each flag with each opcode, alone and in a multi.
    static let flags: [Flags] = [
        Flags(op: .create, flags: 0, kind: .persistent, inMulti: .persistent),
        Flags(op: .create, flags: 1, kind: mine, inMulti: mine),
        Flags(op: .create, flags: 2, kind: .persistent, inMulti: .persistent),
        Flags(op: .create, flags: 3, kind: mine, inMulti: mine),
        Flags(op: .create, flags: 4, kind: .persistent, inMulti: .container),
        Flags(op: .create2, flags: 0, kind: .persistent, inMulti: .persistent),
        Flags(op: .create2, flags: 1, kind: mine, inMulti: mine),
        Flags(op: .create2, flags: 2, kind: .persistent, inMulti: .persistent),
        Flags(op: .create2, flags: 3, kind: mine, inMulti: mine),
        Flags(op: .create2, flags: 4, kind: .persistent, inMulti: .container),
        Flags(op: .createContainer, flags: 0, kind: .container, inMulti: .persistent),
        Flags(op: .createContainer, flags: 1, kind: .container, inMulti: mine),
        Flags(op: .createContainer, flags: 2, kind: .container, inMulti: .persistent),
        Flags(op: .createContainer, flags: 3, kind: .container, inMulti: mine),
        Flags(op: .createContainer, flags: 4, kind: .container, inMulti: .container),
        Flags(op: .createTTL, flags: 0, kind: nil, inMulti: .persistent),
        Flags(op: .createTTL, flags: 1, kind: nil, inMulti: mine),
        Flags(op: .createTTL, flags: 4, kind: nil, inMulti: .container),
        Flags(op: .createTTL, flags: 5, kind: .ttl(1000), inMulti: .ttl(1000)),
        Flags(op: .createTTL, flags: 6, kind: .ttl(1000), inMulti: .ttl(1000)),
        Flags(op: .create, flags: -1), Flags(op: .create, flags: 7), Flags(op: .create2, flags: -1),
        Flags(op: .create2, flags: 7), Flags(op: .createContainer, flags: -1), Flags(op: .createContainer, flags: 7),
        Flags(op: .createTTL, flags: -1), Flags(op: .createTTL, flags: 7),
    ]

    @Test(arguments: flags)
    func flagsMakeWhatTheyMakeInApache(_ test: Flags) throws {
        var options = TxnPreparer.Options()
        options.allowsTTL = true
        let request = CreateRequest(path: "/n", data: nil, acl: .open, flags: test.flags)
        let timed = CreateTTLRequest(path: "/n", data: nil, acl: .open, flags: test.flags, ttl: 1000)
        for inMulti in [false, true] {
            let server = TestServer(options)
            let expected = inMulti ? test.inMulti : test.kind
            let error: ErrorCode
            if inMulti {
                error = server.write(.multi([test.op == .createTTL ? .createTTL(timed) : .create(test.op, request)]))
            } else {
                error = server.write(test.op == .createTTL ? .createTTL(timed) : .create(test.op, request))
            }
            #expect(error == (inMulti || expected != nil ? .ok : .badArguments))
            let made = server.tree.find("/n") ?? server.tree.find("/n0000000000")
            #expect(made.map { NodeKind(owner: server.tree.store.stat($0).ephemeralOwner) } == expected)
            #expect(server.tree.digestMismatches == 0)
            #expect(server.tree.recomputedDigest() == server.tree.digest)
        }
    }

    /// Apache's leader foresees a container where its servers make a plain node, and the other way round: no sign of divergence.
    @Test(arguments: [OpCode.create, .create2, .createContainer])
    func apachesOwnMistakesAreNoMismatch(op: OpCode) throws {
        let server = TestServer()
        let container = NodeKind.containerOwner
        var off: UInt64 = 0
        func apply(_ request: Request, mistakenBy more: (NodeID) -> Int64?) throws -> Int {
            #expect(server.prepare(request) == .ok)
            var entry = server.lastPrepared
            let probe = TestServer()
            for earlier in server.everything { try probe.tree.apply(earlier) }
            try probe.tree.apply(server.lastEntry)
            if let node = probe.tree.find("/n"), let owner = more(node) {
                var stat = probe.tree.store.stat(node)
                let made = probe.tree.nodeDigest(node)
                stat.ephemeralOwner = owner
                off &+= NodeDigest.value(content: probe.tree.store[node].checksum, stat) &- made
            }
            entry.digest = TxnDigest(tree: probe.tree.digest &+ off)
            server.replaceLast(entry.encoded)
            server.applyNext()
            return server.tree.digestMismatches
        }
        let request = CreateRequest(path: "/n", data: [1], acl: .open, flags: op == .createContainer ? 0 : 4)
        #expect(try apply(.create(op, request)) { _ in op == .createContainer ? 0 : container } == 0)
        #expect(off != 0)
        #expect(try apply(.create("/later")) { _ in nil } == 0, "foreseen while the create was under way")
        off = 0
        #expect(try apply(.create("/idle")) { _ in nil } == 0, "foreseen from the tree")
        off = 1
        #expect(try apply(.create("/wrong")) { _ in nil } == 1)
    }

    @Test func ephemeralsThatWouldMakeAnUnreadableCloseSession() {
        var options = TxnPreparer.Options()
        options.maxEphemeralPathBytes = 40
        let server = TestServer(options)
        #expect(server.write(.create("/aaaaaaaaaaaaaaa", flags: 1)) == .ok)
        #expect(server.write(.create("/bbbbbbbbbbbbbbb", flags: 1)) == .ok)
        #expect(server.write(.create("/c", flags: 1)) == .quotaExceeded)
        #expect(server.write(.create("/c")) == .ok)
        server.write(.delete("/bbbbbbbbbbbbbbb"))
        #expect(server.write(.create("/d", flags: 1)) == .ok)
    }

    @Test func ephemeralsInFlightCountAsWell() {
        var options = TxnPreparer.Options()
        options.maxEphemeralPathBytes = 40
        let server = TestServer(options)
        #expect(server.prepare(.create("/aaaaaaaaaaaaaaa", flags: 1)) == .ok)
        #expect(server.prepare(.create("/bbbbbbbbbbbbbbb", flags: 1)) == .ok)
        #expect(server.prepare(.create("/c", flags: 1)) == .quotaExceeded)
        // A multi that is taken back takes its ephemerals back.
        server.applyAll()
        server.write(.delete("/bbbbbbbbbbbbbbb"))
        let create = CreateRequest(path: "/ddddddddddddddd", data: nil, acl: .open, flags: 1)
        #expect(
            server.prepare(
                .multi([.create(.create, create), .check(CheckVersionRequest(path: "/none", version: 0))])) == .noNode)
        #expect(server.prepare(.create("/eeeeeeeeeeeeeee", flags: 1)) == .ok)
        #expect(server.prepare(.create("/f", flags: 1)) == .quotaExceeded)
        server.applyAll()
        #expect(server.preparerIsIdle)
    }

    /// A session that owns more than a closeSession txn may list: Apache's servers let it.
    @Test func closeSessionListsWhatFits() throws {
        let server = TestServer()
        var paths = (0..<50).map { "/busy/" + String(repeating: "x", count: 30) + "\($0)" }
        server.write(.create("/busy"))
        server.write(.create("/quiet"))
        paths.append("/quiet/" + String(repeating: "y", count: 30))
        for path in paths { #expect(server.write(.create(path, flags: 1)) == .ok) }
        var small = TxnPreparer.Options()
        small.maxTxnLength = 400
        server.leadAnew(small)
        #expect(server.prepare(.closeSession) == .ok)
        guard case .closeSession(let listed?) = server.lastPrepared.txn else {
            Issue.record("no list")
            return
        }
        #expect(listed.count > 2 && listed.count < paths.count)
        #expect(Set(listed.prefix(2)) == [paths[0], paths[50]], "one of each parent comes first")
        #expect(Set(listed).isSubset(of: paths) && Set(listed).count == listed.count)
        #expect(server.lastEntry.count <= 400)
        server.applyAll()
        #expect(server.tree.ephemeralCount == 0)
        #expect(server.tree.digestMismatches == 0)
        #expect(server.tree.recomputedDigest() == server.tree.digest)
    }

    // MARK: The size of a txn

    /// Identities multiply in ACLs with `auth`: a small request would become a txn that no server can read again.
    @Test func aTxnTooLongIsRefused() {
        let server = TestServer()
        let many = (0..<1000).map { AuthID(scheme: "digest", id: "user\($0):ikIaKsbtGweaHnb/jKn7OHqbunM=") }
        let creates = (0..<200).map {
            MultiOperation.create(.create, CreateRequest(path: "/n\($0)", data: nil, acl: .creator, flags: 1))
        }
        #expect(server.prepare(.multi(creates), as: many) == .marshallingError)
        #expect(server.lastEntry.count <= JuteLimits.standard.maxFieldLength)
        #expect(server.lastPrepared.digest == nil || server.tree.digestMismatches == 0)
        server.applyAll()
        #expect(server.tree.find("/n0") == nil)
        #expect(server.preparerIsIdle)
        // As many as fit are fine, and one alone.
        #expect(server.prepare(.multi(Array(creates.prefix(20))), as: many) == .ok)
        #expect(server.prepare(.setACL("/n0", .creator), as: many) == .ok)
        server.applyAll()
        #expect(server.tree.digestMismatches == 0)
        // One entry of a list is all identities, for each set of permissions again.
        let all = (0..<2000).map { ACL(Permissions(rawValue: $0), AuthID(scheme: "auth", id: "")) }
        #expect(server.write(.setACL("/", all), as: many) == .marshallingError)
        #expect(server.write(.create("/x", acl: all), as: many) == .marshallingError)
    }

    @Test func everyOperationKeepsTheLimit() {
        var options = TxnPreparer.Options()
        options.maxTxnLength = 4096
        let server = TestServer(options)
        server.write(.create("/a"))
        let big = String(repeating: "x", count: 4096)
        #expect(server.write(.create("/b", big)) == .marshallingError)
        #expect(server.write(.set("/a", big)) == .marshallingError)
        #expect(server.write(.set("/a", String(big.dropLast(200)))) == .ok)
        let long = "/" + String(repeating: "p", count: 1000)
        server.write(.create(long))
        for operation: MultiOperation in [
            .check(CheckVersionRequest(path: long, version: -1)),
            .setData(SetDataRequest(path: long, data: nil, version: -1)),
        ] {
            #expect(server.prepare(.multi(Array(repeating: operation, count: 3))) == .ok)
            #expect(server.prepare(.multi(Array(repeating: operation, count: 40))) == .marshallingError)
            #expect(server.lastEntry.count <= 4096)
            server.applyAll()
        }
        #expect(server.tree.digestMismatches == 0)
        #expect(server.tree.recomputedDigest() == server.tree.digest)
    }

    @Test func skippedPoison() throws {
        // What an Apache leader would send for opcode 21 with flags 0 and ttl -1.
        let txn = Txn.createTTL(CreateTTLTxn(path: "/p", data: [], acl: .open, parentCVersion: 1, ttl: -1))
        let header = TxnHeader(session: .none, cxid: 1, zxid: ZXID(rawValue: 1), time: 1, type: .createTTL)
        let tree = DataTree()
        #expect(try tree.apply(TxnEntry(header: header, txn: txn, digest: nil).encoded).error == .badArguments)
        #expect(tree.find("/p") == nil)
        #expect(tree.lastZXID == ZXID(rawValue: 1))
    }

    @Test(arguments: [
        (5, "0000000005"), (0, "0000000000"), (Int32.max, "2147483647"), (Int32.min, "-2147483648"), (-5, "-000000005"),
    ])
    func sequenceSuffixes(number: Int32, text: String) {
        #expect(String(decoding: TxnPreparer.sequenceSuffix(number), as: UTF8.self) == text)
    }
}
