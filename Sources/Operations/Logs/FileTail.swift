import DurableFiles
import Glibc

/// Reads the end of a file that grows, is cut or is replaced while it is read.
struct FileTail {
    let path: String
    private var offset: Int
    private var inode: UInt64
    /// The begun line at the end of what was read so far.
    private var partial: [UInt8] = []

    /// Begins `bytes` before the end of the file, or at its beginning; a missing file begins when it appears.
    init(_ path: String, last bytes: Int) {
        self.path = path
        var status = stat()
        if stat(path, &status) == 0 {
            inode = UInt64(status.st_ino)
            offset = max(0, Int(status.st_size) - bytes)
        } else {
            inode = 0
            offset = 0
        }
    }

    /// The whole lines that were added since the last call, each with its line end; at most 4 MB.
    mutating func read() -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return "" }
        if UInt64(status.st_ino) != inode || Int(status.st_size) < offset {
            inode = UInt64(status.st_ino)
            offset = 0
            partial = []
        }
        let wanted = min(Int(status.st_size) - offset, 4 << 20)
        guard wanted > 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: wanted)
        let count = max(0, pread(descriptor, &bytes, wanted, off_t(offset)))
        offset += count
        partial += bytes.prefix(count)
        guard let end = partial.lastIndex(of: UInt8(ascii: "\n")) else { return "" }
        let text = String(decoding: partial[...end], as: UTF8.self)
        partial.removeFirst(end + 1)
        return text
    }

    /// The last `count` lines of a file; none when it cannot be read.
    static func lastLines(_ count: Int, of path: String) -> [String] {
        var tail = FileTail(path, last: 64 << 10)
        return tail.read().split(separator: "\n").suffix(count).map(String.init)
    }
}
