import DurableFiles
import FoundationEssentials
import Testing

@testable import Supervision

@Suite struct EventLogTests {
    @Test func lineIsReadable() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/events.jsonl"
            var log = EventLog(path: path)
            let time = Timestamp(milliseconds: 1_795_492_706_789)
            _ = log.record(.exited, server: 2, cause: "exit code 1", pid: 77, time: time)
            _ = log.record(.supervisorStopped, server: nil, cause: "SIGTERM", pid: nil, time: time)
            let lines = try text(path)
            #expect(
                lines == """
                    {"cause":"exit code 1","pid":77,"sequence":1,"server":2,"time":"2026-11-24T03:58:26.789Z","what":"exited"}
                    {"cause":"SIGTERM","sequence":2,"time":"2026-11-24T03:58:26.789Z","what":"supervisor-stopped"}

                    """)
            #expect(log.events(since: 1).map(\.what) == [.supervisorStopped])
            #expect(log.events(since: 0).first?.time == time)
            #expect(log.events(since: .max).isEmpty)
        }
    }

    @Test func countingGoesOnAfterATornLine() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/events.jsonl"
            var log = EventLog(path: path)
            for _ in 0..<3 { _ = log.record(.spawned, server: 1, cause: "", pid: 1, time: .now()) }
            try DurableFile.write(try text(path).utf8 + Array(#"{"cause":"to"#.utf8), to: path)
            var next = EventLog(path: path)
            #expect(next.record(.exited, server: 1, cause: "", pid: nil, time: .now()).sequence == 4)
            #expect(next.events(since: 0).map(\.sequence) == [1, 2, 3, 4])
        }
    }

    @Test func sizeIsBounded() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/events.jsonl"
            var log = EventLog(path: path, limit: 2000)
            for _ in 0..<110 { _ = log.record(.spawned, server: 1, cause: "again", pid: 1, time: .now()) }
            #expect(Files.names(in: directory) == ["events.jsonl", "events.jsonl.1"])
            let older = try text(path + ".1")
            #expect(older.utf8.count < 2300)
            #expect(EventLog(path: path).events(since: 0).last?.sequence == 110)
            #expect(log.events(since: 109).map(\.sequence) == [110])
        }
    }

    /// Just after the younger file became the older one.
    @Test func countingGoesOnFromTheOlderFile() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/events.jsonl"
            var log = EventLog(path: path, limit: 10)
            _ = log.record(.spawned, server: 1, cause: "again", pid: 1, time: .now())
            #expect(Files.names(in: directory) == ["events.jsonl.1"])
            var next = EventLog(path: path)
            #expect(next.record(.exited, server: 1, cause: "", pid: nil, time: .now()).sequence == 2)
        }
    }
}
