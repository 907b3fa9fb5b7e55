import Testing
import ZooKeeperClient

@testable import ZooKeeperRecipes

struct PureRecipeTests {
    // MARK: Double barrier

    @Test func membersOfADoubleBarrierLeaveInAnOrderInWhichNobodyWaitsForHimself() {
        #expect(DoubleBarrierStep(of: "b", among: []) == .leave)
        #expect(DoubleBarrierStep(of: "b", among: ["ready"]) == .leave)
        #expect(DoubleBarrierStep(of: "b", among: ["b"]) == .deleteAndLeave)
        #expect(DoubleBarrierStep(of: "b", among: ["ready", "b"]) == .deleteAndLeave)
        #expect(DoubleBarrierStep(of: "a", among: ["c", "a", "b"]) == .wait(for: "c"))
        #expect(DoubleBarrierStep(of: "b", among: ["c", "a", "b"]) == .deleteAndWait(for: "a"))
        #expect(DoubleBarrierStep(of: "b", among: ["c", "a"]) == .deleteAndWait(for: "a"))
        // Its own znode is gone, and one other is left.
        #expect(DoubleBarrierStep(of: "b", among: ["a"]) == .deleteAndWait(for: "a"))
    }

    @Test func aDoubleBarrierIsLeftOpenByARoundOfWhichNobodyIsThere() {
        let ready = ZXID(rawValue: 10)
        #expect(DoubleBarrierStep.isLeftOver(ready: ready, members: []))
        #expect(DoubleBarrierStep.isLeftOver(ready: ready, members: [ZXID(rawValue: 11), ZXID(rawValue: 12)]))
        #expect(!DoubleBarrierStep.isLeftOver(ready: ready, members: [ZXID(rawValue: 11), ZXID(rawValue: 9)]))
    }

    /// Steps taken in any order end with everybody gone.
    @Test func allMembersLeaveWhateverOrderTheyAreScheduledIn() {
        for _ in 0..<200 {
            var present = Set((0..<Int.random(in: 1...6)).map { "m\($0)" })
            var inside = present
            var steps = 0
            while let member = inside.randomElement(), steps < 10_000 {
                steps += 1
                switch DoubleBarrierStep(of: member, among: Array(present)) {
                case .leave: inside.remove(member)
                case .deleteAndLeave:
                    present.remove(member)
                    inside.remove(member)
                case .wait: break
                case .deleteAndWait: present.remove(member)
                }
            }
            #expect(inside.isEmpty)
            #expect(present.isEmpty)
        }
    }

    // MARK: Counter

    @Test(arguments: [
        (CounterFormat.int32, 7, [0, 0, 0, 7] as [UInt8]?), (.int32, -2, [255, 255, 255, 254]),
        (.int32, Int(Int32.max), [127, 255, 255, 255]), (.int32, Int(Int32.max) + 1, nil),
        (.int64, 258, [0, 0, 0, 0, 0, 0, 1, 2]), (.int64, -1, [UInt8](repeating: 255, count: 8)),
        (.int64, .min, [128, 0, 0, 0, 0, 0, 0, 0]), (.text, -15, Array("-15".utf8)),
    ])
    func countersLookAsThoseOfTheirPeers(_ format: CounterFormat, _ value: Int, _ data: [UInt8]?) {
        #expect(format.data(of: value) == data)
        if let data { #expect(format.value(of: data, default: 99) == value) }
        #expect(format.value(of: [], default: 99) == 99)
        #expect(format.value(of: Array("no number".utf8), default: 99) == nil)
    }

    // MARK: Queue

    @Test func queueEntriesAreNamedAndOrderedAsThoseOfTheirPeers() {
        #expect(QueueEntry.prefix(.curator, priority: 5) == "qn-")
        #expect(QueueEntry.prefix(.kazoo, priority: 5) == "entry-005-")
        #expect(QueueEntry.prefix(.kazoo, priority: 999) == "entry-999-")
        #expect(
            QueueEntry.sorted(["qn-0000000002", "lock", "qn-0000000001"], .curator)
                == ["qn-0000000001", "qn-0000000002"])
        #expect(
            QueueEntry.sorted(
                ["entry-100-0000000001", "entry-005-0000000003", "entry-100-0000000000"], .kazoo,
                without: ["entry-100-0000000000"])
                == ["entry-005-0000000003", "entry-100-0000000001"])
    }

    // MARK: Group

    @Test func membersAreNamedAsThoseOfTheirPeers() {
        let id = RandomID.random()
        #expect(GroupNames.groupMember.name(of: "a", id) == "a")
        #expect(GroupNames.party.name(of: "a", id) == id.hex + "__party__")
        #expect(GroupNames.shallowParty.name(of: "a-b", id) == id.hex + "-a-b")
        #expect(GroupNames.shallowParty.reading(of: id.hex + "-a-b") == .complete(id: "a-b"))
        #expect(GroupNames.shallowParty.reading(of: "foreign") == .foreign)
        #expect(GroupNames.party.reading(of: id.hex + "__party__") == .dataIsID)
        #expect(GroupNames.party.reading(of: "foreign") == .foreign)
        #expect(GroupNames.groupMember.reading(of: "a") == .nameIsID)
    }

    // MARK: Cached tree

    private func znode(_ text: String, _ zxid: Int64 = 1) -> CachedZNode {
        var stat = Stat()
        stat.mzxid = ZXID(rawValue: zxid)
        return CachedZNode(data: Array(text.utf8), stat: stat)
    }

    @Test func aCachedTreeTellsWhatBecameDifferent() {
        var tree = CachedTree()
        #expect(
            tree.replace(with: ["/a": znode("1"), "/a/b": znode("2"), "/a/b/c": znode("3"), "/a/bc": znode("4")])
                == [
                    .added("/a", znode("1")), .added("/a/b", znode("2")), .added("/a/b/c", znode("3")),
                    .added("/a/bc", znode("4")),
                ])
        #expect(tree.children(of: "/a") == ["b", "bc"])
        #expect(tree.children(of: "/a/b") == ["c"])
        #expect(tree.children(of: "/") == ["a"])
        #expect(tree.update("/a/b", znode("2")) == [])
        #expect(tree.update("/a/b", znode("5", 2)) == [.changed("/a/b", from: znode("2"), to: znode("5", 2))])
        // With all that is below, from below; a name that begins alike is another one.
        #expect(tree.update("/a/b", nil) == [.removed("/a/b/c", znode("3")), .removed("/a/b", znode("5", 2))])
        #expect(tree.update("/a/b", nil) == [])
        #expect(tree.znodes.keys.sorted() == ["/a", "/a/bc"])
        #expect(
            tree.replace(with: ["/a": znode("1"), "/a/d": znode("6")])
                == [.removed("/a/bc", znode("4")), .added("/a/d", znode("6"))])
    }

    // MARK: Time limits

    @Test func aTimeLimitCancelsAndOnlyThat() async throws {
        let value = try await within(.seconds(60)) { 7 }
        #expect(value == 7)
        let unlimited = try await within(nil) { 8 }
        #expect(unlimited == 8)
        let late: Int? = try await within(.milliseconds(1)) {
            try await Task.sleep(for: .seconds(600))
            return 9
        }
        #expect(late == nil)
        // Done all the same.
        let stubborn = try await within(.milliseconds(1)) {
            try? await Task.sleep(for: .seconds(600))
            return 10
        }
        #expect(stubborn == 10)
        struct Fault: Error {}
        await #expect(throws: Fault.self) { try await within(.seconds(60)) { throw Fault() } }
        let cancelled = Task { try await within(.seconds(600)) { try await Task.sleep(for: .seconds(600)) } }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
    }
}
