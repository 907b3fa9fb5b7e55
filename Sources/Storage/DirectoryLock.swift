import DurableFiles
import Glibc

/// Keeps other servers of ours away from a data directory: a lock on `dataDir/paddock.lock` for as long as this
/// value lives. The kernel drops it with the process, however that ends.
package final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `StorageError.locked`, naming the holder, when another process has it.
    package init(dataDir: String) throws(StorageError) {
        let path = dataDir + "/paddock.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .file(FileError("create", path)) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            var holder = [UInt8](repeating: 0, count: 64)
            let count = pread(descriptor, &holder, holder.count, 0)
            close(descriptor)
            guard code == EWOULDBLOCK else { throw .file(FileError("lock", path, code: code)) }
            let text = String(decoding: holder.prefix(max(0, count)), as: UTF8.self)
            throw .locked(directory: dataDir, holder: text.isEmpty ? "another process" : text)
        }
        let text = Array("process \(getpid())".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    deinit { close(descriptor) }
}
