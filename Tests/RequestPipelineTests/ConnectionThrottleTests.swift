import Testing

@testable import RequestPipeline

@Suite struct ConnectionThrottleTests {
    private func throttle(tokens: Int, fillTime: Int = 10, fillCount: Int = 1) -> ConnectionThrottle {
        var settings = ConnectionThrottle.Settings()
        settings.tokens = tokens
        settings.fillTime = fillTime
        settings.fillCount = fillCount
        return ConnectionThrottle(settings, now: 1000)
    }

    @Test func withoutTokensEverybodyIsAdmitted() {
        var throttle = throttle(tokens: 0)
        let admitted = (0..<10_000).map { _ in throttle.admits({ $0.globalWeight }, now: 1000) }
        #expect(!admitted.contains(false))
    }

    @Test func whoComesToAnEmptyBucketIsNotAdmitted() {
        var throttle = throttle(tokens: 2, fillCount: 1)
        let admitted = [1000, 1000, 1009, 1010, 1011, 1035, 1035, 1035].map {
            throttle.admits({ $0.globalWeight }, now: $0)
        }
        #expect(admitted == [true, true, false, true, false, true, true, false])
    }

    @Test func theBucketNeverHoldsMoreThanItsSize() {
        var throttle = throttle(tokens: 3, fillCount: .max)
        for _ in 0..<3 { _ = throttle.admits({ $0.globalWeight }, now: 1000) }
        let admitted = (0..<4).map { _ in throttle.admits({ $0.globalWeight }, now: 1_000_000) }
        #expect(admitted == [true, true, true, false])
    }

    @Test func sessionsWeighWhatTheirKindDoes() {
        var settings = ConnectionThrottle.Settings()
        (settings.tokens, settings.fillTime) = (6, 1000)
        (settings.globalWeight, settings.localWeight, settings.renewWeight) = (3, 1, 2)
        var throttle = ConnectionThrottle(settings, now: 0)
        let kinds: [(ConnectionThrottle.Settings) -> Int] = [
            { $0.globalWeight }, { $0.renewWeight }, { $0.renewWeight }, { $0.localWeight },
        ]
        let admitted = kinds.map { throttle.admits($0, now: 1) }
        #expect(admitted == [true, true, false, true])
    }
}
