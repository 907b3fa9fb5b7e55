import Testing
import ZooKeeperProtocol

@testable import Planning

@Suite struct TimelineTests {
    @Test func stationsArePassedOnce() {
        var timeline = Timeline()
        var ensemble = PaperEnsemble(participants: 3, leader: 2)
        let served = ensemble
        for id in [1, 2, 3] as [ServerID] { ensemble.setState(id, .stopped) }
        #expect(timeline.observe(ensemble.sweep, at: 999) == [])

        ensemble.setState(1, .starting)
        #expect(
            timeline.observe(ensemble.sweep, at: 1001).map {
                "\($0.server) \($0.station) \($0.time.sinceBoot) \($0.detail)"
            } == [
                "1 spawned 941.0 seconds pid 4101"
            ])
        ensemble.setAnswer(1, .notServing)
        #expect(
            timeline.observe(ensemble.sweep, at: 1002).map { "\($0.server) \($0.station) \($0.time.sinceBoot)" } == [
                "1 bound 1002.0 seconds", "1 looking 1002.0 seconds",
            ])
        var behind = served
        behind.setZXID(1, 0x1_0000_0002)
        _ = timeline.observe(behind.sweep, at: 1003)
        #expect(timeline.elapsed(1, .elected) == .seconds(62))
        #expect(timeline.elapsed(1, .synced) == nil)
        #expect(timeline.elapsed(2, .synced) == .seconds(62))
        #expect(
            timeline.observe(served.sweep, at: 1004).map { "\($0.server) \($0.station) \($0.detail)" } == [
                "1 synced 0x100000005"
            ])
        #expect(timeline.observe(served.sweep, at: 1005) == [])
        #expect(timeline.wrote(3, at: 1006).map(\.station) == [.firstWrite])
        #expect(timeline.servers == [1, 2, 3])
    }
}
