import Testing

@testable import Supervision

/// The line of a log that says why a server ended.
@Suite struct LastWordsTests {
    @Test(
        arguments: [
            ("zkserver: myid is missing\n", "zkserver: myid is missing"),
            (
                "a.cfg:3:1: error: tickTime=x is not a whole number [bad-value]\n    tickTime=x\n    ^\n",
                "a.cfg:3:1: error: tickTime=x is not a whole number [bad-value]"
            ),
            (
                "2026-11-24 05:00:00,123 [myid:3] - ERROR [main:QuorumPeerMain@99] - Invalid config - a.cfg\n"
                    + "java.lang.IllegalStateException: no\n\tat a.b(c.java:1)\n"
                    + "2026-11-24 05:00:00,124 [myid:3] - INFO  [main:ZKAuditProvider@42] - audit is off\n",
                "Invalid config - a.cfg"
            ),
            ("2026-11-24 05:00:00.123 INFO  stopping: SIGTERM\n", "stopping: SIGTERM"),
            ("a\u{1B}[31mred\u{7}\n", "a [31mred "),
        ])
    func theLineThatSaysWhy(_ log: String, _ line: String) { #expect(LastWords.line(in: log) == line) }

    @Test func aLogWithoutLinesSaysNothing() {
        #expect(LastWords.line(in: "") == nil)
        #expect(LastWords.line(in: "    indented\n") == nil)
    }
}
