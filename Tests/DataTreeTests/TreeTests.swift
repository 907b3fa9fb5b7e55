import Jute
import Testing
import ZooKeeperProtocol

@testable import DataTree

/// Reads, quotas, containers, and the rules of applying that no capture shows.
@Suite struct TreeTests {
    // MARK: Quotas

    @Test(
        arguments: [
            ("count=5,bytes=-1", 5, -1, [:], "count=5,bytes=-1"),
            (
                "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=3", -1, -1,
                ["byteHardLimit": 20, "countHardLimit": 3],
                "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=3"
            ),
            ("bytes=7", -1, 7, [:], "count=-1,bytes=7"), ("", -1, -1, [:], "count=-1,bytes=-1"),
            ("count=,bytes=x", -1, -1, [:], "count=-1,bytes=-1"),
        ] as [(String, Int64, Int64, [String: Int64], String)])
    func quotaTexts(text: String, count: Int64, bytes: Int64, others: [String: Int64], written: String) {
        let quota = Array(text.utf8).withUnsafeBytes { QuotaText($0) }
        #expect(quota.count == count && quota.bytes == bytes && quota.others == others)
        #expect(quota.text == written)
    }

    private func limit(_ server: TestServer, _ path: String, _ text: String = "count=9,bytes=-1") {
        server.write(.create("/zookeeper/quota" + path))
        #expect(server.write(.create("/zookeeper/quota\(path)/zookeeper_limits", text)) == .ok)
        #expect(server.write(.create("/zookeeper/quota\(path)/zookeeper_stats", "count=0,bytes=0")) == .ok)
    }

    private func counts(_ server: TestServer, _ path: String) -> String? {
        server.data("/zookeeper/quota\(path)/zookeeper_stats")
    }

    @Test func countsFollowEveryChange() throws {
        let server = TestServer()
        for request: Request in [.create("/q", "12345"), .create("/q/a", "1"), .create("/other")] {
            server.write(request)
        }
        limit(server, "/q")
        #expect(counts(server, "/q") == "count=2,bytes=6")
        let before = server.stat("/zookeeper/quota/q/zookeeper_stats")
        let digest = server.tree.digest
        let connection = server.tree.watches.connect([])
        _ = server.read(.addWatch(AddWatchRequest(path: "/zookeeper/quota", mode: 1)), connection)
        server.write(.create("/q/a/deep", "22"))
        #expect(server.told == [])
        server.write(.create("/quite-another"))
        #expect(counts(server, "/q") == "count=3,bytes=8")
        server.write(.set("/q", ""))
        server.write(.delete("/q/a/deep"))
        #expect(counts(server, "/q") == "count=2,bytes=1")
        server.write(.setACL("/q", .readOnly))
        var after = server.stat("/zookeeper/quota/q/zookeeper_stats")
        after?.dataLength = before!.dataLength
        #expect(after == before, "not a change of the node")
        #expect(server.tree.digest != digest)
        #expect(server.tree.recomputedDigest() == server.tree.digest)

        // Counted anew when a snapshot is loaded, so the text in it does not matter.
        let copy = try server.tree.snapshot().load(lastZXID: server.tree.lastZXID)
        #expect(try copy.everything() == server.tree.everything())
        server.write(.delete("/zookeeper/quota/q/zookeeper_limits"))
        server.write(.create("/q/b", "333"))
        #expect(counts(server, "/q") == "count=2,bytes=1", "no limits, no counting")
    }

    /// Children come in the order in which they were created, whatever happened to the tree since.
    @Test func childrenKeepTheirOrder() throws {
        let server = TestServer()
        server.write(.create("/p"))
        var names = (0..<100).map { "n\($0 * 37 % 100)" }
        for name in names { server.write(.create("/p/" + name)) }
        for name in ["n0", "n63", names[50], names[51], names.last!] {
            server.write(.delete("/p/" + name))
            names.removeAll { $0 == name }
        }
        for name in ["n63", "later"] {
            server.write(.create("/p/" + name))
            names.append(name)
        }
        func children(_ tree: DataTree) throws -> [String] {
            var reply = JuteWriter()
            var body = JuteWriter()
            Request.getChildren(ReadRequest(path: "/p", watch: false)).write(to: &body)
            let reader = Reader(connection: tree.watches.connect([]), session: TestServer.session)
            #expect(body.bytes.withUnsafeBytes { tree.read(.getChildren, $0, for: reader, into: &reply) } == .ok)
            return try reply.bytes.readJute { (reader) throws(JuteError) in try reader.readStrings() } ?? []
        }
        #expect(try children(server.tree) == names)
        let copy = try server.tree.snapshot().load(lastZXID: server.tree.lastZXID)
        #expect(try children(copy) == names)
        let again = try copy.snapshot().load(lastZXID: copy.lastZXID)
        #expect(try children(again) == names)
    }

    @Test func aMultiReadIsBounded() throws {
        let server = TestServer()
        server.tree.replyLimit = 10_000
        server.write(.create("/big", String(repeating: "x", count: 3000)))
        let anyone = server.tree.watches.connect([])
        let read = MultiOperation.getData(ReadRequest(path: "/big", watch: false))
        #expect(server.read(.multiRead(Array(repeating: read, count: 3)), anyone).error == .ok)
        let refused = server.read(.multiRead(Array(repeating: read, count: 30)), anyone)
        #expect(refused.error == .marshallingError && refused.body.isEmpty)
    }

    @Test func onlyTheLongestPrefixCounts() {
        let server = TestServer()
        server.write(.create("/q"))
        server.write(.create("/q/in"))
        limit(server, "/q")
        limit(server, "/q/in")
        server.write(.create("/q/in/x", "1"))
        server.write(.create("/q/indeed", "22"))
        #expect(counts(server, "/q/in") == "count=2,bytes=1")
        #expect(counts(server, "/q") == "count=3,bytes=2")
    }

    @Test func softLimitsAndUnenforcedOnesLetPass() {
        var options = TxnPreparer.Options()
        options.enforcesQuotas = true
        let server = TestServer(options)
        server.write(.create("/q"))
        limit(server, "/q", "count=1,bytes=1")
        #expect(server.write(.create("/q/a", "much more")) == .ok)
        let lax = TestServer()
        lax.write(.create("/q"))
        limit(lax, "/q", "count=-1,bytes=-1=;countHardLimit=1")
        #expect(lax.write(.create("/q/a")) == .ok)
    }

    // MARK: Containers and times to live

    @Test func containersGoWhenTheirLastChildWent() {
        let server = TestServer()
        for request: Request in [
            .create("/used", flags: 4), .create("/used/c"), .create("/unused", flags: 4), .create("/plain"),
        ] {
            server.write(request)
        }
        #expect(server.tree.expiredContainers(now: 1 << 40) == [])
        server.write(.delete("/used/c"))
        #expect(server.tree.expiredContainers(now: 1 << 40) == ["/used"])
        #expect(server.tree.expiredContainers(now: 1000 + 50, maxNeverUsed: 50) == ["/used"])
        #expect(server.tree.expiredContainers(now: 1000 + 51, maxNeverUsed: 50) == ["/unused", "/used"])

        #expect(server.prepareDeleteContainer("/plain") == .badVersion)
        #expect(server.prepareDeleteContainer("/none") == .noNode)
        #expect(server.prepareDeleteContainer("/") == .badArguments)
        #expect(server.prepareDeleteContainer("/used") == .ok)
        #expect(server.lastPrepared.header.type == .deleteContainer)
        #expect(server.lastPrepared.header.session == .none)
        #expect(server.prepareDeleteContainer("/used") == .noNode)
        server.applyAll()
        #expect(server.stat("/used") == nil)
        #expect(server.tree.digestMismatches == 0)
    }

    @Test func aChildOnItsWayKeepsAContainer() {
        let server = TestServer()
        server.write(.create("/box", flags: 4))
        server.prepare(.create("/box/c"))
        #expect(server.prepareDeleteContainer("/box") == .notEmpty)
        server.applyAll()
    }

    @Test func timesToLiveCountFromTheLastWrite() {
        var options = TxnPreparer.Options()
        options.allowsTTL = true
        let server = TestServer(options)
        server.write(.createTTL("/t", ttl: 100))
        #expect(server.tree.hasTTLNodes)
        #expect(server.stat("/t")?.ephemeralOwner == SessionID.none, "clients do not see the marker")
        #expect(server.tree.expiredContainers(now: 1100) == [])
        #expect(server.tree.expiredContainers(now: 1101) == ["/t"])
        server.time = 1050
        server.write(.set("/t", "x"))
        #expect(server.tree.expiredContainers(now: 1150) == [])
        server.write(.create("/t/c"))
        #expect(server.tree.expiredContainers(now: 5000) == [])
        #expect(server.tree.ephemeralCount == 0)
        server.write(.delete("/t/c"))
        #expect(server.prepareDeleteContainer("/t") == .ok)
        server.applyAll()
        #expect(!server.tree.hasTTLNodes)
    }

    // MARK: Reads

    @Test func getEphemeralsByPrefix() throws {
        let server = TestServer()
        let connection = server.tree.watches.connect([])
        for path in ["/b", "/a1", "/a2"] { server.write(.create(path, flags: 1)) }
        func paths(_ prefix: String?) throws -> [String]? {
            try StringsRecord(decoding: server.read(.getEphemerals(EphemeralsRequest(prefix: prefix)), connection).body)
                .strings
        }
        #expect(try paths("/a") == ["/a1", "/a2"])
        for all in [nil, "", " ", "/"] { #expect(try paths(all) == ["/a1", "/a2", "/b"]) }
        #expect(try paths("/c") == [])
        #expect(server.tree.ephemerals(of: TestServer.session) == ["/a1", "/a2", "/b"])
    }

    @Test func oddPathsAreMissingAndAnEmptyOneIsTheRoot() {
        let server = TestServer()
        let connection = server.tree.watches.connect([])
        server.write(.create("/a"))
        for path in ["/a/", "//a", "a", "/a//b", "/./a"] {
            #expect(
                server.read(.getData(ReadRequest(path: path, watch: false)), connection).error == .noNode, "\(path)")
        }
        #expect(server.read(.getData(ReadRequest(path: "", watch: false)), connection).error == .ok)
        #expect(server.read(.exists(ReadRequest(path: "/a\0", watch: false)), connection).error == .badArguments)
    }

    @Test(arguments: [
        OpCode.getData, .exists, .getChildren, .getChildren2, .getACL, .getAllChildrenNumber, .multiRead, .checkWatches,
        .addWatch,
        .setWatches, .setWatches2, .removeWatches,
    ])
    func truncatedBodies(op: OpCode) {
        let server = TestServer()
        let connection = server.tree.watches.connect([])
        for body: [UInt8] in [[], [0, 0, 0, 9, 0x2f], [0, 0, 0]] {
            var reply = JuteWriter()
            reply.write(7 as Int32)
            let error = body.withUnsafeBytes {
                server.tree.read(op, $0, for: Reader(connection: connection, session: TestServer.session), into: &reply)
            }
            #expect(error == .marshallingError)
            #expect(reply.count == 4, "nothing of a failed reply stays")
        }
    }

    // MARK: Applying

    /// Every prefix of a txn is refused, and none traps.
    @Test func damagedEntries() throws {
        let server = TestServer()
        server.prepare(.create("/a", "data", acl: [ACL(.all, PreparerErrorTests.bob)]))
        server.prepare(.multi([.create(.create, CreateRequest(path: "/b", data: [1], acl: .open, flags: 0))]))
        for entry in server.log {
            // Without its last field a create is whole, too: the form of servers before 3.3.
            let (digest, parentCVersion) = (12, 4)
            for length in 0..<entry.count - digest where entry.count - length != digest + parentCVersion {
                let cut = Array(entry[..<length])
                #expect(throws: JuteError.self) { try DataTree().apply(cut) }
            }
        }
        var unknown = server.log[0]
        unknown[31] = 77
        #expect(throws: JuteError.self) { try DataTree().apply(unknown) }
    }

    @Test func closeSessionInItsOldForms() throws {
        for (body, listed) in [([], false), ([0, 0, 0, 1, 0, 0, 0, 2, 0x2f, 0x65], true)] as [([UInt8], Bool)] {
            for digest in [true, false] {
                let server = TestServer()
                server.write(.create("/e", flags: 1))
                server.write(.create("/e2", flags: 1))
                var entry = JuteWriter()
                TxnHeader(session: TestServer.session, cxid: 0, zxid: ZXID(rawValue: 9), time: 1, type: .closeSession)
                    .write(to: &entry)
                entry.write(raw: body)
                if digest { TxnDigest(version: 1, tree: 5).write(to: &entry) }
                try server.tree.apply(entry.bytes)
                #expect(server.tree.ephemeralCount == 0, "listed \(listed), digest \(digest)")
                #expect(!server.tree.sessions.contains { $0.id == TestServer.session })
                #expect(server.tree.digestMismatches == 0, "another version says nothing")
                #expect(server.stat("/")?.pzxid == ZXID(rawValue: 9))
            }
        }
    }

    @Test func replayOverWhatIsThereAlready() throws {
        let server = TestServer()
        for request: Request in [.create("/p"), .create("/p/a"), .create("/p/b"), .delete("/p/a")] {
            server.write(request)
        }
        let wanted = try server.tree.everything()
        let digest = server.tree.digest
        // All of it once more, over the result: cversion and pzxid do not turn back.
        for entry in server.everything { try server.tree.apply(entry) }
        #expect(try server.tree.everything() == wanted)
        #expect(server.tree.digest == digest)
        #expect(server.tree.recomputedDigest() == server.tree.digest)
        #expect(server.tree.lastZXID == ZXID(rawValue: 4), "never goes back")
    }

    @Test func aWrongDigestIsCounted() throws {
        let server = TestServer()
        server.prepare(.create("/a"))
        var entry = server.log[0]
        entry[entry.count - 1] ^= 1
        let tree = DataTree()
        try tree.apply(entry)
        #expect(tree.digestMismatches == 1)
    }

    @Test func configurationOfThisServer() {
        let tree = DataTree()
        let digest = tree.digest
        tree.setConfiguration(Array("version=5".utf8), version: 5, now: 77)
        let node = tree.find(DataTree.configPath)!
        let stat = tree.clientStat(node)
        #expect(stat.version == -1 && stat.mzxid == ZXID(rawValue: 5) && stat.mtime == 77 && stat.aversion == -1)
        #expect(tree.digest == digest)
        #expect(tree.approximateDataSize == 44 + 9)
    }

    @Test func aSnapshotNodeWithoutItsParentIsRefused() {
        var loader = DataTreeLoader()
        Array("/no/child".utf8).withUnsafeBytes {
            let orphan = loader.add([SnapshotNode($0, data: nil, acl: -1, stat: StatPersisted())])
            #expect(orphan?.elementsEqual($0) == true)
        }
        _ = loader.finish(lastZXID: .zero, digest: nil)
    }

    @Test func aListThatASnapshotLacksLetsNobodyIn() {
        var loader = DataTreeLoader()
        Array("/a".utf8).withUnsafeBytes {
            let orphan = loader.add([SnapshotNode($0, data: nil, acl: 9, stat: StatPersisted())])
            #expect(orphan == nil)
        }
        let tree = loader.finish(lastZXID: .zero, digest: nil)
        let acl = tree.store[tree.find("/a")!].acl
        #expect(!tree.allows(acl, .all, to: [PreparerErrorTests.bob]))
        #expect(tree.allows(acl, .all, to: [PreparerErrorTests.boss]))
    }

    @Test func theDigestThatASnapshotPromises() throws {
        let server = TestServer()
        for request: Request in [.create("/a"), .create("/b"), .create("/c")] { server.write(request) }
        let empty = SnapshotBytes(body: DataTree().snapshot().body, digest: (ZXID(rawValue: 2), 1))
        let tree = try empty.load(lastZXID: .zero)
        try tree.apply(server.everything[0])
        #expect(tree.digestMismatches == 0)
        try tree.apply(server.everything[1])
        #expect(tree.digestMismatches == 1, "the promise was wrong")
        try tree.apply(server.everything[2])
        #expect(tree.digestMismatches == 1)
        let now = try SnapshotBytes(body: DataTree().snapshot().body, digest: (ZXID(rawValue: 7), 1)).load(
            lastZXID: ZXID(rawValue: 7))
        #expect(now.digestMismatches == 1)
        let older = try SnapshotBytes(body: DataTree().snapshot().body, digest: (ZXID(rawValue: 3), 1)).load(
            lastZXID: ZXID(rawValue: 7))
        #expect(older.digestMismatches == 0, "older than the snapshot's own zxid: ignored")
    }
}
