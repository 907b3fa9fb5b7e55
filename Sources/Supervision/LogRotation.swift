import CLinux
import DurableFiles
import Glibc

/// Cuts a log that other processes are appending to, and loses no line of it.
///
/// The writers keep their descriptor, so the file cannot be moved aside. Instead its older part is copied to `LOG.1` and then taken out of
/// the file: with `FALLOC_FL_COLLAPSE_RANGE` (ext4, xfs), which is one step for every appender. It takes whole blocks; the line that a
/// block's end cuts goes to `LOG.1` whole, and its rest in the log is made blank. Every file so holds whole lines only.
///
/// Where the file system cannot do that (tmpfs, btrfs), the log is copied and truncated, and what is written between the last copied byte
/// and the truncation, some microseconds, is lost.
enum LogRotation {
    /// Rotates while the log is above its limit.
    /// - Returns: how many times
    static func rotate(_ path: String, limits: ServerSpec.LogLimits) throws(FileError) -> Int {
        var rotations = 0
        while rotations < 64, try rotateOnce(path, limits: limits) { rotations += 1 }
        return rotations
    }

    private static func rotateOnce(_ path: String, limits: ServerSpec.LogLimits) throws(FileError) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, Int(status.st_size) > limits.bytes else { return false }
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }

        let block = max(512, Int(status.st_blksize))
        // A collapse must leave something of the file. At most `limits.bytes` move, so that no older file grows beyond it by more than a line.
        let collapsible = min(limits.bytes, Int(status.st_size) - 1) / block * block
        guard collapsible > 0 else { return false }
        let temporary = path + ".1.tmp"
        let older = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, PrivateFiles.fileMode)
        guard older >= 0 else { throw FileError("create", temporary) }
        defer { close(older) }
        try copy(descriptor, from: 0, to: collapsible, into: older, path: path)
        let lineEnd = try copyLineRest(descriptor, from: collapsible, into: older, path: path)
        guard fsync(older) == 0 else { throw FileError("sync", temporary) }

        shift(path, keeping: limits.olderFiles)
        guard rename(temporary, path + ".1") == 0 else { throw FileError("replace", path + ".1") }
        // A kill here leaves the lines in both files: twice is better than never.
        if clinux_collapse_start(descriptor, off_t(collapsible)) == 0 {
            blank(descriptor, length: lineEnd - collapsible)
        } else {
            try copyAndTruncate(descriptor, from: lineEnd, olderPath: path + ".1", path: path)
        }
        if limits.olderFiles == 0 { unlink(path + ".1") }
        return true
    }

    private static func shift(_ path: String, keeping count: Int) {
        for number in stride(from: count - 1, through: 1, by: -1) {
            rename("\(path).\(number)", "\(path).\(number + 1)")
        }
    }

    private static func copy(
        _ source: Int32, from start: Int, to end: Int, into target: Int32, path: String
    ) throws(FileError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var position = start
        while position < end {
            let count = pread(source, &buffer, min(buffer.count, end - position), off_t(position))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError("read", path, code: count == 0 ? EIO : errno) }
            try write(buffer[..<count], to: target, path: path + ".1")
            position += count
        }
    }

    /// Copies from `start` up to and with the next line feed; nothing when the line is not finished or longer than 64 KiB.
    /// - Returns: where the copied part ends
    private static func copyLineRest(
        _ source: Int32, from start: Int, into target: Int32, path: String
    ) throws(FileError) -> Int {
        var before: UInt8 = 0
        if pread(source, &before, 1, off_t(start - 1)) == 1, before == UInt8(ascii: "\n") { return start }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = pread(source, &buffer, buffer.count, off_t(start))
        guard count > 0, let end = buffer[..<count].firstIndex(of: UInt8(ascii: "\n")) else { return start }
        try write(buffer[...end], to: target, path: path + ".1")
        return start + end + 1
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, path: String) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress!, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    /// The start of the log, up to its first line feed, is already at the end of `LOG.1`.
    private static func blank(_ descriptor: Int32, length: Int) {
        guard length > 1 else { return }
        let blanks = [UInt8](repeating: UInt8(ascii: " "), count: length - 1)
        _ = pwrite(descriptor, blanks, blanks.count, 0)
    }

    private static func copyAndTruncate(
        _ descriptor: Int32, from start: Int, olderPath: String, path: String
    ) throws(FileError) {
        let older = open(olderPath, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard older >= 0 else { throw FileError("open", olderPath) }
        defer { close(older) }
        var copied = start
        // As long as it grows under our hands, but not for ever.
        for _ in 0..<100 {
            var status = stat()
            guard fstat(descriptor, &status) == 0, Int(status.st_size) > copied else { break }
            try copy(descriptor, from: copied, to: Int(status.st_size), into: older, path: path)
            copied = Int(status.st_size)
        }
        guard ftruncate(descriptor, 0) == 0 else { throw FileError("cut", path) }
    }
}
