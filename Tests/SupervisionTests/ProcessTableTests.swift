import Glibc
import Testing

@testable import Supervision

@Suite struct ProcessTableTests {
    @Test func nameMayHoldAnything() {
        let line =
            "812 (a) R (b) S 1 812 811 0 -1 4194560 118 0 0 0 1 2 0 0 20 0 1 0 987654321 2703360 231 18446744073709551615 "
            + "1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 15\n"
        let stat = ProcessTable.parse(stat: Array(line.utf8))
        #expect(stat?.state == UInt8(ascii: "S"))
        #expect(stat?.session == 811)
        #expect(stat?.startTicks == 987_654_321)
        #expect(stat?.exitStatus == 15)
    }

    @Test(arguments: ["", "812", "812 (sh", "812 (sh) S 1 2", "812 (sh) S 1 2 x"])
    func brokenLineIsNoProcess(_ line: String) {
        #expect(ProcessTable.parse(stat: Array(line.utf8)) == nil)
    }

    @Test func identityIsOfOneProcess() throws {
        let own = try #require(ProcessTable.identity(of: getpid()))
        #expect(ProcessTable.isAlive(own))
        #expect(ProcessTable.uptime(of: own) < .seconds(86_400))
        var other = own
        other.startTicks += 1
        #expect(!ProcessTable.isAlive(other))
        other = own
        other.bootID = "another boot"
        #expect(!ProcessTable.isAlive(other))
        #expect(ProcessHandle(other, isChild: false) == nil)
    }

    @Test func zombieIsNotAlive() async throws {
        let pid = try Spawn.detached(
            executable: "/bin/true", arguments: [], environment: [], workingDirectory: "/", log: "/dev/null",
            closingOthers: true)
        try await eventually("it has ended") { ProcessTable.stat(pid)?.state == UInt8(ascii: "Z") }
        #expect(ProcessTable.identity(of: pid) == nil)
        waitpid(pid, nil, 0)
    }

    @Test func spawnedProgramInheritsNothing() async throws {
        let open = Glibc.open("/dev/null", O_RDONLY)
        defer { close(open) }
        try await withTemporaryDirectory { directory in
            let log = directory + "/log"
            let pid = try Spawn.detached(
                executable: "/bin/sh",
                arguments: ["-c", "echo fds: $(ls /proc/$$/fd); grep SigIgn /proc/$$/status; pwd; env; ps -o sid= $$"],
                environment: ["A=b"], workingDirectory: "/usr", log: log, closingOthers: true)
            waitpid(pid, nil, 0)
            let lines = try text(log).split(separator: "\n").map(String.init)
            // The last of them is that of the shell's own pipe to ls.
            #expect(lines.first?.hasPrefix("fds: 0 1 2") == true)
            #expect(lines.first?.contains(" \(open)") == false || open <= 3)
            // Bits 31 and 32 are glibc's own signals, which it always sets to be ignored.
            let ignored = lines.first { $0.hasPrefix("SigIgn:\t") }.flatMap { UInt64($0.dropFirst(8), radix: 16) }
            #expect(ignored.map { $0 & ~(3 << 31) } == 0)
            #expect(lines.contains("/usr"))
            #expect(lines.contains("A=b"))
            #expect(lines.allSatisfy { !$0.hasPrefix("HOME=") })
            #expect(lines.last?.filter(\.isNumber) == "\(pid)")
        }
    }

    @Test func whatCannotBeRunIsAnErrorWithItsPath() async throws {
        try await withTemporaryDirectory { directory in
            func attempt(_ executable: String, in work: String, log: String) -> String? {
                do {
                    let pid = try Spawn.detached(
                        executable: executable, arguments: [], environment: [], workingDirectory: work, log: log,
                        closingOthers: true)
                    waitpid(pid, nil, 0)
                    return nil
                } catch { return error.description }
            }
            let log = directory + "/log"
            #expect(attempt("/no/java", in: "/", log: log) == "cannot run /no/java: No such file or directory")
            #expect(attempt("/etc/passwd", in: "/", log: log) == "cannot run /etc/passwd: Permission denied")
            #expect(attempt("/bin/true", in: "/no", log: log) == "cannot enter /no: No such file or directory")
            #expect(attempt("/bin/true", in: "/", log: "/no/log") == "cannot open /no/log: No such file or directory")
        }
    }
}
