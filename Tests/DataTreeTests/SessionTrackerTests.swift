import TestSupport
import Testing
import ZooKeeperProtocol

@testable import DataTree

@Suite struct SessionTrackerTests {
    private let a = SessionID(rawValue: 1)
    private let b = SessionID(rawValue: 2)

    /// Rounded up to the next step: never early, at most one step late.
    @Test(
        arguments: [(0, 4000, 4020), (1, 4000, 4020), (19, 4000, 4020), (20, 4000, 4040), (100, 3005, 3120)]
            as [(Int64, Int32, Int64)])
    func expiresAtTheStepAfterItsTimeout(now: Int64, timeout: Int32, expiry: Int64) {
        var tracker = SessionTracker()
        #expect(tracker.nextLook == .max)
        tracker.track(a, timeout: timeout, now: now)
        #expect(times(tracker) == [expiry])
        #expect(tracker.nextLook == expiry)
        #expect(tracker.expire(now: expiry - 1).over == [])
        #expect(tracker.expire(now: expiry) == SessionTracker.Due(over: [a]))
        #expect(tracker.nextLook == .max)
        #expect(tracker.expire(now: expiry + 100_000).over == [], "once")
        #expect(tracker.check(a, owner: .local) == .sessionExpired)
        #expect(tracker.touch(a, timeout: timeout, now: expiry) == false)
        tracker.heard(a, at: expiry)
        #expect(tracker.nextLook == .max)
        #expect(tracker.count == 1, "closing, until closeSession is applied")
        tracker.remove(a)
        #expect(tracker.count == 0)
    }

    /// It is looked at when its end was to be, and then moved.
    @Test func aSignOfLifePutsItOff() {
        var tracker = SessionTracker()
        for id in [a, b] { tracker.track(id, timeout: 3000, now: 0) }
        tracker.heard(a, at: 2500)
        tracker.heard(a, at: 2000)
        tracker.heard(SessionID(rawValue: 9), at: 2500)
        #expect(tracker.nextLook == 3020)
        #expect(tracker.expire(now: 3020) == SessionTracker.Due(over: [b]))
        #expect(tracker.nextLook == 5520)
        #expect(tracker.expire(now: 5519).over == [])
        // Only whoever has the connection knows of the last word.
        #expect(tracker.expire(now: 5520) { $0 == a ? 5100 : nil }.over == [])
        #expect(tracker.nextLook == 8120)
        tracker.putOff(a, until: 8100)
        tracker.putOff(a, until: 9000)
        #expect(tracker.expire(now: 8120).over == [])
        #expect(tracker.expire(now: 9020).over == [a])
    }

    @Test func renegotiatedTimeout() {
        var tracker = SessionTracker()
        tracker.track(a, timeout: 30_000, now: 0)
        #expect(tracker.touch(a, timeout: 4000, now: 500) == true)
        #expect(tracker.timeout(of: a) == 4000)
        #expect(times(tracker) == [4520])
        #expect(tracker.nextLook == 4520)
        #expect(tracker.touch(a, timeout: 10_000, now: 600) == true)
        #expect(times(tracker) == [10_620])
        #expect(tracker.touch(SessionID(rawValue: 9), timeout: 4000, now: 0) == false)
    }

    /// What learners may have heard is over only when they have been asked.
    @Test func learnersAreAskedFirst() {
        var tracker = SessionTracker()
        for id in [a, b] { tracker.track(id, timeout: 3000, now: 0) }
        tracker.setOwner(SessionOwner(rawValue: 3), of: a)
        tracker.setOwner(.local, of: b)
        let due = tracker.expire(now: 3020, askingLearners: true)
        #expect(due == SessionTracker.Due(over: [b], learnersMustBeAsked: true))
        #expect(tracker.nextLook == 3040)
        tracker.putOff(a, until: 3100)
        #expect(tracker.expire(now: 3040, askingLearners: true) == SessionTracker.Due())
        #expect(tracker.expire(now: 3120, askingLearners: true) == SessionTracker.Due(learnersMustBeAsked: true))
        #expect(tracker.expire(now: 3139, askingLearners: true) == SessionTracker.Due())
        #expect(tracker.expire(now: 3140, askingLearners: true) == SessionTracker.Due(over: [a]))
    }

    @Test func owners() {
        var tracker = SessionTracker()
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
        #expect(tracker.expire(now: 1 << 40).over == [], "a closing session does not expire again")
    }

    @Test func aJumpOfTheClockCostsNoStepForEachStep() {
        var tracker = SessionTracker()
        for id in 1...5 { tracker.track(SessionID(rawValue: Int64(id)), timeout: Int32(id * 100), now: 0) }
        #expect(tracker.expire(now: 1 << 50).over.map(\.rawValue) == [1, 2, 3, 4, 5])
        tracker.track(SessionID(rawValue: 6), timeout: 20, now: 1 << 50)
        #expect(times(tracker) == [((1 << 50) / 20 + 2) * 20])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func agreesWithASortedList(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tracker = SessionTracker()
        var expiry: [Int64: Int64] = [:]
        var timeouts: [Int64: Int32] = [:]
        var lastTouch: [Int64: Int64] = [:]
        var now: Int64 = 0
        for step in 0..<5000 {
            now += Int64(random.next() % 30)
            let due = expiry.filter { $0.value <= now }
            let expired = tracker.expire(now: now) { lastTouch[$0.rawValue] }.over.map(\.rawValue)
            #expect(Set(expired) == Set(due.keys))
            for id in expired {
                (expiry[id], lastTouch[id]) = (nil, nil)
                tracker.remove(SessionID(rawValue: id))
            }
            let id = Int64(1 + random.next() % 200)
            if expiry[id] == nil {
                timeouts[id] = Int32(50 + random.next() % 3000)
                tracker.track(SessionID(rawValue: id), timeout: timeouts[id]!, now: now)
            } else if step % 7 == 0 {
                tracker.remove(SessionID(rawValue: id))
                (expiry[id], lastTouch[id]) = (nil, nil)
                continue
            } else {
                switch random.next() % 3 {
                case 0: lastTouch[id] = now
                case 1: tracker.heard(SessionID(rawValue: id), at: now)
                default:
                    timeouts[id] = Int32(50 + random.next() % 3000)
                    lastTouch[id] = nil
                    #expect(tracker.touch(SessionID(rawValue: id), timeout: timeouts[id]!, now: now) == true)
                }
            }
            expiry[id] = ((now + Int64(timeouts[id]!)) / 20 + 1) * 20
        }
        #expect(tracker.count == expiry.count)
    }

    private func times(_ tracker: SessionTracker) -> [Int64] { tracker.expiries { _ in nil }.map(\.time) }
}
