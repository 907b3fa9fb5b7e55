import Glibc

/// The directory the process was started in.
enum WorkingDirectory {
    /// `path` itself when it is absolute.
    static func absolute(_ other: String) -> String { other.hasPrefix("/") ? other : path + "/" + other }

    static var path: String {
        guard let buffer = getcwd(nil, 0) else { return "." }
        defer { free(buffer) }
        return String(cString: buffer)
    }
}
