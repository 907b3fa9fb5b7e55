import TestSupport
import Testing
import ZooKeeperClient

@testable import ServiceDiscovery

func entry(_ node: String, address: String? = nil, registered: Int64 = 0, enabled: Bool = true) -> ServiceEntry {
    ServiceEntry(
        node: node,
        instance: ServiceInstance(
            name: "web", id: node, address: address ?? "host-\(node)", port: 80, isEnabled: enabled),
        registered: ZXID(rawValue: registered))
}

@Suite struct ChoosingTests {
    private let entries = ["a", "b", "c"].map { entry($0) }

    private func choices(_ strategy: SelectionStrategy, _ count: Int) -> [String] {
        var chooser = Chooser(strategy)
        var generator = SeededGenerator(seed: 7)
        return (0..<count).map { _ in chooser.choose(from: entries, using: &generator)!.node }
    }

    @Test func roundRobinGoesRoundRandomDoesNotStickyStays() {
        #expect(choices(.roundRobin, 7) == ["a", "b", "c", "a", "b", "c", "a"])
        let random = choices(.random, 3000)
        for node in ["a", "b", "c"] { #expect((900...1100).contains(random.count { $0 == node })) }
        #expect(Set(choices(.sticky, 100)).count == 1)
    }

    @Test func stickyMovesOnlyWhenItsInstanceIsGone() {
        var chooser = Chooser(.sticky)
        var generator = SeededGenerator(seed: 1)
        let first = chooser.choose(from: entries, using: &generator)!
        let others = entries.filter { $0.node != first.node }
        let second = chooser.choose(from: others, using: &generator)!
        #expect(second.node != first.node)
        #expect(chooser.choose(from: entries, using: &generator) == second)
    }

    @Test func leastUsedEvensOutWhatIsUnderWay() {
        var chooser = Chooser(.leastUsed)
        var generator = SeededGenerator(seed: 1)
        func choose() -> String { chooser.choose(from: entries, using: &generator)!.node }
        for _ in 0..<9 { chooser.beginUse(of: choose()) }
        #expect(chooser.uses == ["a": 3, "b": 3, "c": 3])
        chooser.endUse(of: "b")
        #expect(choose() == "b")
        for _ in 0..<2 { chooser.endUse(of: "b") }
        #expect(chooser.uses["b"] == nil)
        #expect(Chooser(.leastUsed).uses.isEmpty)
    }

    @Test(arguments: SelectionStrategy.allCases) func ofNothingNothingIsChosen(strategy: SelectionStrategy) {
        var chooser = Chooser(strategy)
        var generator = SeededGenerator(seed: 1)
        #expect(chooser.choose(from: [], using: &generator) == nil)
    }

    @Test func anInstanceIsDownAfterFailuresAndComesBack() {
        var marks = DownMarks(DownPolicy(threshold: 2, window: .seconds(30)))
        let start = ContinuousClock.now
        marks.noteFailure(of: "a", now: start)
        #expect(!marks.isDown("a", now: start))
        marks.noteFailure(of: "a", now: start + .seconds(1))
        #expect(marks.isDown("a", now: start + .seconds(29)))
        #expect(marks.nextRecovery(after: start + .seconds(1)) == start + .seconds(30))
        #expect(!marks.isDown("a", now: start + .seconds(30)))
        #expect(!marks.isDown("b", now: start))
        // Two failures that are far from each other are no sign.
        marks.noteFailure(of: "b", now: start)
        marks.noteFailure(of: "b", now: start + .seconds(31))
        #expect(!marks.isDown("b", now: start + .seconds(31)))
        marks.noteFailure(of: "b", now: start + .seconds(32))
        #expect(marks.isDown("b", now: start + .seconds(32)))
        marks.noteSuccess(of: "b")
        #expect(!marks.isDown("b", now: start + .seconds(32)))
    }

    @Test func disabledOnesAndWhatARestartedProviderLeftBehindAreNotChosen() {
        let all = [
            entry("1", address: "x", registered: 5), entry("2", address: "x", registered: 9),
            entry("3", address: "y", registered: 2), entry("4", address: "z", enabled: false),
            ServiceEntry(node: "5", instance: ServiceInstance(name: "web", id: "5", address: nil, port: 80)),
        ]
        #expect(all.choosable.map(\.node) == ["2", "3"])
        // The newest says that it is disabled.
        let drained = [
            entry("1", address: "x", registered: 5), entry("2", address: "x", registered: 9, enabled: false),
        ]
        #expect(drained.choosable.isEmpty)
    }
}
