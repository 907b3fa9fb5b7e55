import DurableFiles
import Glibc
import Membership
import ServerConfig

extension HostFacts {
    /// Looks at this machine: who listens on which TCP port, which ports the kernel hands out, and what stands at `paths`.
    /// What cannot be seen (sockets of other users without root) stays unknown; nothing fails.
    package static func gather(paths: [String] = []) -> HostFacts {
        HostFacts(
            listeners: SocketTable.listeners(), ephemeralPorts: ephemeralRange(),
            paths: states(of: paths), ownNames: ownNames())
    }

    /// What stands at `paths`, alone.
    package static func states(of paths: [String]) -> [String: PathState] {
        Dictionary(paths.map { ($0, state(of: $0)) }) { first, _ in first }
    }

    /// The addresses of the interfaces, the host's name, and what /etc/hosts calls these addresses.
    private static func ownNames() -> Set<String> {
        var names = LocalAddresses.gather().machines
        var buffer = [CChar](repeating: 0, count: 256)
        if gethostname(&buffer, buffer.count - 1) == 0 {
            let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            names.formUnion([name, String(name.prefix { $0 != "." })])
        }
        let machines = Set(names.map(HostAddress.machine))
        for line in (SystemFile.text("/etc/hosts") ?? "").split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
            // A name of a loopback address is this machine's, too: Debian gives the host's own name one.
            guard let address = words.first,
                HostAddress.isLoopback(address) || machines.contains(HostAddress.machine(address))
            else { continue }
            names.formUnion(words.dropFirst())
        }
        return names
    }

    private static func ephemeralRange() -> ClosedRange<Int>? {
        guard let text = SystemFile.text("/proc/sys/net/ipv4/ip_local_port_range") else { return nil }
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard numbers.count == 2, numbers[0] <= numbers[1] else { return nil }
        return numbers[0]...numbers[1]
    }

    private static func state(of path: String) -> PathState {
        var status = stat()
        guard stat(path, &status) == 0 else { return errno == ENOTDIR ? .notADirectory : .missing }
        if status.st_mode & S_IFMT == S_IFREG { return .file(isReadable: access(path, R_OK) == 0) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return .notADirectory }
        let canonical = realpath(path, nil).map { pointer in
            defer { free(pointer) }
            return String(cString: pointer)
        }
        return .directory(canonical: canonical ?? path, isWritable: access(path, W_OK | X_OK) == 0)
    }
}

/// Reading of files that have no size, such as those of /proc.
enum SystemFile {
    static func text(_ path: String) -> String? {
        (try? DurableFile.read(path)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The names in a directory, without `.` and `..`; empty when it cannot be read.
    static func names(in path: String) -> [String] {
        (try? Directory.names(in: path)) ?? []
    }

    /// `path`, or with the first number behind it under which nothing is kept yet.
    static func freeName(_ path: String) -> String {
        guard access(path, F_OK) == 0 else { return path }
        var number = 1
        while access("\(path).\(number)", F_OK) == 0 { number += 1 }
        return "\(path).\(number)"
    }
}
