import AllocationCounter
import Glibc

/// Instructions a request, counted by callgrind: the same on a busy machine and an idle one, so that a hot path which became a few
/// per cent slower is seen.
enum Instructions {
    /// The argument with which this program runs itself under callgrind.
    static let counted = "--counted"
    private static let rounds = 200

    /// Another C library or processor takes other ways through memcpy, another compiler other instructions.
    static func slack(_ expected: Double) -> Double { expected * 0.03 }

    // MARK: Under callgrind

    /// Besides what ``Allocations`` measures, the cores by themselves.
    private static func measured() -> [Measured] {
        let tree = Request.all.map { request in
            Measured(name: "tree \(request.name)") {
                let tree = BareTree()
                var request = request
                return {
                    request.next()
                    tree.ask(request)
                }
            }
        }
        let quorum = Measured(name: "quorum txn") {
            let quorums = BareQuorums()
            return { quorums.propose() }
        }
        return tree + [quorum] + Allocations.measured()
    }

    static func runCounted() {
        for measured in measured() {
            let ask = measured.prepare()
            for _ in 0..<rounds { ask() }
            counted_begins()
            for _ in 0..<rounds { ask() }
            counted_ends()
        }
    }

    // MARK: Outside

    static func count() -> [(name: String, cost: Double)] {
        #if !arch(x86_64)
            // Another processor has other instructions.
            print("instructions are counted on x86-64 only")
            exit(0)
        #else
            return counts()
        #endif
    }

    private static func counts() -> [(name: String, cost: Double)] {
        var pattern = Array("/tmp/instructions.XXXXXX".utf8CString)
        guard mkdtemp(&pattern) != nil else { fail("cannot make a directory in /tmp") }
        let directory = text(pattern)
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard realpath("/proc/self/exe", &path) != nil else { fail("/proc is not there") }
        // valgrind 3.19 gives up on DWARF 5, which it does not need.
        run("strip", of: "binutils", ["--strip-debug", "-o", "\(directory)/program", text(path)])
        run(
            "valgrind", of: "valgrind",
            [
                "--tool=callgrind", "--callgrind-out-file=\(directory)/out", "--dump-before=counted_begins",
                "--dump-before=counted_ends", "--log-file=\(directory)/log", "\(directory)/program", counted,
            ])
        // Each dump holds what was executed since the one before: those of counted_ends are ours.
        let names = measured().map(\.name)
        let costs = names.indices.map { index in
            (name: names[index], cost: total("\(directory)/out.\(2 * index + 2)") / Double(rounds))
        }
        for index in names.indices {
            unlink("\(directory)/out.\(2 * index + 1)")
            unlink("\(directory)/out.\(2 * index + 2)")
        }
        for name in ["out", "log", "program"] { unlink("\(directory)/\(name)") }
        rmdir(directory)
        return costs
    }

    private static func run(_ program: String, of package: String, _ words: [String]) {
        // Tables of Swift are laid out the same in each run.
        setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
        let arguments = ([program] + words).map { strdup($0) } + [nil]
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, program, nil, nil, arguments, environ)
        guard code == 0 else {
            fail("cannot run \(program): \(String(cString: strerror(code)))\n  mend: apt-get install \(package)")
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { fail("failed: \(program) \(words.joined(separator: " "))") }
    }

    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The line `totals: NUMBER` of what callgrind wrote.
    private static func total(_ file: String) -> Double {
        guard let stream = fopen(file, "r") else { fail("callgrind did not write \(file)") }
        defer { fclose(stream) }
        while let line = Allocations.readLine(from: stream) {
            if line.hasPrefix("totals: "), let number = Double(line.dropFirst(8)) { return number }
        }
        fail("no totals in \(file)")
    }
}
