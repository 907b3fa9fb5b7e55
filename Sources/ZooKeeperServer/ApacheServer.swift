import DurableFiles
import Glibc
import ServerConfig
import Storage

/// Looks for a running server of Apache's that uses a directory: it takes no lock that would say so.
///
/// What can be seen in `/proc`, and no more: a Java process that writes to a file in the directory's `version-2`, or one whose
/// command line names a zoo.cfg with that directory. Processes of other users, and of other containers, are not seen.
struct ApacheServer: Hashable {
    var pid: Int32
    /// As it was asked for.
    var directory: String

    /// One that uses one of `directories`; nil when none is seen.
    static func using(_ directories: [String]) -> ApacheServer? {
        guard let entries = try? SystemFiles().list("/proc") else { return nil }
        let wanted = directories.compactMap { directory in FileIdentity(directory).map { (directory, $0) } }
        for pid in entries.compactMap({ Int32($0) }).sorted() where pid != getpid() {
            guard let line = try? DurableFile.read("/proc/\(pid)/cmdline", limit: 1 << 20) else { continue }
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            guard
                let main = words.firstIndex(where: {
                    $0.hasSuffix("QuorumPeerMain") || $0.hasSuffix("ZooKeeperServerMain")
                })
            else {
                if words.first.map({ $0 == "java" || $0.hasSuffix("/java") }) == true, let found = writer(pid, wanted) {
                    return ApacheServer(pid: pid, directory: found)
                }
                continue
            }
            if let found = writer(pid, wanted) ?? configured(pid, words[(main + 1)...], wanted) {
                return ApacheServer(pid: pid, directory: found)
            }
        }
        return nil
    }

    /// By the files it has open for writing.
    private static func writer(_ pid: Int32, _ wanted: [(String, FileIdentity)]) -> String? {
        guard let descriptors = try? SystemFiles().list("/proc/\(pid)/fd") else { return nil }
        for descriptor in descriptors {
            var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            guard readlink("/proc/\(pid)/fd/\(descriptor)", &target, Int(PATH_MAX)) > 0 else { continue }
            let path = String(decoding: target.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let parts = path.split(separator: "/")
            guard let end = parts.lastIndex(of: "version-2"), isWriting(pid, descriptor) else { continue }
            let directory = FileIdentity("/proc/\(pid)/root/" + parts[..<end].joined(separator: "/"))
            if let found = wanted.first(where: { $0.1 == directory }) { return found.0 }
        }
        return nil
    }

    private static func isWriting(_ pid: Int32, _ descriptor: String) -> Bool {
        guard let text = try? DurableFile.read("/proc/\(pid)/fdinfo/\(descriptor)", limit: 4096) else { return false }
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("flags:") }
        guard let octal = line?.split(whereSeparator: \.isWhitespace).last, let flags = Int32(octal, radix: 8) else {
            return false
        }
        return flags & O_ACCMODE != O_RDONLY
    }

    /// By the zoo.cfg, or the port and dataDir, behind the name of its main class.
    private static func configured(
        _ pid: Int32, _ arguments: ArraySlice<String>, _ wanted: [(String, FileIdentity)]
    ) -> String? {
        func there(_ path: String) -> String { "/proc/\(pid)/" + (path.hasPrefix("/") ? "root" : "cwd/") + path }
        var used = [arguments.dropFirst().first].compactMap { $0 }
        if let file = arguments.first, let bytes = try? DurableFile.read(there(file), limit: 1 << 20) {
            let cfg = ZooCfg(bytes: bytes)
            used = ["dataDir", "dataLogDir"].compactMap { cfg[$0] }
        }
        let directories = used.compactMap { FileIdentity(there($0)) }
        return wanted.first { directories.contains($0.1) }?.0
    }
}

/// A file or directory, whatever it is called.
private struct FileIdentity: Hashable {
    private let device: UInt64
    private let inode: UInt64

    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}
