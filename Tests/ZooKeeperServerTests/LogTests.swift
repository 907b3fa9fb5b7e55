import Testing

@testable import ZooKeeperServer

@Suite struct LogTests {
    /// What others send stays in its line and moves no terminal.
    @Test(arguments: [
        ("plain text, Grüße, 漢字, 🙂 and \\ too", "plain text, Grüße, 漢字, 🙂 and \\ too"),
        ("a\n2026-11-29 12:00:00.000 ERROR forged", "a\\n2026-11-29 12:00:00.000 ERROR forged"),
        ("carriage\r\nreturn\ttab", "carriage\\r\\nreturn\\ttab"),
        ("\u{1b}[2J\u{7}\u{0}\u{7f}", "\\u{1b}[2J\\u{7}\\u{0}\\u{7f}"),
        ("C1 \u{9b}31m, \u{85}", "C1 \\u{9b}31m, \\u{85}"),
        (
            "right to left \u{202e}txt, \u{2066}\u{2028}\u{feff}",
            "right to left \\u{202e}txt, \\u{2066}\\u{2028}\\u{feff}"
        ),
        ("", ""),
    ])
    func escapes(text: String, written: String) { #expect(LineLogHandler.escaped(text) == written) }

    /// A kind of warning is let through once a second, with how many were not.
    @Test func pace() {
        var pacer = RecurringLog.Pacer()
        let times: [(Int64, Int?)] = [
            (5, 0), (5, nil), (900, nil), (1004, nil), (1005, 3), (1006, nil), (9000, 1), (20_000, 0),
        ]
        for (time, omitted) in times { #expect(pacer.admit(now: time) == omitted, "at \(time)") }
    }
}
