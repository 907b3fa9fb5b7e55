import TestSupport
import Testing
import ZooKeeperProtocol

@testable import DataTree

@Suite struct SessionTrackerTests {
    private let a = SessionID(rawValue: 1)
    private let b = SessionID(rawValue: 2)

    /// Rounded up to the next tick: never early, at most one tick late.
    @Test(
        arguments: [(0, 4000, 6000), (1, 4000, 6000), (1999, 4000, 6000), (2000, 4000, 8000), (100, 3000, 4000)]
            as [(Int64, Int32, Int64)])
    func expiresAtTheTickAfterItsTimeout(now: Int64, timeout: Int32, expiry: Int64) {
        var tracker = SessionTracker(tickTime: 2000, now: now)
        tracker.track(a, timeout: timeout, now: now)
        #expect(tracker.expiries.map(\.time) == [expiry])
        #expect(tracker.expire(now: expiry - 1) == [])
        #expect(tracker.expire(now: expiry) == [a])
        #expect(tracker.expire(now: expiry + 100_000) == [], "once")
        #expect(tracker.check(a, owner: .local) == .sessionExpired)
        #expect(tracker.touch(a, now: expiry) == false)
        #expect(tracker.count == 1, "closing, until closeSession is applied")
        tracker.remove(a)
        #expect(tracker.count == 0)
    }

    @Test func aTouchPutsItOff() {
        var tracker = SessionTracker(tickTime: 1000, now: 0)
        tracker.track(a, timeout: 3000, now: 0)
        tracker.track(b, timeout: 3000, now: 0)
        #expect(tracker.touch(a, now: 2500) == true)
        #expect(tracker.expire(now: 4000) == [b])
        #expect(tracker.expire(now: 5999) == [])
        #expect(tracker.expire(now: 6000) == [a])
        #expect(tracker.touch(SessionID(rawValue: 9), now: 0) == false)
    }

    @Test func renegotiatedTimeout() {
        var tracker = SessionTracker(tickTime: 1000, now: 0)
        tracker.track(a, timeout: 30_000, now: 0)
        #expect(tracker.touch(a, timeout: 4000, now: 500) == true)
        #expect(tracker.timeout(of: a) == 4000)
        #expect(tracker.expiries.map(\.time) == [5000])
    }

    @Test func owners() {
        var tracker = SessionTracker(tickTime: 1000, now: 0)
        let learner = SessionOwner(rawValue: 3)
        #expect(tracker.check(a, owner: learner) == .sessionExpired)
        tracker.track(a, timeout: 30_000, now: 0)
        #expect(tracker.check(a, owner: learner) == .ok, "the first to come owns it")
        #expect(tracker.check(a, owner: .local) == .sessionMoved)
        tracker.setOwner(.local, of: a)
        #expect(tracker.check(a, owner: .local) == .ok)
        #expect(tracker.check(a, owner: learner) == .sessionMoved)
        tracker.markClosing(a)
        #expect(tracker.check(a, owner: .local) == .sessionExpired)
        #expect(tracker.expire(now: 1 << 40) == [], "a closing session does not expire again")
    }

    @Test func aJumpOfTheClockCostsNoStepForEachTick() {
        var tracker = SessionTracker(tickTime: 1, now: 0)
        for id in 1...5 { tracker.track(SessionID(rawValue: Int64(id)), timeout: Int32(id * 10), now: 0) }
        #expect(tracker.expire(now: 1 << 50).map(\.rawValue) == [1, 2, 3, 4, 5])
        tracker.track(SessionID(rawValue: 6), timeout: 10, now: 1 << 50)
        #expect(tracker.expiries.map(\.time) == [(1 << 50) + 11])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func agreesWithASortedList(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tracker = SessionTracker(tickTime: 100, now: 0)
        var expiry: [Int64: Int64] = [:]
        var timeouts: [Int64: Int32] = [:]
        var now: Int64 = 0
        for step in 0..<5000 {
            now += Int64(random.next() % 30)
            let due = expiry.filter { $0.value <= now }
            let expired = tracker.expire(now: now).map(\.rawValue)
            #expect(Set(expired) == Set(due.keys))
            #expect(expired.map { due[$0]! } == due.values.sorted(), "by time")
            for id in expired {
                expiry[id] = nil
                tracker.remove(SessionID(rawValue: id))
            }
            let id = Int64(1 + random.next() % 200)
            if expiry[id] == nil {
                timeouts[id] = Int32(50 + random.next() % 3000)
                tracker.track(SessionID(rawValue: id), timeout: timeouts[id]!, now: now)
            } else if step % 7 == 0 {
                tracker.remove(SessionID(rawValue: id))
                expiry[id] = nil
                continue
            } else {
                #expect(tracker.touch(SessionID(rawValue: id), now: now) == true)
            }
            expiry[id] = ((now + Int64(timeouts[id]!)) / 100 + 1) * 100
        }
        #expect(tracker.count == expiry.count)
    }
}
