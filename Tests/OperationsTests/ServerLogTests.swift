import Glibc
import Supervision
import Testing

@testable import Operations

@Suite struct ServerLogTests {
    @Test func timesAreRead() {
        #expect(ServerLog.time(of: "2026-11-24T03:54:05.123Z hello")?.milliseconds == 1_795_492_445_123)
        var local = tm()
        local.tm_year = 126
        local.tm_mon = 10
        local.tm_mday = 24
        local.tm_hour = 3
        local.tm_min = 54
        local.tm_sec = 5
        local.tm_isdst = -1
        let second = Int64(mktime(&local)) * 1000
        #expect(ServerLog.time(of: "2026-11-24 03:54:05,123 [myid:1] - INFO")?.milliseconds == second + 123)
        #expect(ServerLog.time(of: "2026-11-24 03:54:05 x")?.milliseconds == second)
    }

    @Test(arguments: ["", "\tat java.lang.Thread.run", "2026-11-24", "2026/11/24 03:54:05,123", "2o26-11-24 03:54:05"])
    func otherLinesHaveNone(_ line: String) { #expect(ServerLog.time(of: line) == nil) }

    @Test func aStackTraceStaysWithItsLine() {
        let lines = ServerLog.lines("first\n2026-11-24T00:00:01.000Z a\n\tat b\n", server: 2)
        #expect(lines.map(\.text) == ["first", "2026-11-24T00:00:01.000Z a", "\tat b"])
        #expect(lines.map { $0.time.map { $0.milliseconds / 1000 % 60 } } == [nil, 1, 1])
    }

    @Test func logsAreMergedByTime() {
        func log(_ server: Int64, _ entries: [(Double?, String)]) -> [LogLine] {
            entries.map { LogLine(server: .init(server), time: $0.0.map(Timestamp.init(seconds:)), text: $0.1) }
        }
        let merged = ServerLog.merge([
            log(1, [(nil, "a"), (2, "b"), (2, "c"), (9, "d")]),
            log(2, [(1, "e"), (2, "f"), (5, "g"), (3, "clock set back"), (6, "h")]),
        ])
        #expect(merged.map(\.text) == ["a", "e", "b", "c", "f", "g", "clock set back", "h", "d"])
    }

    @Test func aFileIsFollowedThroughCutsAndReplacement() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/server.log"
            func append(_ text: String, _ flags: Int32 = O_APPEND) {
                let descriptor = open(path, O_WRONLY | O_CREAT | flags, 0o644)
                _ = Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                close(descriptor)
            }
            var tail = FileTail(path, last: 100)
            #expect(tail.read() == "")
            append("one\ntw")
            #expect(tail.read() == "one\n")
            append("o\nthree\n")
            #expect(tail.read() == "two\nthree\n")
            append("cut\n", O_TRUNC)
            #expect(tail.read() == "cut\n")
            rename(path, path + ".1")
            append("a new file, longer than the old one\n")
            #expect(tail.read() == "a new file, longer than the old one\n")
            #expect(FileTail.lastLines(1, of: path) == ["a new file, longer than the old one"])
            #expect(FileTail.lastLines(3, of: "\(directory)/none") == [])
        }
    }
}
