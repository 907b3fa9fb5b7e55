import Testing
import ZooKeeperClient

@testable import ServiceDiscovery

@Suite struct CacheWorkTests {
    private func work(_ layout: RegistryLayout = .curator(), _ changes: ZNodeChange...) throws -> CacheWork {
        let service = try layout.service("web")
        var work = CacheWork.nothing
        for change in changes { work.add(change, layout: layout, service: service) }
        return work
    }

    private func change(_ type: EventType, _ path: String) -> ZNodeChange { .event(WatchEvent(type: type, path: path)) }

    @Test func theLastWordAboutEachZnodeCounts() throws {
        let work = try work(
            .curator(), change(.nodeCreated, "/services/web/a"), change(.nodeDeleted, "/services/web/b"),
            change(.nodeDeleted, "/services/web/a"), change(.nodeCreated, "/services/web/b"),
            change(.nodeCreated, "/services/web"), change(.nodeDataChanged, "/services/other/c"))
        #expect(work == .some(instances: ["a": false, "b": true], rules: [:]))
    }

    @Test func whatWasToldBeforeEverythingIsReadCountsNoMore() throws {
        // It may have registered again since, while nobody looked.
        let before = change(.nodeDeleted, "/services/web/a")
        #expect(try work(.curator(), before, .readAgain) == .all)
        // The read begins later than this.
        #expect(try work(.curator(), .readAgain, before) == .all)
        let rule = change(.nodeDeleted, "/dubbo/web/configurators/x")
        #expect(try work(.dubbo(), rule) == .some(instances: [:], rules: ["x": false]))
        #expect(try work(.dubbo(), rule, .readAgain) == .all)
    }
}
