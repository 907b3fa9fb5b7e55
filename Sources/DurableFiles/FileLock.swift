import Glibc

/// A lock on a file that one process at a time can hold, and that names its holder to whoever is refused.
///
/// It is an open file description lock (`F_OFD_SETLK`): it ends with the process, however that ends, and one can ask who has it
/// without taking it for a moment oneself. A spawned child keeps it up to its exec, since the file is closed there: whoever gets the
/// lock can be sure that every program its last holder was starting has been executed.
package struct FileLock: ~Copyable {
    /// Who has it, as the holder put it, e.g. `paddock up (pid 4100)`.
    package struct Held: Error, Hashable, Sendable {
        package var path: String
        package var holder: String
        /// Nil in the moment in which the holder has the lock and has not yet written its name.
        package var pid: Int32?
    }

    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case held(Held)
        case file(FileError)

        package var description: String {
            switch self {
            case .held(let held): "\(held.path) is locked by \(held.holder)"
            case .file(let error): error.description
            }
        }
    }

    package let path: String
    private let descriptor: Int32

    /// Takes the lock or says who has it; does not wait.
    package init(_ path: String, holder: String) throws(Failure) {
        // Whoever may read it could hold a lock on it, and keep us out for good.
        let descriptor: Int32
        do { descriptor = try PrivateFiles.open(path, O_RDWR) } catch { throw .file(error) }
        var whole = Self.wholeFile
        guard fcntl(descriptor, Self.setLock, &whole) == 0 else {
            let code = errno
            defer { close(descriptor) }
            if code == EAGAIN || code == EACCES { throw .held(Self.readHolder(descriptor, path)) }
            throw .file(FileError("lock", path, code: code))
        }
        let text = Array("\(getpid())\n\(holder) (pid \(getpid()))\n".utf8)
        ftruncate(descriptor, 0)
        guard pwrite(descriptor, text, text.count, 0) == text.count else {
            let error = FileError("write", path)
            close(descriptor)
            throw .file(error)
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Who holds the lock at `path` now; nil when nobody does.
    package static func holder(of path: String) -> Held? {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var found = wholeFile
        guard fcntl(descriptor, getLock, &found) == 0, found.l_type != Int16(F_UNLCK) else { return nil }
        return readHolder(descriptor, path)
    }

    /// False when the file at the path is no longer the one that was locked: somebody removed or replaced it.
    package var isInPlace: Bool {
        var mine = stat()
        var there = stat()
        return fstat(descriptor, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino
            && mine.st_dev == there.st_dev
    }

    deinit { close(descriptor) }

    // GNU names, which Glibc's module leaves out: F_OFD_GETLK, F_OFD_SETLK.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private static var wholeFile: flock {
        flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }

    private static func readHolder(_ descriptor: Int32, _ path: String) -> Held {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = max(0, pread(descriptor, &bytes, bytes.count, 0))
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
        guard let pid = lines.first.flatMap({ Int32($0) }), lines.count >= 2 else {
            return Held(path: path, holder: "another process", pid: nil)
        }
        return Held(path: path, holder: String(lines[1]), pid: pid)
    }
}
