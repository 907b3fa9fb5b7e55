import Testing

@testable import Planning

@Suite struct CanaryRecordTests {
    @Test func gapsAndWrites() {
        var record = CanaryRecord(start: 10)
        record.acknowledged(version: 1, at: 10.5)
        record.acknowledged(version: 2, at: 10.6)
        // A write without an answer took effect as well.
        record.acknowledged(version: 4, at: 13)
        record.finished(version: 4, at: 13.1)
        #expect(record.writes == 3)
        #expect(record.lost == 0)
        #expect(record.longestGap == .milliseconds(2400))
    }

    @Test func aGapThatNoWriteEndsCounts() {
        var record = CanaryRecord(start: 0)
        record.acknowledged(version: 1, at: 1)
        record.finished(version: 1, at: 31)
        #expect(record.longestGap == .seconds(30))
    }

    @Test func versionsThatGoBackAreLostWrites() {
        var record = CanaryRecord(start: 0)
        for version in 1...5 as ClosedRange<Int32> { record.acknowledged(version: version, at: 1) }
        // 4 and 5 are gone: the next write makes version 4 anew.
        record.acknowledged(version: 4, at: 2)
        #expect(record.lost == 2)
        record.finished(version: 3, at: 3)
        #expect(record.lost == 3)
    }

    @Test func aZnodeThatIsGoneHasLostEverything() {
        var record = CanaryRecord(start: 0)
        record.acknowledged(version: 1, at: 1)
        record.acknowledged(version: 2, at: 2)
        record.finished(version: nil, at: 3)
        #expect(record.lost == 2)
    }
}
