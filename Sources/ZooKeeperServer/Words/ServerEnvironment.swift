import DurableFiles
import Glibc

/// The version this server reports.
package enum ServerVersion {
    /// Begins with the ZooKeeper version whose behaviour this is: clients and tools look at that.
    package static let text = "3.8.0-paddock-0.1.0, built on \(buildDate)"

    /// When the executable was written, as Apache prints it: `2024-12-29 17:54 UTC`.
    private static let buildDate: String = {
        var status = stat()
        return DateText.minute(stat("/proc/self/exe", &status) == 0 ? status.st_mtim.tv_sec : 0)
    }()
}

/// What `envi` and `/commands/environment` tell of the process. The keys are Apache's; those about Java say what stands in
/// its place.
enum ServerEnvironment {
    static var entries: [(key: String, value: String)] {
        var system = utsname()
        uname(&system)
        let user = UserAccount.own
        let memory = memoryMegabytes
        return [
            ("zookeeper.version", ServerVersion.text),
            ("host.name", text(system.nodename)),
            ("java.version", "none"),
            ("java.vendor", "none (Swift)"),
            ("java.home", ""),
            ("java.class.path", ""),
            ("java.library.path", ""),
            ("java.io.tmpdir", "/tmp"),
            ("java.compiler", "<NA>"),
            ("os.name", text(system.sysname)),
            ("os.arch", text(system.machine) == "x86_64" ? "amd64" : text(system.machine)),
            ("os.version", text(system.release)),
            ("user.name", user?.name ?? "?"),
            ("user.home", user?.home ?? "?"),
            ("user.dir", WorkingDirectory.path),
            ("os.memory.free", "\(memory.free)MB"),
            ("os.memory.max", "\(memory.total)MB"),
            ("os.memory.total", "\(memory.total)MB"),
        ]
    }

    /// File descriptors in use and the most there may be.
    static var openFiles: (open: Int64, limit: Int64) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // Without that of the directory itself.
        let count = ((try? Directory.names(in: "/proc/self/fd")) ?? []).count - 1
        return (Int64(max(0, count)), Int64(clamping: limit.rlim_cur))
    }

    private static var memoryMegabytes: (free: Int, total: Int) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        return (
            Int(sysconf(Int32(_SC_AVPHYS_PAGES))) * page >> 20, Int(sysconf(Int32(_SC_PHYS_PAGES))) * page >> 20
        )
    }

    private static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// Dates in UTC, of seconds since 1970.
enum DateText {
    /// `2026-11-23 19:13 UTC`
    static func minute(_ seconds: Int) -> String { text(seconds, "%Y-%m-%d %H:%M UTC") }

    /// As Java's `Date.toString` prints it: `Mon Nov 23 19:13:22 UTC 2026`.
    static func java(_ seconds: Int) -> String { text(seconds, "%a %b %d %H:%M:%S UTC %Y") }

    private static func text(_ seconds: Int, _ format: String) -> String {
        var seconds = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "?" }
        var buffer = [CChar](repeating: 0, count: 64)
        strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
