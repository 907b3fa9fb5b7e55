import DurableFiles
import Glibc

/// What the search for engines asks of the file system.
enum Files {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Without symbolic links; nil when it does not exist.
    static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// Empty when the directory cannot be read.
    static func names(in directory: String) -> [String] { (try? Directory.names(in: directory)) ?? [] }

    static func lines(of path: String) -> [Substring] {
        guard let bytes = try? DurableFile.read(path, limit: 1 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}

enum Executables {
    static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    /// In the order of the search path.
    static func all(_ name: String, path: String?) -> [String] {
        (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }.filter(isExecutable)
    }
}
