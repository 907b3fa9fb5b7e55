import Testing

@testable import ZooKeeperClient

struct ChangeBufferTests {
    /// `a`, `b`…: events of these paths; `!`: read again; `.`: one is taken.
    @Test(arguments: [
        ("!ab...", "!ab"),
        // What comes before the watch is in place is not for this watcher.
        ("ab!c..", "!c"),
        // A reconnection makes what waits needless.
        ("!ab!..", "!-"), ("!.ab!c..", "!!c"),
        // Four do not fit.
        ("!.abcd.", "!!"), ("!abcd..", "!d"), ("!.abcde..", "!!e"), ("!!!..", "!-"),
    ])
    func aSlowReaderIsToldToReadAgain(told: String, taken: String) {
        var buffer = ChangeBuffer(limit: 3)
        var seen = ""
        for character in told {
            switch character {
            case "!": buffer.append(.readAgain)
            case ".":
                switch buffer.popFirst() {
                case .event(let event): seen += event.path
                case .readAgain: seen += "!"
                case nil: seen += "-"
                }
            default: buffer.append(.event(WatchEvent(type: .nodeCreated, path: String(character))))
            }
        }
        #expect(seen == taken)
    }

    @Test func aWatchThatFiresOnceNeedsNoWordBefore() {
        var buffer = ChangeBuffer(limit: 1, isOpen: true)
        buffer.append(.event(WatchEvent(type: .nodeCreated, path: "/a")))
        #expect(buffer.first == .event(WatchEvent(type: .nodeCreated, path: "/a")))
    }
}
