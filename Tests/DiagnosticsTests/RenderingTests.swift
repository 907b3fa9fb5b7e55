import Diagnostics
import Testing

@Suite struct RenderingTests {
    private func rendered(_ source: String, _ line: Int, _ column: Int, _ message: String = "wrong") -> [String] {
        Diagnostic(.error, rule: .value, file: "f", at: SourceLocation(line: line, column: column), message)
            .rendered(source: source).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// A control character does nothing to the terminal, nor does one that turns the text round.
    @Test func controls() {
        let lines = rendered("a\u{1B}[31mb\u{7F}\u{202E}c\tx\n", 1, 10, "bad '\u{1B}[2J\u{0}'\r\n  mend: rm -rf /")
        #expect(
            lines == [
                "f:1:10: error: bad '\u{241B}[2J\u{2400}'\u{240D}\u{240A}  mend: rm -rf / [value]",
                "    a\u{241B}[31mb\u{2421}\u{FFFD}c\tx",
                "             ^",
            ])
        let named = Diagnostic(.error, rule: .value, file: "a\nb", "wrong", mend: "write \u{7}").rendered()
        #expect(named == "a\u{240A}b: error: wrong [value]\n  mend: write \u{2407}")
    }

    /// Lines end as the readers of the files have it.
    @Test func lineEnds() {
        for source in ["one\ntwo\nthree", "one\r\ntwo\r\nthree", "one\rtwo\rthree"] {
            #expect(rendered(source, 2, 3) == ["f:2:3: error: wrong [value]", "    two", "      ^"])
            #expect(rendered(source, 3, 1) == ["f:3:1: error: wrong [value]", "    three", "    ^"])
            #expect(rendered(source, 4, 1) == ["f:4:1: error: wrong [value]"])
        }
    }

    /// Of a line without end the part around the caret is shown.
    @Test func longLines() {
        let lines = rendered(
            String(repeating: "a", count: 100_000) + "b" + String(repeating: "c", count: 100_000), 1, 100_001)
        #expect(
            lines[1] == "    …" + String(repeating: "a", count: 120) + "b" + String(repeating: "c", count: 119) + "…")
        #expect(lines[2] == "    " + String(repeating: " ", count: 121) + "^")
        #expect(rendered("short", 1, 99)[2] == "    " + String(repeating: " ", count: 5) + "^")
    }

    /// A character that joins the one before it takes no column.
    @Test func combining() {
        #expect(rendered("e\u{301}x=1", 1, 3)[2] == "     ^")
    }
}
