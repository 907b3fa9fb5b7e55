import Testing
import ZooKeeperProtocol

@testable import ZooKeeperClient

/// What is made of a znode as it is found behind a write whose answer was lost. The client had seen zxid 100 when it sent the write.
struct LostWriteTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var write: LostWrite
        var found: LostWrite.Found?
        var parent: Stat?
        /// Under `whenCertain`, and under `untilDone`.
        var certain: Verdict
        var done: Verdict

        enum Verdict { case done, notDone, unknown }

        init(
            _ name: String, _ write: LostWrite, _ found: LostWrite.Found?, parent: Stat? = nil, _ certain: Verdict,
            _ done: Verdict
        ) {
            testDescription = name
            self.write = write
            self.found = found
            self.parent = parent
            self.certain = certain
            self.done = done
        }
    }

    static let me = SessionID(rawValue: 7)

    static func found(
        czxid: Int64 = 50, mzxid: Int64 = 50, pzxid: Int64 = 50, version: Int32 = 0, aversion: Int32 = 0,
        owner: Int64 = 0, data: [UInt8]? = nil, acl: [ACL] = []
    ) -> LostWrite.Found {
        LostWrite.Found(
            stat: Stat(
                czxid: ZXID(rawValue: czxid), mzxid: ZXID(rawValue: mzxid), version: version, aversion: aversion,
                ephemeralOwner: SessionID(rawValue: owner), pzxid: ZXID(rawValue: pzxid)), data: data, acl: acl)
    }

    static let create = LostWrite.create(data: [1], isEphemeral: false)
    static let ephemeral = LostWrite.create(data: [1], isEphemeral: true)
    static let set = LostWrite.setData([1], version: nil)
    static let setIf3 = LostWrite.setData([1], version: 3)
    static let open = [ACL].open

    static let cases = [
        Case("create: missing", create, nil, .unknown, .notDone),
        Case("create: missing, parent unchanged", create, nil, parent: found(pzxid: 100).stat, .notDone, .notDone),
        Case("create: missing, parent changed", create, nil, parent: found(pzxid: 101).stat, .unknown, .notDone),
        Case("create: was there before", create, found(czxid: 100, data: [1]), .notDone, .notDone),
        Case("create: as wanted", create, found(czxid: 101, data: [1]), .unknown, .done),
        Case("create: another's data", create, found(czxid: 101, data: [2]), .notDone, .notDone),
        Case("create: null is not empty", create, found(czxid: 101), .notDone, .notDone),
        Case("create: another's ephemeral", create, found(czxid: 101, owner: 8, data: [1]), .notDone, .notDone),
        Case("create: changed since", create, found(czxid: 101, version: 1, data: [2]), .unknown, .unknown),
        Case("ephemeral: my session's", ephemeral, found(czxid: 101, owner: 7, data: [1]), .unknown, .done),
        Case("ephemeral: another task's", ephemeral, found(czxid: 101, owner: 7, data: [2]), .unknown, .unknown),
        Case(
            "ephemeral: my session's, changed since", ephemeral,
            found(czxid: 101, version: 1, owner: 7, data: [1]), .unknown, .unknown),
        Case("ephemeral: mine of before", ephemeral, found(czxid: 99, owner: 7, data: [1]), .notDone, .notDone),
        Case("ephemeral: another's", ephemeral, found(czxid: 101, owner: 8, data: [1]), .notDone, .notDone),
        Case("ephemeral: persistent", ephemeral, found(czxid: 101, data: [1]), .notDone, .notDone),
        Case("sequential: parent unchanged", .createSequential, found(pzxid: 100), .notDone, .notDone),
        Case("sequential: parent changed", .createSequential, found(pzxid: 101), .unknown, .unknown),
        Case("sequential: no parent", .createSequential, nil, .notDone, .notDone),
        Case("delete: gone", .delete(version: nil), nil, .unknown, .done),
        Case("delete: still there", .delete(version: nil), found(mzxid: 101), .notDone, .notDone),
        Case("delete: another one of that name", .delete(version: nil), found(czxid: 101), .unknown, .unknown),
        Case("set: unchanged", set, found(mzxid: 100, data: [1]), .notDone, .notDone),
        Case("set: as wanted", set, found(mzxid: 101, data: [1]), .unknown, .done),
        Case("set: another's data", set, found(mzxid: 101, data: [2]), .unknown, .unknown),
        Case("set: gone", set, nil, .unknown, .unknown),
        Case("set: gone, parent changed", set, nil, parent: found(pzxid: 101).stat, .unknown, .unknown),
        Case("set: was missing before", set, nil, parent: found(pzxid: 100).stat, .notDone, .notDone),
        Case("set if 3: unchanged", setIf3, found(mzxid: 100, version: 3), .notDone, .notDone),
        Case("set if 3: still 3", setIf3, found(mzxid: 101, version: 3), .notDone, .notDone),
        Case("set if 3: not yet 3", setIf3, found(mzxid: 101, version: 2), .notDone, .notDone),
        Case("set if 3: 4, with its data", setIf3, found(mzxid: 101, version: 4, data: [1]), .unknown, .unknown),
        Case("set if 3: 4, with another's", setIf3, found(mzxid: 101, version: 4, data: [2]), .notDone, .notDone),
        Case("set if 3: 5", setIf3, found(mzxid: 101, version: 5, data: [2]), .unknown, .unknown),
        Case("set if 3: another znode", setIf3, found(czxid: 101, mzxid: 101, version: 3), .unknown, .unknown),
        Case("set if 3: another znode, 4", setIf3, found(czxid: 101, mzxid: 101, version: 4), .unknown, .unknown),
        Case("set if 3: gone", setIf3, nil, .unknown, .unknown),
        Case("set if 3: was missing before", setIf3, nil, parent: found(pzxid: 100).stat, .notDone, .notDone),
        Case("acl: never set", .setACL(open, aversion: nil), found(), .notDone, .notDone),
        Case("acl: as wanted", .setACL(open, aversion: nil), found(aversion: 1, acl: open), .unknown, .done),
        Case("acl: another znode", .setACL(open, aversion: nil), found(czxid: 101), .unknown, .unknown),
        Case("acl: another", .setACL(open, aversion: nil), found(aversion: 1), .unknown, .unknown),
        Case("acl: gone", .setACL(open, aversion: nil), nil, .unknown, .unknown),
        Case(
            "acl: was missing before", .setACL(open, aversion: nil), nil, parent: found(pzxid: 100).stat, .notDone,
            .notDone),
        Case("acl if 0: still 0", .setACL(open, aversion: 0), found(), .notDone, .notDone),
        Case("acl if 0: its work", .setACL(open, aversion: 0), found(aversion: 1, acl: open), .unknown, .unknown),
        // Its own work looks different: the server has put the identities in place of `auth`.
        Case("acl if 0: changed", .setACL(open, aversion: 0), found(aversion: 1), .unknown, .unknown),
        Case("acl if 0: another znode", .setACL(open, aversion: 0), found(czxid: 101), .unknown, .unknown),
        Case("acl if 0: gone", .setACL(open, aversion: 0), nil, .unknown, .unknown),
    ]

    @Test(arguments: cases) func theVerdict(_ test: Case) {
        for (policy, expected) in [(RetryPolicy.whenCertain, test.certain), (.untilDone, test.done)] {
            let verdict = test.write.verdict(
                finding: test.found, parent: test.parent, since: ZXID(rawValue: 100), session: Self.me, policy: policy)
            switch expected {
            case .done: #expect(verdict == .done(test.found?.stat ?? Stat()), "\(policy)")
            case .notDone: #expect(verdict == .notDone, "\(policy)")
            case .unknown: #expect(verdict == .unknown, "\(policy)")
            }
        }
    }

    @Test func aSecondAttemptsErrorMayBeTheFirstOnesWork() {
        #expect(Self.create.explains(.nodeExists))
        #expect(LostWrite.delete(version: nil).explains(.noNode))
        #expect(Self.setIf3.explains(.badVersion))
        #expect(!LostWrite.createSequential.explains(.nodeExists))
        #expect(!Self.create.explains(.noNode))
    }

    @Test func protectedNamesDifferAndKeepWhatComesBehind() {
        let names = Set((0..<1000).map { _ in ProtectedName.make(from: "/a/b") })
        #expect(names.count == 1000)
        #expect(names.allSatisfy { $0.hasPrefix("/a/_c_") && $0.hasSuffix("-b") && $0.utf8.count == 44 })
        #expect(ProtectedName.make(from: "/").hasPrefix("/_c_"))
    }
}
