import Testing
import ZooKeeperClient

@testable import ServiceDiscovery

@Suite struct CachedServiceTests {
    private func read(_ node: String, port: Int = 80, registered: Int64 = 1) -> CachedService.Read {
        let instance = ServiceInstance(name: "web", id: node, address: "host-\(node)", port: port)
        return CachedService.Read(
            node: node, data: .success(CuratorLayout.json(instance).utf8), session: SessionID(rawValue: 1),
            registered: ZXID(rawValue: registered))
    }

    private func cached(_ nodes: String..., directory: Int64 = 1) -> CachedService {
        var cached = CachedService(layout: .curator(), service: "web")
        _ = cached.replace(with: nodes.map { read($0) }, rules: [], directory: ZXID(rawValue: directory))
        return cached
    }

    private func names(_ cached: CachedService) -> [String] { cached.known.map(\.node) }

    @Test func instancesComeChangeAndGoInTheOrderOfTheirNames() {
        var cached = cached("c", "a")
        #expect(names(cached) == ["a", "c"])
        #expect(cached.update(read("b")) == [])
        #expect(names(cached) == ["a", "b", "c"])
        _ = cached.update(read("b", port: 81))
        #expect(cached.known[1].instance.port == 81)
        let version = cached.version
        cached.remove("a")
        cached.remove("nobody")
        #expect(names(cached) == ["b", "c"])
        #expect(cached.version > version)
    }

    @Test func whatCannotBeReadIsSaidOnceAndAnInstanceThatBecomesSoIsGone() {
        var cached = cached("a")
        let bad = CachedService.Read(node: "a", data: .success([]), session: nil, registered: .zero)
        let notice = RegistryNotice.unreadable(UnreadableInstance(path: "/services/web/a", reason: "it has no data"))
        #expect(cached.update(bad) == [notice])
        #expect(names(cached) == [])
        #expect(cached.update(bad) == [])
        #expect(cached.replace(with: [bad], rules: [], directory: ZXID(rawValue: 1)).notices == [])
        var worse = bad
        worse.data = .success(Array("[]".utf8))
        #expect(cached.update(worse).count == 1)
        #expect(cached.update(read("a")) == [])
        #expect(names(cached) == ["a"])
        #expect(cached.update(bad) == [notice])
        // One that may not be read is another such.
        var secret = bad
        secret.data = .failure(Unreadable("it cannot be read: NoAuth"))
        #expect(cached.update(secret).count == 1)
        #expect(cached.replace(with: [secret, read("b")], rules: [], directory: ZXID(rawValue: 1)).notices == [])
        #expect(names(cached) == ["b"])
    }

    @Test func oneThatWentWhileNobodyLookedIsGoneIfOthersAreThere() {
        var cached = cached("a", "b")
        #expect(cached.replace(with: [read("b")], rules: [], directory: ZXID(rawValue: 1)).lost == 0)
        #expect(names(cached) == ["b"])
    }

    @Test(arguments: [nil, ZXID(rawValue: 1), ZXID(rawValue: 9)])
    func aRegistryThatCameBackEmptyHasLostThem(directory: ZXID?) {
        var cached = cached("a", "b")
        #expect(cached.replace(with: [], rules: [], directory: directory).lost == 2)
        #expect(names(cached) == ["a", "b"])
        // The first to come back does not make the others go.
        _ = cached.update(read("a"))
        #expect(names(cached) == ["a", "b"])
        #expect(Set(cached.lost.keys) == ["b"])
        #expect(cached.endGrace() == 1)
        #expect(names(cached) == ["a"])
    }

    @Test func aRegistryThatCameBackAsAnotherOneHasLostWhatItDoesNotHave() {
        var cached = cached("a", "b", directory: 1)
        #expect(cached.replace(with: [read("a")], rules: [], directory: ZXID(rawValue: 9)).lost == 1)
        #expect(names(cached) == ["a", "b"])
        // Registered again under another name, for the same endpoint.
        var again = read("b")
        again.node = "b2"
        _ = cached.update(again)
        #expect(cached.lost.isEmpty)
        #expect(names(cached) == ["a", "b2"])
    }

    @Test func theCopyOnDiskGivesWayToWhatIsRead() throws {
        var cached = CachedService(layout: .curator(), service: "web")
        cached.load([entry("b"), entry("a")])
        #expect(names(cached) == ["a", "b"])
        #expect(cached.replace(with: [read("c")], rules: [], directory: ZXID(rawValue: 1)).lost == 0)
        cached.load([entry("z")])
        #expect(names(cached) == ["c"])
    }

    @Test func aRuleDisablesWhatItNamesAndOnlyAsLongAsItIsThere() {
        var cached = CachedService(layout: .dubbo(), service: "web")
        let instance = ServiceInstance(name: "web", id: "x", address: "10.0.0.7", port: 80)
        let node = String(try! RegistryLayout.dubbo().node(for: instance).path.split(separator: "/").last!)
        let read = CachedService.Read(node: node, data: .success([]), session: nil, registered: .zero)
        let rule = DubboLayout.rule(disabling: instance)
        _ = cached.replace(with: [read], rules: [rule], directory: ZXID(rawValue: 1))
        #expect(cached.known.map(\.instance.isEnabled) == [false])
        cached.setRule(rule, exists: false)
        #expect(cached.known.map(\.instance.isEnabled) == [true])
        cached.setRule(rule, exists: true)
        #expect(cached.known.map(\.instance.isEnabled) == [false])
    }

    @Test func aCopyIsReadAsItWasWrittenAndACorruptOneIsRefused() throws {
        let entries = [entry("a"), entry("b", enabled: false)]
        let text = ServiceCopy.text(entries, layout: .curator(), service: "web", written: 17)
        let copy = try ServiceCopy.parse(text, service: "web")
        #expect(copy.entries == entries)
        #expect(copy.written == 17)
        #expect(throws: (any Error).self) { try ServiceCopy.parse(Array(text.dropLast()), service: "web") }
        #expect(throws: (any Error).self) { try ServiceCopy.parse(Array(#"{"version":2}"#.utf8), service: "web") }
    }

    @Test func aCopyOfItsOwnForEachService() {
        let paths = [("a", "/x y"), ("x y a", "/")].map {
            ServiceCopy(directory: "/d", layout: .curator(base: $0.1), service: $0.0).path
        }
        #expect(Set(paths).count == 2)
    }
}
