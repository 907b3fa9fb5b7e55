import Testing

@testable import ZooKeeperRecipes

struct HoldLeaseTests {
    private let start = ContinuousClock.now
    private func at(_ seconds: Double) -> ContinuousClock.Instant {
        start.advanced(by: .milliseconds(Int((seconds * 1000).rounded())))
    }

    @Test func aLeaseCountsFromTheRoundTripBeforeTheLast() {
        var lease = HoldLease(timeout: .seconds(12), provenBy: start)
        // The client may have been silent for a third of the timeout before.
        #expect(lease.end == at(10.8 - 4))
        #expect(lease.nextBeat == at(3))
        lease.proven(by: at(3))
        #expect(lease.end == at(10.8))
        #expect(lease.nextBeat == at(6))
        lease.proven(by: at(6))
        #expect(lease.end == at(13.8))
        // Long without an answer, and then one: it proves only that all was well when the one before was sent.
        lease.proven(by: at(13))
        #expect(lease.end == at(16.8))
    }

    @Test func anAnswerToAnOlderRoundTripChangesNothing() {
        var lease = HoldLease(timeout: .seconds(12), provenBy: at(5))
        lease.proven(by: at(4))
        #expect(lease.end == at(5 + 10.8 - 4))
        #expect(lease.nextBeat == at(8))
    }

    /// A leader that hears of the session through a follower, which reports every second whom it has heard, until it is cut off.
    @Test func noLeaseOutlivesTheSessionAtTheLeader() {
        let timeout = 12.0
        for cut in stride(from: 0.0, through: 20.0, by: 0.1) {
            for phase in stride(from: 0.0, to: 1.0, by: 0.25) {
                var lease = HoldLease(timeout: .seconds(timeout), provenBy: start)
                let roundTrips = Array(stride(from: 0.0, through: cut, by: timeout / 4))
                for sent in roundTrips { lease.proven(by: at(sent)) }
                // The client's ping before the first one, and all that reached the follower since.
                let reports = ([-timeout / 3] + roundTrips).map { ($0 - phase).rounded(.up) + phase }
                let lastReport = reports.filter { $0 <= cut }.max()!
                #expect(lease.end < at(lastReport + timeout), "cut at \(cut), reports at .\(phase)")
            }
        }
    }
}
