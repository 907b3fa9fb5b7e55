import Testing
import ZooKeeperClient

@testable import ZooKeeperRecipes

struct ContenderTests {
    struct Name: CustomTestStringConvertible, Sendable {
        var name: String
        var role: Contender.Role?
        var sequence: Int32 = 0
        var testDescription: String { name }

        init(_ name: String, _ role: Contender.Role?, _ sequence: Int32 = 0) {
            (self.name, self.role, self.sequence) = (name, role, sequence)
        }
    }

    @Test(arguments: [
        Name("_c_3b9b5bd0-2d5a-4a4e-9c1d-2a9f1f6c0f11-lock-0000000007", .exclusive, 7),
        Name("_c_3b9b5bd0-2d5a-4a4e-9c1d-2a9f1f6c0f11-latch-0000000008", .exclusive, 8),
        Name("_c_3b9b5bd0-2d5a-4a4e-9c1d-2a9f1f6c0f11-__WRIT__0000000009", .exclusive, 9),
        Name("_c_3b9b5bd0-2d5a-4a4e-9c1d-2a9f1f6c0f11-__READ__0000000010", .shared, 10),
        Name("3b9b5bd02d5a4a4e9c1d2a9f1f6c0f11__lock__0000000011", .exclusive, 11),
        Name("3b9b5bd02d5a4a4e9c1d2a9f1f6c0f11__rlock__0000000012", .shared, 12),
        // Without Curator's protection.
        Name("lock-0000000013", .exclusive, 13),
        Name("lock-2147483647", .exclusive, .max),
        // The number has gone around: %010d writes ten characters or more.
        Name("lock--2147483648", .exclusive, .min),
        Name("lock--000000001", .exclusive, -1),
        Name("x__lock__-2147483648", .exclusive, .min),
        Name("x__rlock__-000000002", .shared, -2),
        // No contenders.
        Name("lock-", nil), Name("lock-7", nil), Name("lock-000000007", nil), Name("lock-00000000007", nil),
        Name("lock-9999999999", nil), Name("0000000007", nil), Name("a-0000000007", nil), Name("", nil),
        Name("lease-0000000001", nil), Name("lock-000000001x", nil), Name("ready", nil), Name("lock--9999999999", nil),
    ])
    func aNameSaysRoleAndNumber(_ name: Name) {
        let contender = Contender(name.name)
        #expect(contender?.role == name.role)
        if name.role != nil { #expect(contender?.sequence == name.sequence) }
    }

    struct Place: CustomTestStringConvertible, Sendable {
        var own: String
        var children: [String]
        var place: ContenderPlace
        var testDescription: String { "\(own) among \(children)" }

        init(_ own: String, _ children: [String], _ place: ContenderPlace) {
            (self.own, self.children, self.place) = (own, children, place)
        }
    }

    @Test(arguments: [
        Place("lock-0000000001", ["lock-0000000001"], .holds),
        Place("lock-0000000001", [], .missing),
        Place("lock-0000000001", ["lock-0000000002"], .missing),
        Place("lock-0000000001", ["lock-0000000001", "lock-0000000002"], .holds),
        // The one just before, whatever order the server tells, and whoever's it is.
        Place(
            "b-lock-0000000003", ["b-lock-0000000003", "z-lock-0000000001", "a__lock__0000000002"],
            .waits(behind: "a__lock__0000000002")),
        Place(
            "a__lock__0000000003", ["a__lock__0000000003", "_c_x-lock-0000000002", "z__lock__0000000001"],
            .waits(behind: "_c_x-lock-0000000002")),
        // The beginning of a name means nothing.
        Place("z-lock-0000000001", ["a-lock-0000000002", "z-lock-0000000001"], .holds),
        // Others' children are not in the queue.
        Place("lock-0000000005", ["lock-0000000005", "0000000001", "notes"], .holds),
        // Readers share.
        Place("__READ__0000000002", ["__READ__0000000001", "__READ__0000000002"], .holds),
        Place(
            "__READ__0000000004",
            ["__READ__0000000004", "__READ__0000000003", "__WRIT__0000000002", "__WRIT__0000000001"],
            .waits(behind: "__WRIT__0000000002")),
        Place(
            "__WRIT__0000000004", ["__WRIT__0000000004", "x__rlock__0000000003", "__WRIT__0000000002"],
            .waits(behind: "x__rlock__0000000003")),
        Place("__READ__0000000001", ["__READ__0000000001", "__WRIT__0000000002"], .holds),
        // Behind the greatest number comes the smallest.
        Place(
            "lock--2147483648", ["lock--2147483648", "lock-2147483647"], .waits(behind: "lock-2147483647")),
        Place("lock-2147483647", ["lock--2147483648", "lock-2147483647"], .holds),
    ])
    func aContenderFindsItsPlace(_ place: Place) {
        #expect(ContenderPlace(of: place.own, among: place.children) == place.place)
    }

    /// In every queue exactly those hold that may: one writer, or the readers before the first writer.
    @Test func ofAnyQueueThoseHoldWhoExcludeEachOtherNowhere() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let names = (0..<Int.random(in: 1...7)).map { number in
                let marker = ["lock-", "__lock__", "__READ__", "__rlock__", "latch-", "__WRIT__"]
                    .randomElement(using: &generator)!
                return RandomID.random().hex + marker + "000000000\(number)"
            }.shuffled()
            let holders = names.filter { ContenderPlace(of: $0, among: names) == .holds }.compactMap(Contender.init)
            #expect(!holders.isEmpty)
            #expect(holders.count == 1 || holders.allSatisfy { $0.role == .shared })
            let queue = Contender.queue(names)
            #expect(Set(queue.filter(\.holds).map(\.contender)) == Set(holders))
            #expect(queue.map(\.contender.sequence) == queue.map(\.contender.sequence).sorted())
        }
    }

    @Test func namesAreCuratorsAndKazoos() throws {
        let id = RandomID.random()
        #expect(id.hex.count == 32)
        #expect(id.dashed.count == 36)
        #expect(id.dashed.split(separator: "-").joined() == id.hex)
        // Version 4, and a variant that Java and Python know.
        #expect(Array(id.hex)[12] == "4")
        #expect("89ab".contains(Array(id.hex)[16]))
        #expect(ContenderKind.lock.prefix(.curator, id) == "_c_\(id.dashed)-lock-")
        #expect(ContenderKind.latch.prefix(.curator, id) == "_c_\(id.dashed)-latch-")
        #expect(ContenderKind.readLock.prefix(.curator, id) == "_c_\(id.dashed)-__READ__")
        #expect(ContenderKind.writeLock.prefix(.curator, id) == "_c_\(id.dashed)-__WRIT__")
        #expect(ContenderKind.lock.prefix(.kazoo, id) == "\(id.hex)__lock__")
        #expect(ContenderKind.readLock.prefix(.kazoo, id) == "\(id.hex)__rlock__")
        for kind in [ContenderKind.lock, .latch, .readLock, .writeLock] {
            for style in NameStyle.allCases {
                let contender = try #require(Contender(kind.prefix(style, id) + "0000000042"))
                #expect(contender.role == (kind == .readLock ? .shared : .exclusive))
            }
        }
    }

    @Test func pathsAreTakenApartAndPutTogether() {
        #expect(ZNodeName.parent(of: "/a/b/c") == "/a/b")
        #expect(ZNodeName.parent(of: "/a") == "/")
        #expect(ZNodeName.name(of: "/a/b") == "b")
        #expect(ZNodeName.path("/", "a") == "/a")
        #expect(ZNodeName.path("/a", "b") == "/a/b")
        #expect(ZNodeName.prefixes(of: "/a/b/c") == ["/a", "/a/b", "/a/b/c"])
        #expect(ZNodeName.prefixes(of: "/") == [])
    }
}
