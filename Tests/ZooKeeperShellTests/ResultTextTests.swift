import Glibc
import Testing
import ZooKeeperClient

@testable import ZooKeeperShell

/// One at a time: some set the time zone of the process.
@Suite(.serialized) struct ResultTextTests {
    @Test func aStatIsElevenLines() {
        let stat = Stat(
            czxid: ZXID(rawValue: 0x1_0000_0003), mzxid: ZXID(rawValue: 4), ctime: 0, mtime: 0, version: 1, cversion: 2,
            aversion: -1, ephemeralOwner: SessionID(rawValue: -1), dataLength: 5, numChildren: 6,
            pzxid: ZXID(rawValue: 7))
        let time = ResultText.date(0)
        #expect(
            ResultText.stat(stat) == """
                cZxid = 0x100000003
                ctime = \(time)
                mZxid = 0x4
                mtime = \(time)
                pZxid = 0x7
                cversion = 2
                dataVersion = 1
                aclVersion = -1
                ephemeralOwner = 0xffffffffffffffff
                dataLength = 5
                numChildren = 6

                """)
    }

    @Test(arguments: [
        ("UTC", 0, "Thu Jan 01 00:00:00 UTC 1970"), ("UTC", 1_796_000_000_999, "Mon Nov 30 00:53:20 UTC 2026"),
        ("Europe/Berlin", 1_782_000_000_000, "Sun Jun 21 02:00:00 CEST 2026"),
        ("America/Sao_Paulo", 1_782_000_000_000, "Sat Jun 20 21:00:00 GMT-03:00 2026"),
    ])
    func timesLookAsJavasDates(zone: String, milliseconds: Int64, text: String) {
        ResultTextTests.inZone(zone) { #expect(ResultText.date(milliseconds) == text) }
    }

    private static func inZone(_ zone: String, _ body: () -> Void) {
        let before = getenv("TZ").map { String(cString: $0) }
        setenv("TZ", zone, 1)
        tzset()
        body()
        if let before { setenv("TZ", before, 1) } else { unsetenv("TZ") }
        tzset()
    }

    @Test func dataIsTextAndNullIsNull() {
        #expect(ResultText.data(nil) == "null\n")
        #expect(ResultText.data([]) == "\n")
        #expect(ResultText.data([0x61, 0xff, 0xc3, 0xa4]) == "a\u{fffd}ä\n")
    }

    @Test func anACLIsTwoLinesAnEntry() {
        let acl = [ACL(.all, .anyone), ACL(.read, AuthID(scheme: "digest", id: "a,b%:x"))]
        #expect(ResultText.acl(acl) == "'world,'anyone\n: cdrwa\n'digest,'a%2Cb%25:x\n: r\n")
    }

    @Test func clientsOfAConfigurationAreAConnectString() {
        let text = """
            server.1=h1:1:2:participant;127.0.0.1:2181
            server.2=h2:1:2:observer;2182
            version=100000000
            """
        #expect(ResultText.clients(ofConfiguration: text) == "100000000 127.0.0.1:2181,0.0.0.0:2182\n")
        #expect(ResultText.clients(ofConfiguration: "") == " \n")
    }

    @Test func eventsBeginWithAnEmptyLine() {
        #expect(
            ResultText.event(WatchEvent(type: .nodeCreated, path: "/x"))
                == "\nWATCHER::\n\nWatchedEvent state:SyncConnected type:NodeCreated path:/x\n")
        #expect(
            ResultText.event(.connectedReadOnly)
                == "\nWATCHER::\n\nWatchedEvent state:ConnectedReadOnly type:None path:null\n")
        #expect(ResultText.event(.connecting) == nil)
    }

    @Test(arguments: [
        (ErrorCode.noNode, "Node does not exist: /a"), (.nodeExists, "Node already exists: /a"),
        (.notEmpty, "Node not empty: /a"), (.badVersion, "version No is not valid : /a"),
        (.noAuth, "Insufficient permission : /a"), (.invalidACL, "Acl is not valid : /a"),
        (.noChildrenForEphemerals, "Ephemerals cannot have children: /a"), (.quotaExceeded, "Quota has exceeded : /a"),
        (.connectionLoss, "KeeperErrorCode = ConnectionLoss for /a"),
        (.sessionExpired, "KeeperErrorCode = Session expired for /a"),
        (.noWatcher, "KeeperErrorCode = No such watcher for /a"),
    ])
    func errorsHaveTheWordsOfApachesShell(code: ErrorCode, message: String) {
        #expect(CommandError(code, path: "/a").message == message)
    }

    @Test func errorsWithoutAPathSaySo() {
        #expect(CommandError(.reconfigDisabled, path: "").message == "KeeperErrorCode = Reconfig is disabled")
        #expect(CommandError(.invalidACL, path: nil).message == "Acl is not valid : null")
    }
}

struct QuotaTests {
    @Test(arguments: [
        ("count=5,bytes=-1=;byteHardLimit=0;countHardLimit=-1", Quota(count: 5, hardBytes: 0)),
        ("count=5,bytes=-1", nil),
    ])
    func whatIsReadIsWrittenAlike(text: String, quota: Quota?) {
        #expect(Quota(text: text).description == text)
        if let quota { #expect(Quota(text: text) == quota) }
    }

    @Test func newLimitsJoinTheOldOnes() {
        var quota = Quota(count: 5, hardBytes: 9)
        quota.merge(Quota(bytes: 7, hardBytes: 8))
        #expect(quota == Quota(count: 5, bytes: 7, hardBytes: 8))
        quota.remove([.count, .hardBytes])
        #expect(quota == Quota(bytes: 7))
    }

    @Test func aLimitBelowWhatThereIsDeservesAWarning() {
        let usage = Quota(text: "count=2,bytes=3")
        #expect(Quota(count: 2, bytes: 3).warnings(for: usage).isEmpty)
        #expect(
            Quota(hardCount: 1, hardBytes: 0).warnings(for: usage) == [
                "[Warning]: the count quota you create is less than the existing count:2",
                "[Warning]: the bytes quota you create is less than the existing bytes:3",
            ])
    }

    // MARK: Other forms of data

    /// As netty 4.1's `ByteBufUtil.prettyHexDump` prints it.
    @Test(arguments: [
        ([] as [UInt8], "\n"),
        (
            Array("hello".utf8),
            """
                     +-------------------------------------------------+
                     |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |
            +--------+-------------------------------------------------+----------------+
            |00000000| 68 65 6c 6c 6f                                  |hello           |
            +--------+-------------------------------------------------+----------------+

            """
        ),
        (
            [0, 1, 2, 0xff, 0x41, 0x20, 0x7e, 0x7f, 10, 11, 12, 13, 14, 15, 16, 17, 18, 0xc8],
            """
                     +-------------------------------------------------+
                     |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |
            +--------+-------------------------------------------------+----------------+
            |00000000| 00 01 02 ff 41 20 7e 7f 0a 0b 0c 0d 0e 0f 10 11 |....A ~.........|
            |00000010| 12 c8                                           |..              |
            +--------+-------------------------------------------------+----------------+

            """
        ),
    ])
    func hexadecimal(data: [UInt8], text: String) { #expect(ResultText.hexadecimal(data) == text) }

    @Test func nullDataIsTheWordInBase64AsWell() {
        #expect(ResultText.base64(nil) == "bnVsbA==\n")
        #expect(ResultText.base64([0, 0xff]) == "AP8=\n")
    }

    private static let stat = Stat(
        czxid: ZXID(rawValue: 0x1_0000_0002), mzxid: ZXID(rawValue: 0x1_0000_0003), ctime: 5, mtime: 6, version: 1,
        cversion: 2, aversion: 3, ephemeralOwner: SessionID(rawValue: 0x10), dataLength: 4, numChildren: 7,
        pzxid: ZXID(rawValue: 8))
    private static let statText =
        #""stat": {"czxid": "0x100000002", "ctime": 5, "mzxid": "0x100000003", "mtime": 6, "pzxid": "0x8", "cversion": 2, "version": 1, "aversion": 3, "ephemeralOwner": "0x10", "dataLength": 4, "numChildren": 7}}"#
        + "\n"

    @Test(
        arguments: [
            (nil, #""data": null, "encoding": null"#),
            (Array("a\"\\\n\u{1}é\u{2028}".utf8), #""data": "a\"\\\n\u0001é\u2028", "encoding": "utf-8""#),
            ([0xff, 0], #""data": "/wA=", "encoding": "base64""#), ([], #""data": "", "encoding": "utf-8""#),
        ] as [([UInt8]?, String)])
    func aZnodeAsJSON(data: [UInt8]?, members: String) {
        #expect(JSONText.node("/a", data, Self.stat) == #"{"path": "/a", "# + members + ", " + Self.statText)
    }

    @Test func listsAndTheConfigurationAsJSON() {
        #expect(
            JSONText.children("/", ["a", "b\""], Self.stat)
                == #"{"path": "/", "children": ["a", "b\""], "# + Self.statText)
        #expect(JSONText.tree("/", ["/", "/a"]) == "{\"path\": \"/\", \"paths\": [\"/\", \"/a\"]}\n")
        #expect(JSONText.stat("/a", Self.stat) == #"{"path": "/a", "# + Self.statText)
        let text = "server.1=a:1:2:participant;0.0.0.0:3\nserver.2=b:1:2|c:3:4:observer\nversion=1f"
        #expect(
            JSONText.configuration(text, Self.stat)
                == #"{"version": "1f", "servers": [{"id": 1, "role": "participant", "addresses": [{"host": "a", "quorumPort": 1, "electionPort": 2}], "client": "0.0.0.0:3"}, {"id": 2, "role": "observer", "addresses": [{"host": "b", "quorumPort": 1, "electionPort": 2}, {"host": "c", "quorumPort": 3, "electionPort": 4}], "client": null}], "text": "server.1=a:1:2:participant;0.0.0.0:3\nserver.2=b:1:2|c:3:4:observer\nversion=1f", "#
                + Self.statText)
    }
}
