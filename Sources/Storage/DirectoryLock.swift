import DurableFiles
import Glibc

/// Keeps other servers of ours away from a server's directories: locks on `paddock.lock` in dataDir and in dataLogDir for as long as
/// this value lives. The kernel drops them with the process, however that ends.
///
/// One name in both: what is dataDir to one server may be dataLogDir to another.
package final class DirectoryLock: Sendable {
    private let descriptors: [Int32]

    /// - Throws: `StorageError.locked`, naming the holder, when another process has one of them.
    package init(dataDir: String, dataLogDir: String? = nil) throws(StorageError) {
        var held = [try Self.take(dataDir, key: "dataDir")]
        if let dataLogDir, Self.identity(of: dataLogDir) != Self.identity(of: dataDir) {
            do throws(StorageError) { held.append(try Self.take(dataLogDir, key: "dataLogDir")) } catch {
                close(held[0])
                throw error
            }
        }
        descriptors = held
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    private static func take(_ directory: String, key: String) throws(StorageError) -> Int32 {
        let path = directory + "/paddock.lock"
        // Whoever may read the file may lock it, and keep this server out for good.
        let descriptor: Int32
        do throws(FileError) { descriptor = try PrivateFiles.open(path, O_RDWR) } catch { throw .file(error) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            var holder = [UInt8](repeating: 0, count: 64)
            let count = pread(descriptor, &holder, holder.count, 0)
            close(descriptor)
            guard code == EWOULDBLOCK else { throw .file(FileError("lock", path, code: code)) }
            let text = String(decoding: holder.prefix(max(0, count)), as: UTF8.self)
            throw .locked(directory: directory, key: key, holder: text.isEmpty ? "another process" : text)
        }
        let text = Array("process \(getpid())".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        return descriptor
    }

    /// A directory may have two names, and one process cannot have two locks on one file.
    private static func identity(of directory: String) -> [UInt64]? {
        var status = stat()
        guard stat(directory, &status) == 0 else { return nil }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
}
