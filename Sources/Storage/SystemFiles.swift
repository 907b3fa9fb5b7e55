import CLinux
import DurableFiles
import Glibc

/// The real file system. What it makes is the owner's alone, whatever the umask: the data holds what ACLs keep from others, and the
/// digests of passwords. A directory that is there keeps the mode that it was given.
package struct SystemFiles: StorageFiles {
    package init() {}

    package func create(_ path: String) throws(FileError) -> any StorageFile {
        try SystemFile(path, flags: O_RDWR | O_CREAT | O_TRUNC, operation: "create")
    }

    package func open(_ path: String) throws(FileError) -> any StorageFile {
        // A restored backup may be read-only for us: reading it must work.
        do throws(FileError) { return try SystemFile(path, flags: O_RDWR, operation: "open") } catch {
            guard error.code == EACCES || error.code == EROFS else { throw error }
            return try SystemFile(path, flags: O_RDONLY, operation: "open")
        }
    }

    package func list(_ directory: String) throws(FileError) -> [String]? {
        do throws(FileError) { return try Directory.names(in: directory) } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }

    package func makeDirectory(_ path: String) throws(FileError) {
        if mkdir(path, PrivateFiles.directoryMode) == 0 { return try syncDirectory(Directory.parent(of: path)) }
        switch errno {
        case EEXIST: return
        case ENOENT where path != "/":
            try makeDirectory(Directory.parent(of: path))
            guard mkdir(path, PrivateFiles.directoryMode) == 0 || errno == EEXIST else {
                throw FileError("create directory", path)
            }
            try syncDirectory(Directory.parent(of: path))
        default: throw FileError("create directory", path)
        }
    }

    package func rename(_ path: String, to newPath: String) throws(FileError) {
        guard Glibc.rename(path, newPath) == 0 else { throw FileError("replace", newPath) }
    }

    package func remove(_ path: String) throws(FileError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
    }

    package func syncDirectory(_ directory: String) throws(FileError) {
        try DurableFile.syncDirectory(of: directory + "/.")
    }

    package func size(_ path: String) throws(FileError) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw FileError("look at", path)
        }
        return Int(status.st_size)
    }
}

/// `SEEK_DATA`, which Glibc shows only to GNU sources.
private let seekData: Int32 = 3

private final class SystemFile: StorageFile {
    let path: String
    private let descriptor: Int32

    init(_ path: String, flags: Int32, operation: String) throws(FileError) {
        self.path = path
        descriptor = Glibc.open(path, flags | O_CLOEXEC, PrivateFiles.fileMode)
        guard descriptor >= 0 else { throw FileError(operation, path) }
    }

    deinit { close(descriptor) }

    var size: Int {
        get throws(FileError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw FileError("look at", path) }
            return Int(status.st_size)
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + filled, buffer.count - filled, offset + filled)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("read", path)
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    func firstData(from offset: Int) -> Int? {
        let found = lseek(descriptor, offset, seekData)
        if found >= 0 { return found }
        // ENXIO: no data up to the end. Anything else: a file system without holes.
        return errno == ENXIO ? nil : offset
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + written, bytes.count - written, offset + written)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("write", path)
            }
            written += count
        }
    }

    func reserve(_ size: Int) throws(FileError) {
        let current = try self.size
        guard size > current else { return }
        let code = posix_fallocate(descriptor, current, size - current)
        guard code == 0 else { throw FileError("reserve space in", path, code: code) }
    }

    func truncate(to size: Int) throws(FileError) {
        guard ftruncate(descriptor, size) == 0 else { throw FileError("truncate", path) }
    }

    func writeOut(_ range: Range<Int>) { _ = clinux_write_out(descriptor, range.lowerBound, range.count) }

    func sync() throws(FileError) {
        while fdatasync(descriptor) != 0 {
            guard errno == EINTR else { throw FileError("sync", path) }
        }
    }
}
