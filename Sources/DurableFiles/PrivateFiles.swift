import Glibc

/// Files and directories that are their owner's only, whatever the umask says.
package enum PrivateFiles {
    package static let fileMode: mode_t = 0o600
    package static let directoryMode: mode_t = 0o700
    /// What group and others may do.
    package static let othersMode: mode_t = 0o077

    /// Makes one directory. One that is there already stays as it is: its owner may have opened it on purpose.
    package static func makeDirectory(_ path: String) throws(FileError) {
        guard mkdir(path, directoryMode) == 0 || errno == EEXIST else { throw FileError("create the directory", path) }
    }

    /// Opens a file of ours to be written: made when it is missing, closed to others when it was open to them, and never
    /// reached through a symbolic link that somebody put in its place.
    package static func open(_ path: String, _ flags: Int32) throws(FileError) -> Int32 {
        let descriptor = Glibc.open(path, flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, fileMode)
        guard descriptor >= 0 else { throw FileError("open", path) }
        close(descriptor, toOthers: fileMode)
        return descriptor
    }

    /// Gives a file of ours that others may use in some way this mode.
    static func close(_ descriptor: Int32, toOthers mode: mode_t) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & othersMode != 0,
            status.st_uid == geteuid()
        else { return }
        fchmod(descriptor, mode)
    }
}
