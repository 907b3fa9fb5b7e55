import AllocationCounter
import Glibc

/// Counts what a request costs in allocations, on all servers together, and holds the numbers to a file.
///
///     allocations Tests/Allocations/thresholds.txt
///
/// For a release build: a debug build allocates where the optimiser would not. Exact on purpose: one allocation more is a fault, and so
/// is one less, which the file must then say. Fractions are what happens now and then, such as a table that grows.
@main struct Allocations {
    private static let rounds = 10_000
    /// Smaller than any allocation that a request makes each time, larger than what growing tables come to.
    private static let tolerance = 0.05

    static func main() {
        guard let file = CommandLine.arguments.dropFirst().first else { fail("usage: allocations THRESHOLDS") }
        let thresholds = read(file)
        var (faults, names) = (0, Set<String>())
        for (place, servers, server) in [("alone", 1, 0), ("leader", 3, 2), ("follower", 3, 0)] {
            let ensemble = Ensemble(servers)
            let client = ensemble.connect(to: server)
            for request in Request.all {
                let name = "\(place) \(request.name)"
                let measured = measure(request, of: client, in: ensemble)
                let expected = thresholds[name]
                let verdict =
                    switch expected {
                    case nil: "not in \(file)"
                    case let expected? where measured > expected + tolerance: "more than the \(expected) in \(file)"
                    case let expected? where measured < expected - tolerance:
                        "less than the \(expected) in \(file): write the new number there"
                    default: ""
                    }
                print("\(name): \((measured * 100).rounded() / 100) allocations a request", verdict, separator: "  ")
                if !verdict.isEmpty { faults += 1 }
                names.insert(name)
            }
        }
        for name in thresholds.keys.sorted() where !names.contains(name) {
            print("\(name): \(file) has a number for it, and nobody measures it")
            faults += 1
        }
        exit(faults == 0 ? 0 : 1)
    }

    /// After a round in which everything that is kept grows to its size.
    private static func measure(_ request: Request, of client: Client, in ensemble: Ensemble) -> Double {
        var request = request
        for _ in 0..<rounds { ensemble.ask(&request, client) }
        let before = allocation_count()
        for _ in 0..<rounds { ensemble.ask(&request, client) }
        return Double(allocation_count() - before) / Double(rounds)
    }

    /// Lines of a name, which may have blanks, and a number; # begins a comment.
    private static func read(_ file: String) -> [String: Double] {
        guard let stream = fopen(file, "r") else { fail("cannot read \(file)") }
        defer { fclose(stream) }
        var thresholds: [String: Double] = [:]
        while let line = readLine(from: stream) {
            let words = line.prefix { $0 != "#" }.split(separator: " ")
            guard let last = words.last else { continue }
            guard let number = Double(last), words.count > 1 else { fail("\(file): no number at the end of: \(line)") }
            thresholds[words.dropLast().joined(separator: " ")] = number
        }
        return thresholds
    }

    private static func readLine(from stream: UnsafeMutablePointer<FILE>) -> String? {
        var line = [CChar](repeating: 0, count: 1024)
        guard fgets(&line, Int32(line.count), stream) != nil else { return nil }
        return String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

func fail(_ text: String) -> Never {
    print("allocations: \(text)")
    exit(1)
}
