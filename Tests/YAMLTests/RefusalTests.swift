import Diagnostics
import TestSupport
import Testing

@testable import YAML

@Suite struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var expected: String

        init(_ name: String, _ text: String, says expected: String) {
            testDescription = name
            self.text = text
            self.expected = expected
        }
    }

    private func refusal(_ bytes: some Collection<UInt8>, limits: YAML.Limits = YAML.Limits()) -> YAMLError? {
        do throws(YAMLError) {
            _ = try YAML.parse(bytes: bytes, file: "f.yaml", limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: Case.all)
    func says(_ example: Case) {
        let problems = refusal(example.text.utf8)?.diagnostics ?? []
        #expect(problems.map { $0.rendered(source: example.text) }.joined(separator: "\n") == example.expected)
        let places = problems.compactMap(\.location)
        #expect(places.count == problems.count && places == places.sorted())
    }

    @Test(
        arguments: [
            (
                [0xEF, 0xBB, 0xBF, 0x61],
                "f.yaml:1:1: error: the file starts with a byte order mark [yaml-encoding]\n  mend: save it as UTF-8 without a byte order mark (BOM)"
            ),
            (
                [0xFF, 0xFE, 0x61, 0],
                "f.yaml:1:1: error: the file starts with a byte order mark [yaml-encoding]\n  mend: save it as UTF-8 without a byte order mark (BOM)"
            ),
            (
                Array("a: 1\nb: ü".utf8) + [0xFC],
                "f.yaml:2:5: error: byte 0xFC at offset 10 is not UTF-8 [yaml-encoding]\n  mend: save the file as UTF-8"
            ),
            (
                Array("a: ".utf8) + [0xC0, 0x80],
                "f.yaml:1:4: error: byte 0xC0 at offset 3 is not UTF-8 [yaml-encoding]\n  mend: save the file as UTF-8"
            ),
            (
                Array("a: ".utf8) + [0xED, 0xA0, 0x80],
                "f.yaml:1:4: error: byte 0xED at offset 3 is not UTF-8 [yaml-encoding]\n  mend: save the file as UTF-8"
            ),
            (
                Array("a: ".utf8) + [0xE2, 0x82],
                "f.yaml:1:4: error: byte 0xE2 at offset 3 is not UTF-8 [yaml-encoding]\n  mend: save the file as UTF-8"
            ),
            (
                Array("a: \u{0}".utf8),
                "f.yaml:1:4: error: the character U+00 is not allowed here [yaml-encoding]\n  mend: remove it, or write it as an escape in double quotes"
            ),
            (
                Array("a: 1\rb: 2".utf8),
                "f.yaml:1:5: error: the character U+0D is not allowed here [yaml-encoding]\n  mend: remove it, or write it as an escape in double quotes"
            ),
            (
                Array("a: x\u{2028}y".utf8),
                "f.yaml:1:5: error: the character U+2028 is not allowed here [yaml-encoding]\n  mend: remove it, or write it as an escape in double quotes"
            ),
        ] as [([UInt8], String)])
    func bytesThatAreNoText(_ bytes: [UInt8], says expected: String) {
        #expect(refusal(bytes)?.description == expected)
    }

    @Test func windowsLineEndsAreFine() throws {
        let root = try YAML.parse(text: "a: 1\r\nb:\r\n  c: 2\r\n")
        #expect(root.mapping?["b"]?.mapping?["c"]?.location == SourceLocation(line: 3, column: 6))
    }

    @Test func emptyTextIsEmpty() {
        #expect(
            refusal([])?.description
                == "f.yaml:1:1: error: the file is empty [yaml-empty]\n  mend: write at least one key")
    }

    @Test func tooLargeForUs() {
        let refused = refusal(Array(repeating: UInt8(ascii: " "), count: 10 << 20))
        #expect(WrittenExample.difference(of: .yamlTooLarge, from: refused?.diagnostics ?? []) == nil)
        #expect(
            refused?.description
                == "f.yaml: error: the file has 10485760 bytes, more than the 1048576 allowed [yaml-too-large]\n  mend: check that it is the file you meant"
        )
    }

    @Test func tooDeep() {
        var limits = YAML.Limits()
        limits.depth = 3
        #expect(refusal("[[[1]]]".utf8, limits: limits) == nil)
        #expect(
            refusal("[[[[1]]]]".utf8, limits: limits)?.description
                == "f.yaml:1:4: error: more than 3 levels of nesting [yaml-too-deep]\n  mend: nest lists and mappings less deeply"
        )
        // What an alias brings along counts too.
        #expect(refusal("a: &x [1]\nb: [*x]".utf8, limits: limits) == nil)
        #expect(
            refusal("a: &x [1]\nb: [[*x]]".utf8, limits: limits)?.description
                == "f.yaml:2:6: error: more than 3 levels of nesting [yaml-too-deep]\n  mend: nest lists and mappings less deeply"
        )
    }

    @Test func aliasesAreCountedAsWhatTheyStandFor() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        #expect(
            refusal(text.utf8)?.description
                == "f.yaml:7:10: error: the document grows beyond 16777216 bytes when its aliases are expanded [yaml-too-large]\n  mend: use fewer aliases"
        )
    }
}
