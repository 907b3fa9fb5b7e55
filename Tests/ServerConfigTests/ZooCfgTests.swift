import Diagnostics
import ServerConfig
import TestSupport
import Testing

/// The document: no byte is lost, and it reads as Java's `Properties.load` does.
struct ZooCfgTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var text: String
        var entries: [String]
        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(name: "three separators", text: "a=1\nb:2\nc 3\n", entries: ["a|1", "b|2", "c|3"]),
        Case(name: "blanks around", text: "  a  =  1 2  \n\tb\t:\t2\n", entries: ["a|1 2", "b|2"]),
        Case(name: "comments and blank lines", text: "# a=1\n\n  ! b=2\n   \nc=3", entries: ["c|3"]),
        Case(name: "no comment after a value", text: "a=1 # one\n", entries: ["a|1 # one"]),
        Case(name: "line ends", text: "a=1\r\nb=2\rc=3\n", entries: ["a|1", "b|2", "c|3"]),
        Case(name: "continued lines", text: "a=1,\\\n    2,\\\r\n\t3\nb=4\n", entries: ["a|1,2,3", "b|4"]),
        Case(name: "a comment is not continued", text: "# a\\\nb=1\n", entries: ["b|1"]),
        Case(name: "a comment sign in a continued line", text: "a=1\\\n#2\n", entries: ["a|1#2"]),
        Case(name: "an even number of backslashes", text: "a=1\\\\\nb=2\n", entries: ["a|1\\", "b|2"]),
        Case(name: "a continuation at the end", text: "a=1\\", entries: ["a|1"]),
        Case(name: "escapes", text: "a\\=b\\:c\\ d=\\u0041\\t\\\\\\q\n", entries: ["a=b:c d|A\t\\q"]),
        Case(name: "two escapes, one character", text: "a=\\ud83d\\ude00\n", entries: ["a|😀"]),
        Case(name: "a key alone", text: "a\nb=\n", entries: ["a|", "b|"]),
        Case(name: "a value with separators", text: "server.1:h:1:2;h:3\n", entries: ["server.1|h:1:2;h:3"]),
        Case(name: "duplicates", text: "a=1\nb=2\na=3\n", entries: ["a|1", "b|2", "a|3"]),
        Case(name: "nothing", text: "", entries: []),
    ])
    func readsAsJavaDoesAndPrintsItsBytes(_ value: Case) {
        let document = ZooCfg(text: value.text)
        #expect(document.entries.map { "\($0.key)|\($0.value)" } == value.entries)
        #expect(document.text.unicodeScalars.elementsEqual(value.text.unicodeScalars))
        #expect(ZooCfg(bytes: Array(value.text.utf8)).bytes == Array(value.text.utf8))
    }

    @Test func bytesThatAreNotUTF8AreLatin1AndStay() {
        let bytes: [UInt8] = Array("a=caf".utf8) + [0xE9, 0x0D, 0x0A]
        let document = ZooCfg(bytes: bytes)
        #expect(document.isLatin1)
        #expect(document["a"] == "café")
        #expect(document.bytes == bytes)
        #expect(WrittenExample.difference(of: .notUTF8, from: document.check(file: "zoo.cfg")) == nil)
    }

    /// Any bytes, also those that are no configuration at all.
    @Test(arguments: 1...200) func everyDocumentPrintsItsBytes(seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
        let alphabet = Array("ab=: \t\\#!\n\ru0041.1;|é".utf8)
        let bytes = (0..<120).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return alphabet[Int(state >> 33) % alphabet.count]
        }
        let document = ZooCfg(bytes: bytes)
        #expect(document.bytes == bytes)
        _ = document.check(file: "zoo.cfg")
    }

    @Test func theLastDuplicateCounts() {
        let document = ZooCfg(text: "a=1\nb=2\na=3\n")
        #expect(document["a"] == "3")
        #expect(document.effectiveEntries.map(\.key) == ["b", "a"])
    }

    @Test func placesGoThroughEscapesAndContinuedLines() throws {
        let entry = try #require(ZooCfg(text: "x=1\n  server.1 = h:\\u0031\\\n    :22\n").entry("server.1"))
        #expect(entry.keyLocation == SourceLocation(line: 2, column: 3))
        #expect(entry.location == SourceLocation(line: 2, column: 14))
        let text = entry.placedValue
        #expect(text.text == "h:1:22")
        let places = text.text.indices.map { text.location(at: $0) }
        #expect(places[2] == SourceLocation(line: 2, column: 16))
        #expect(places[3] == SourceLocation(line: 3, column: 5))
        #expect(text.location(at: text.text.endIndex) == SourceLocation(line: 3, column: 8))
    }

    @Test func aChangeTouchesItsOwnLineOnly() {
        var document = ZooCfg(text: "# mine\r\ntickTime : 2000\r\n\r\ninitLimit=10")
        document["tickTime"] = "1000"
        document["syncLimit"] = "5"
        #expect(document.text == "# mine\r\ntickTime=1000\r\n\r\ninitLimit=10\r\nsyncLimit=5\r\n")
        document["initLimit"] = nil
        #expect(document.text == "# mine\r\ntickTime=1000\r\n\r\nsyncLimit=5\r\n")
        #expect(document.entry("syncLimit")?.location == SourceLocation(line: 4, column: 11))
    }

    @Test(arguments: [" lead", "trail ", "a\\b", "#x", "a=b:c", "tab\tnl\n", "ö😀", "\\u0041", ""])
    func whatIsPrintedReadsBack(value: String) {
        let entry = ZooCfg(text: ZooCfg.printed("key \(value)", value)).entries.first
        #expect(entry?.placedValue.text == value)
    }
}
