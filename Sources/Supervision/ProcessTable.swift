import CLinux
import DurableFiles
import Glibc
import Planning

/// A process for good: the pid alone may belong to another one tomorrow.
package struct ProcessIdentity: Codable, Hashable, Sendable {
    package var pid: Int32
    /// Clock ticks from the boot to its start (`/proc/PID/stat`, field 22).
    package var startTicks: UInt64
    /// Ticks count from a boot, and this says from which (`/proc/sys/kernel/random/boot_id`).
    package var bootID: String
}

/// Nil when it cannot be looked at.
private func fileStatus(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
}

/// What `/proc` says of processes.
package enum ProcessTable {
    struct Stat {
        /// `R`, `S`, `T` (stopped), `Z` (dead, not yet waited for), …
        var state: UInt8
        var session: Int32
        var startTicks: UInt64
        /// As of wait(2); of a dead process (`Z`).
        var exitStatus: Int32
    }

    static let bootID: String = {
        guard let bytes = try? DurableFile.read("/proc/sys/kernel/random/boot_id", limit: 256) else { return "" }
        return String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
    }()

    /// Nil when there is no such process.
    static func stat(_ pid: Int32) -> Stat? {
        guard let bytes = try? DurableFile.read("/proc/\(pid)/stat", limit: 4096) else { return nil }
        return parse(stat: bytes)
    }

    /// `PID (NAME) STATE PPID PGRP SESSION …`, where the name may hold blanks and brackets: fields count from the last one.
    static func parse(stat bytes: [UInt8]) -> Stat? {
        guard let bracket = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(bracket + 1)...].split { $0 == 0x20 || $0 == 0x0A }
        // The first of these is field 3 of proc(5).
        guard fields.count > 49, let state = fields[0].first,
            let session = Int32(String(decoding: fields[3], as: UTF8.self)),
            let start = UInt64(String(decoding: fields[19], as: UTF8.self)),
            let exitStatus = Int32(String(decoding: fields[49], as: UTF8.self))
        else { return nil }
        return Stat(state: state, session: session, startTicks: start, exitStatus: exitStatus)
    }

    /// Nil when no process has this pid, or only a dead one that nobody waited for yet.
    package static func identity(of pid: Int32) -> ProcessIdentity? {
        guard let stat = stat(pid), stat.state != UInt8(ascii: "Z") else { return nil }
        return ProcessIdentity(pid: pid, startTicks: stat.startTicks, bootID: bootID)
    }

    /// By SIGSTOP, or by a debugger.
    static func isStopped(_ pid: Int32) -> Bool {
        guard let state = stat(pid)?.state else { return false }
        return state == UInt8(ascii: "T") || state == UInt8(ascii: "t")
    }

    package static func isAlive(_ process: ProcessIdentity) -> Bool { identity(of: process.pid) == process }

    /// How long ago the process began.
    static func uptime(of process: ProcessIdentity) -> Duration {
        let start = Duration.seconds(process.startTicks) / sysconf(Int32(_SC_CLK_TCK))
        return max(.zero, Instant.now().sinceBoot - start)
    }

    /// Empty when we may not look into it. In the middle of its exec a process has none yet: that is waited for, 50 ms at most.
    private static func environment(of pid: Int32) -> [UInt8] {
        for _ in 0..<50 {
            guard let bytes = try? DurableFile.read("/proc/\(pid)/environ", limit: 4 << 20) else { return [] }
            guard bytes.isEmpty, let identity = identity(of: pid), uptime(of: identity) < .seconds(5) else {
                return bytes
            }
            usleep(1000)
        }
        return []
    }

    /// Whether `executable` is another file by now than the one that the process runs, as after an update. An interpreter, of a
    /// script, says nothing.
    static func programWasReplaced(_ pid: Int32, executable: String) -> Bool {
        guard let running = fileStatus("/proc/\(pid)/exe"), let there = fileStatus(executable) else { return false }
        guard running.st_ino != there.st_ino || running.st_dev != there.st_dev else { return false }
        return !isScript(executable)
    }

    /// Whether the file that the process was started from has been replaced or removed since. False when we may not look into it.
    package static func programIsGone(_ pid: Int32) -> Bool { program(of: pid)?.hasSuffix(" (deleted)") == true }

    /// Whether a supervisor that a command has put into the background runs a program that is gone. One that systemd or `paddock run` started
    /// has other words behind it: when that ends, more ends with it.
    package static func isReplacedSupervisor(_ pid: Int32) -> Bool {
        guard programIsGone(pid), let bytes = try? DurableFile.read("/proc/\(pid)/cmdline", limit: 64 << 10) else {
            return false
        }
        let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.count == 4 && words[1] == "supervise" && words[2] == "--ensemble-dir"
    }

    /// What the kernel says that the process runs; nil when we may not look into it.
    private static func program(of pid: Int32) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/\(pid)/exe", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    /// Whether the process may be one that `executable` was started as: its program has that name, or it is the interpreter of
    /// that script.
    static func runs(_ pid: Int32, _ executable: String) -> Bool {
        guard var program = program(of: pid) else { return false }
        if program.hasSuffix(" (deleted)") { program.removeLast(10) }
        let name = (Files.resolved(executable) ?? executable).split(separator: "/").last
        return program.split(separator: "/").last == name || isScript(executable)
    }

    private static func isScript(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var start: [UInt8] = [0, 0]
        return read(descriptor, &start, 2) == 2 && start == Array("#!".utf8)
    }

    /// Whose process it is; nil when it is gone.
    private static func owner(of pid: Int32) -> uid_t? { fileStatus("/proc/\(pid)")?.st_uid }

    /// The living session leaders of this user whose environment holds `NAME=VALUE` for one of the values: a user can put
    /// anything into the environment of his own processes.
    ///
    /// A server's own children have its environment too, but no session of their own.
    static func sessionLeaders(withVariable name: String, valuePrefix: String) -> [(
        value: String, process: ProcessIdentity
    )] {
        let wanted = Array("\(name)=\(valuePrefix)".utf8)
        var found: [(String, ProcessIdentity)] = []
        for entry in Files.names(in: "/proc") {
            guard let pid = Int32(entry), let stat = stat(pid), stat.session == pid, stat.state != UInt8(ascii: "Z")
            else {
                continue
            }
            guard owner(of: pid) == geteuid() else { continue }
            for variable in environment(of: pid).split(separator: 0) where variable.starts(with: wanted) {
                let value = String(decoding: variable.dropFirst(name.utf8.count + 1), as: UTF8.self)
                found.append((value, ProcessIdentity(pid: pid, startTicks: stat.startTicks, bootID: bootID)))
            }
        }
        return found.sorted { ($0.1.startTicks, $0.1.pid) < ($1.1.startTicks, $1.1.pid) }
    }
}

/// A process held by a pidfd: signals reach this one process or nobody, and its end makes the descriptor readable.
final class ProcessHandle {
    let identity: ProcessIdentity
    /// Whether we started it, and so are the one who may wait for it.
    let isChild: Bool
    let descriptor: Int32

    /// Nil when the process is gone.
    init?(_ identity: ProcessIdentity, isChild: Bool) {
        let descriptor = clinux_pidfd_open(identity.pid)
        guard descriptor >= 0 else { return nil }
        // In this order: a process that has the right start time now had it when the descriptor was opened. A child of ours keeps its
        // pid until we wait for it, even dead.
        guard isChild || ProcessTable.isAlive(identity) else {
            close(descriptor)
            return nil
        }
        self.identity = identity
        self.isChild = isChild
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func send(_ signal: Int32) { _ = clinux_pidfd_send_signal(descriptor, signal) }

    var hasEnded: Bool {
        var look = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&look, 1, 0) > 0
    }

    /// Of a process that ``hasEnded``.
    func exitStatus() -> ExitStatus {
        var status: Int32 = 0
        if isChild {
            while waitpid(identity.pid, &status, 0) < 0 { if errno != EINTR { return .unknown } }
        } else if let stat = ProcessTable.stat(identity.pid), stat.startTicks == identity.startTicks {
            // Its parent, init, has not waited for it yet.
            status = stat.exitStatus
        } else if clinux_pidfd_exit_status(descriptor, &status) != 0 {
            return .unknown
        }
        let signal = status & 0x7F
        return signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)
    }
}
