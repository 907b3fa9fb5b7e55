import DurableFiles
import Glibc

/// `mkdir -p`.
func makeDirectories(_ path: String, mode: mode_t = PrivateFiles.directoryMode) throws(FileError) {
    var prefix = ""
    for part in path.split(separator: "/") {
        prefix += "/\(part)"
        guard mkdir(prefix, mode) != 0, errno != EEXIST else { continue }
        // Above may be directories that cannot be written to, and are there.
        let failure = FileError("create the directory", prefix)
        guard access(prefix, F_OK) == 0 else { throw failure }
    }
}

/// `rm -r`, without following symbolic links. What is gone already is fine.
func removeTree(_ path: String) throws(FileError) {
    if unlink(path) == 0 || errno == ENOENT { return }
    guard errno == EISDIR || errno == EPERM else { throw FileError("remove", path) }
    for name in try Directory.names(in: path) { try removeTree("\(path)/\(name)") }
    guard rmdir(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
}
