import Glibc

/// A failed file operation: what was done to which path, and what the system said.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    package var operation: String
    package var path: String
    /// The `errno` of the failed call.
    package var code: Int32

    package init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    package var description: String { "cannot \(operation) \(path): \(String(cString: strerror(code)))" }
}

/// Reading and writing whole small files: configuration, myid, epochs, process records.
package enum DurableFile {
    /// Replaces `path` with `bytes` so that a crash at any moment leaves the old content or the new, never a mixture:
    /// writes `path.tmp`, syncs it, renames it over `path` and syncs the directory.
    ///
    /// - Parameter mode: the owner's only unless told otherwise: most of these files may hold a password.
    package static func write(
        _ bytes: some Collection<UInt8>, to path: String, mode: mode_t = PrivateFiles.fileMode
    ) throws(FileError) {
        let temporary = path + ".tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError("create", temporary) }
        do throws(FileError) {
            defer { close(descriptor) }
            // One that an interrupted write left behind has the mode it was made with.
            if mode & PrivateFiles.othersMode == 0 { PrivateFiles.close(descriptor, toOthers: mode) }
            try writeAll(Array(bytes), to: descriptor, path: temporary)
            guard fsync(descriptor) == 0 else { throw FileError("sync", temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let error = FileError("replace", path)
            unlink(temporary)
            throw error
        }
        try syncDirectory(of: path)
    }

    /// The content of `path`; files above `limit` bytes are refused with `EFBIG`.
    package static func read(_ path: String, limit: Int = 16 << 20) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("read", path)
            }
            if count == 0 { return content }
            content.append(contentsOf: chunk[..<count])
            if content.count > limit { throw FileError("read", path, code: EFBIG) }
        }
    }

    /// Makes the directory entry of `path` durable: a rename or a new file is lost in a power cut without this.
    package static func syncDirectory(of path: String) throws(FileError) {
        let directory = Directory.parent(of: path)
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError("sync", directory) }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("write", path)
            }
            written += count
        }
    }
}
