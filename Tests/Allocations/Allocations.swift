import AllocationCounter
import Glibc

/// Counts what a request costs in allocations, or in instructions, on all servers together, and holds the numbers to a file.
///
///     allocations Tests/Allocations/thresholds.txt
///     allocations --instructions Tests/Allocations/instructions.txt
///
/// For a release build: a debug build allocates where the optimiser would not.
@main struct Allocations {
    private static let rounds = 10_000

    static func main() {
        let words = CommandLine.arguments.dropFirst()
        switch (words.first, words.dropFirst().first) {
        case ("--instructions", let file?):
            hold(Instructions.count(), to: file, "instructions", slack: Instructions.slack, mayBeLess: true)
        case (Instructions.counted, nil): Instructions.runCounted()
        case (let file?, nil):
            let costs = measured().map { (name: $0.name, cost: allocations(of: $0)) }
            // Exact on purpose: one allocation more is a fault, and so is one less, which the file must then say. The slack is smaller
            // than any allocation that a request makes each time, larger than what growing tables come to.
            hold(costs, to: file, "allocations", slack: { _ in 0.05 }, mayBeLess: false)
        default: fail("usage: allocations [--instructions] THRESHOLDS")
        }
    }

    /// What is counted; the next is made when the one before is done.
    static func measured() -> [Measured] {
        var all: [Measured] = []
        for (place, servers, server) in [("alone", 1, 0), ("leader", 3, 2), ("follower", 3, 0)] {
            for request in Request.all {
                all.append(
                    Measured(name: "\(place) \(request.name)") {
                        let ensemble = Ensemble(servers)
                        let client = ensemble.connect(to: server)
                        var request = request
                        return { ensemble.ask(&request, client) }
                    })
            }
        }
        return all
    }

    /// After a round in which everything that is kept grows to its size.
    private static func allocations(of measured: Measured) -> Double {
        let ask = measured.prepare()
        for _ in 0..<rounds { ask() }
        let before = allocation_count()
        for _ in 0..<rounds { ask() }
        return Double(allocation_count() - before) / Double(rounds)
    }

    /// - Parameters:
    ///   - slack: how far a number may be from the one in the file
    ///   - mayBeLess: whether less than that is only said
    private static func hold(
        _ costs: [(name: String, cost: Double)], to file: String, _ unit: String, slack: (Double) -> Double,
        mayBeLess: Bool
    ) {
        let thresholds = read(file)
        var faults = 0
        for (name, cost) in costs {
            var verdict = ""
            var isFault = true
            if let expected = thresholds[name] {
                if cost > expected + slack(expected) {
                    verdict = "more than the \(expected) in \(file)"
                } else if cost < expected - slack(expected) {
                    verdict = "less than the \(expected) in \(file): write the new number there"
                    isFault = !mayBeLess
                }
            } else {
                verdict = "not in \(file)"
            }
            print("\(name): \((cost * 100).rounded() / 100) \(unit) a request", verdict, separator: "  ")
            if !verdict.isEmpty, isFault { faults += 1 }
        }
        for name in thresholds.keys.sorted() where !costs.contains(where: { $0.name == name }) {
            print("\(name): \(file) has a number for it, and nobody measures it")
            faults += 1
        }
        exit(faults == 0 ? 0 : 1)
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

    static func readLine(from stream: UnsafeMutablePointer<FILE>) -> String? {
        var line = [CChar](repeating: 0, count: 1024)
        guard fgets(&line, Int32(line.count), stream) != nil else { return nil }
        return String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A kind of request in a place.
struct Measured {
    let name: String
    /// Makes all that the request needs and returns what asks once.
    let prepare: () -> () -> Void
}

func fail(_ text: String) -> Never {
    print("allocations: \(text)")
    exit(1)
}
