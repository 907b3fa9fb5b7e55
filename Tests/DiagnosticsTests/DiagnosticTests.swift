import Testing

@testable import Diagnostics

@Suite struct DiagnosticTests {
    @Test func rendersPlaceLineCaretAndMend() {
        let diagnostic = Diagnostic(
            .error, rule: .serverLine, file: "zoo.cfg", at: SourceLocation(line: 2, column: 13),
            "a '.' where ':' belongs", mend: "write server.2=IP2:2888:3888")
        #expect(
            diagnostic.rendered(source: "tickTime=2000\nserver.2=IP2.2888:3888\r\n") == """
                zoo.cfg:2:13: error: a '.' where ':' belongs [server-line]
                    server.2=IP2.2888:3888
                                ^
                  mend: write server.2=IP2:2888:3888
                """)
    }

    @Test func aTabBeforeThePlaceKeepsTheCaretAligned() {
        let diagnostic = Diagnostic(.warning, rule: .value, at: SourceLocation(line: 1, column: 3), "m")
        #expect(diagnostic.rendered(source: "\tab") == "<input>:1:3: warning: m [value]\n    \tab\n    \t ^")
    }

    @Test func aPlaceBeyondTheSourceIsStillReported() {
        let diagnostic = Diagnostic(.error, rule: .value, file: "f", at: SourceLocation(line: 9, column: 1), "m")
        #expect(diagnostic.rendered(source: "one line") == "f:9:1: error: m [value]")
    }

    @Test func aBrokenInvariantPrintsItsMessage() async {
        await #expect(processExitsWith: .failure) { invariant(1 > 2, "one is not above two") }
    }
}
