import Glibc

/// Files of servers that tests write over, torn or damaged.
///
/// Foundation opens without O_CLOEXEC: an Apache server that a suite beside this one starts meanwhile would hold the file for all its
/// life, and be taken for the one that has the data directory.
package enum DamagedFile {
    package struct NotWritten: Error { package var path: String }

    package static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw NotWritten(path: path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            guard count > 0 else { throw NotWritten(path: path) }
            written += count
        }
    }
}
