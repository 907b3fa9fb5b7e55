import Diagnostics
import Glibc
import TestSupport
import Testing

@testable import Topology

@Suite struct HostileTopologyTests {
    private static let start = """
        ensemble: demo
        engine: {apache: {home: /opt/zk, heap: 256m}}
        hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
        ports: {client: 2181, quorum: 2888, election: 3888, admin: 8080, offset: 1}
        serverLines: modern
        settings: {tickTime: 2000, initLimit: 10, 4lw.commands.whitelist: "srvr, mntr"}
        servers:
          - {id: 1, host: a, group: 1, weight: 2}
          - {id: 2, host: b, group: 2, settings: {dataLogDir: /fast/2}}
          - {id: 3, host: c, group: 3, ports: {client: 2191}}
          - {id: 4, host: c, role: observer, engine: apache}

        """
    private static let words = [
        "participants", "observers: 3", "id: 1", "-1", "99999999999999999999", "9223372036854775807", "auto", "~", "[]",
        "{}", ": ", "- ", "\n", "  ", "'", "\"", "&x ", "*x", "!!int ", "<<: ", "0.0.0.0", "::1", "localhost", "\u{0}",
        "ü", "🦓", "\r\n", "\t", "#", "|", ">", "%", "@", "tickTime", "settings:", "e\u{301}",
    ]

    @Test func theUnchangedTopologyIsFine() {
        #expect(Topology.load(text: Self.start).diagnostics == [])
    }

    /// Seeded: pieces are cut, doubled, swapped for nasty words. Whatever comes out, each problem has a place and a mend,
    /// and they come in the order of the file.
    @Test(arguments: 1...40)
    func anythingIsAnswered(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 1...50 {
            var text = Array(Self.start.unicodeScalars)
            for _ in 1...Int.random(in: 1...6, using: &random) {
                let from = Int.random(in: 0..<text.count, using: &random)
                let to = min(text.count, from + Int.random(in: 0...12, using: &random))
                switch Int.random(in: 0...3, using: &random) {
                case 0: text.removeSubrange(from..<to)
                case 1: text.insert(contentsOf: text[from..<to], at: Int.random(in: 0...text.count, using: &random))
                case 2: text.replaceSubrange(from..<to, with: Self.words.randomElement(using: &random)!.unicodeScalars)
                default: text.insert(contentsOf: Self.words.randomElement(using: &random)!.unicodeScalars, at: from)
                }
                if text.isEmpty { text = ["a"] }
            }
            let string = String(String.UnicodeScalarView(text))
            let (topology, problems) = Topology.load(text: string, file: "t.yaml")
            #expect((topology == nil) == problems.hasErrors)
            for problem in problems {
                #expect(problem.location != nil && problem.mend != nil, "\(problem)")
                #expect(!problem.rendered(source: string).isEmpty)
            }
            let places = problems.compactMap(\.location)
            #expect(places == places.sorted())
        }
    }

    @Test(arguments: [
        (
            "servers:\n" + (1...1000).map { "  - {id: \($0)}\n" }.joined(), 2,
            "'servers' has 1000 entries, more than the 255 allowed"
        ),
        (
            "participants: 1\nhosts:\n" + (1...1000).map { "  h\($0): 10.0.\($0 / 256).\($0 % 256)\n" }.joined(), 4,
            "'hosts' has 1000 entries, more than the 255 allowed"
        ),
        (
            "participants: 1\nsettings:\n" + (1...1000).map { "  authProvider.\($0): x\n" }.joined(), 4,
            "'settings' has 1000 entries, more than the 500 allowed"
        ),
    ])
    func tooMany(_ text: String, line: Int, message: String) throws {
        let (topology, problems) = Topology.load(text: "ensemble: demo\n" + text)
        #expect(topology == nil)
        let problem = try #require(problems.first { $0.rule == .tooMany })
        #expect(problem.message == message)
        #expect(problem.location?.line == line)
    }

    /// In a process of its own, where the memory that is needed at most can be measured.
    @Test func floodsStayWithinMemory() async {
        await #expect(processExitsWith: .success) {
            for piece in [
                "- {id: 1}\n", "- 1\n", "- {}\n", "- {id: 1, ports: {client: 2181}}\n", "- {id: 1, foo: 1}\n",
            ] {
                let text =
                    "ensemble: demo\nservers:\n" + String(repeating: piece, count: (1 << 20) / piece.utf8.count - 10)
                _ = Topology.load(text: text)
            }
            let keys = (0..<60_000).map { "  k\($0): 1\n" }.joined()
            for start in ["settings", "hosts", "ports", "engine"] {
                _ = Topology.load(text: "ensemble: demo\nparticipants: 255\n\(start):\n" + keys)
            }
            var usage = rusage()
            getrusage(__rusage_who_t(0), &usage)
            guard usage.ru_maxrss < 512 << 10 else { fatalError("\(usage.ru_maxrss) KiB") }
        }
    }
}
