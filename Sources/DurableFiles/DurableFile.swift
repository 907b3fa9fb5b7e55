import CLinux
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
    /// - Parameters:
    ///   - mode: the owner's only unless told otherwise: most of these files may hold a password.
    ///   - ignoresUmask: the file gets all of `mode`, as the one has it that it replaces.
    ///   - temporary: what is written before, instead of `path.tmp`; in the same directory.
    package static func write(
        _ bytes: some Collection<UInt8>, to path: String, mode: mode_t = PrivateFiles.fileMode,
        ignoresUmask: Bool = false, through temporary: String? = nil
    ) throws(FileError) {
        try write(
            [(path, temporary ?? path + ".tmp", Array(bytes))], mode: mode, ignoresUmask: ignoresUmask)
    }

    /// Replaces several files, each as ``write(_:to:mode:)`` does. They are synced together, which takes the disk a few turns and not two for
    /// each; in which order they become durable is not said.
    package static func write(
        _ files: [(path: String, bytes: [UInt8])], mode: mode_t = PrivateFiles.fileMode, ignoresUmask: Bool = false
    ) throws(FileError) {
        // So many may be open at once.
        let most = 64
        for start in stride(from: 0, to: files.count, by: most) {
            try write(
                files[start..<min(start + most, files.count)].map { ($0.path, $0.path + ".tmp", $0.bytes) },
                mode: mode, ignoresUmask: ignoresUmask)
        }
    }

    private static func write(
        _ files: [(path: String, temporary: String, bytes: [UInt8])], mode: mode_t, ignoresUmask: Bool
    ) throws(FileError) {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        do throws(FileError) {
            for (_, temporary, bytes) in files {
                let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
                guard descriptor >= 0 else { throw FileError("create", temporary) }
                descriptors.append(descriptor)
                // One that an interrupted write left behind has the mode it was made with.
                if mode & PrivateFiles.othersMode == 0 { PrivateFiles.close(descriptor, toOthers: mode) }
                if ignoresUmask, fchmod(descriptor, mode) != 0 { throw FileError("change the mode of", temporary) }
                try writeAll(bytes, to: descriptor, path: temporary)
                // The first sync then finds the others under way.
                if files.count > 1 { _ = clinux_begin_write_out(descriptor) }
            }
            for (descriptor, file) in zip(descriptors, files) {
                guard fsync(descriptor) == 0 else { throw FileError("sync", file.temporary) }
            }
            for (path, temporary, _) in files {
                guard rename(temporary, path) == 0 else { throw FileError("replace", path) }
            }
        } catch {
            for (_, temporary, _) in files { unlink(temporary) }
            throw error
        }
        let directories = Dictionary(files.map { (Directory.parent(of: $0.path), $0.path) }) { first, _ in first }
        for (_, path) in directories.sorted(by: { $0.key < $1.key }) { try syncDirectory(of: path) }
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
