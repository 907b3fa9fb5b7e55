import Glibc
import TestSupport
import Testing

@testable import YAML

@Suite struct HostileTests {
    /// A text of up to `bytes` bytes that repeats `piece`.
    private static func flood(_ piece: String, bytes: Int = 1 << 20) -> String {
        String(repeating: piece, count: bytes / piece.utf8.count)
    }

    private static func anything(_ text: String) -> Bool {
        do throws(YAMLError) {
            _ = try YAML.parse(text: text)
            return true
        } catch {
            return false
        }
    }

    /// Each in a process of its own: what it needs at most is measured there, and a crash would be seen.
    @Test func floodsStayWithinMemory() async {
        await #expect(processExitsWith: .success) {
            for piece in [
                "[", "{", "- ", "-\n", "? ", "a: ", "a: [", "[a, ", "&a ", "*a ", "!a ", "a\n", "'", "\"\\", "#", "\n",
                "a,",
                "{a: {", "|\n", "> ", "- a: \n", "% ", "--- ", "... ", "[]", "{}", "\"\" ", "🦓", "a: &a *a\n", ": ",
            ] {
                _ = HostileTests.anything(HostileTests.flood(piece))
            }
            _ = HostileTests.anything("[" + HostileTests.flood(",") + "]")
            _ = HostileTests.anything("[" + HostileTests.flood("a,") + "]")
            _ = HostileTests.anything(
                "a: &a '" + HostileTests.flood("x", bytes: 500_000) + "'\nb: ["
                    + HostileTests.flood("*a,", bytes: 500_000) + "]")
            var usage = rusage()
            getrusage(__rusage_who_t(0), &usage)
            guard usage.ru_maxrss < 512 << 10 else { fatalError("\(usage.ru_maxrss) KiB") }
        }
    }

    private static let start = """
        a: &x {b: 1, c: 'two', d: "three"}
        list:
          - *x
          - [1, 2, {e: ü}]
          - |
            literal
        # remark
        last: ~

        """
    private static let words = [
        ":", "-", "- ", ": ", "\n", " ", "  ", "'", "\"", "\\", "&x", "*x", "*y", "!!s ", "<<: *x", "[", "]", "{", "}",
        ",",
        "\t", "#", "|", ">", "%", "@", "`", "?", "---\n", "...\n", "ü", "🦓", "\r\n", "\u{85}", "\u{FEFF}", "\u{7}",
    ]

    /// Seeded: whatever is done to a text, the answer is a tree or problems with a place inside the text; and a tree is
    /// the same when it was written and read again.
    @Test(arguments: 1...40)
    func mutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 1...100 {
            var bytes = Array(Self.start.utf8)
            for _ in 1...Int.random(in: 1...5, using: &random) {
                let from = Int.random(in: 0..<bytes.count, using: &random)
                let to = min(bytes.count, from + Int.random(in: 0...9, using: &random))
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes.removeSubrange(from..<to)
                case 1: bytes.insert(contentsOf: Self.words.randomElement(using: &random)!.utf8, at: from)
                case 2: bytes.insert(contentsOf: bytes[from..<to], at: Int.random(in: 0...bytes.count, using: &random))
                default: bytes[from] = UInt8.random(in: 0...255, using: &random)
                }
                if bytes.isEmpty { bytes = [0x61] }
            }
            do throws(YAMLError) {
                let root = try YAML.parse(bytes: bytes)
                let again = try YAML.parse(text: YAML.write(root))
                #expect(again.withoutPlaces == root.withoutPlaces)
            } catch {
                let lines = bytes.count { $0 == 0x0A } + 1
                for problem in error.diagnostics {
                    let place = try #require(problem.location)
                    #expect((1...lines + 1).contains(place.line) && place.column >= 1 && problem.mend != nil)
                }
            }
        }
    }

    @Test(arguments: 1...20)
    func noiseIsAnswered(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 1...100 {
            let count = Int.random(in: 0...200, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let ascii = (0..<count).map { _ in UInt8.random(in: 0x20...0x7E, using: &random) }
            for text in [bytes, ascii] {
                do throws(YAMLError) {
                    _ = try YAML.parse(bytes: text)
                } catch {
                    #expect(!error.diagnostics.isEmpty)
                }
            }
        }
    }
}

extension YAMLNode {
    /// What the node says: text, order, and which plain scalars are null.
    var withoutPlaces: [String] {
        switch content {
        case .scalar(let scalar): [isNull ? "null" : "=" + scalar.text]
        case .sequence(let nodes): ["["] + nodes.flatMap(\.withoutPlaces) + ["]"]
        case .mapping(let mapping):
            ["{"] + mapping.entries.flatMap { ["." + $0.key.text] + $0.value.withoutPlaces } + ["}"]
        }
    }
}
