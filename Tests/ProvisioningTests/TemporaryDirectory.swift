import DurableFiles
import Glibc

@testable import Provisioning

/// A directory of a test's own, removed at its end.
enum TemporaryDirectory {
    static func use<Result>(_ body: (String) throws -> Result) throws -> Result {
        var template = Array("/tmp/paddock-provisioning-XXXXXX".utf8CString)
        let directory = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
        defer { remove(directory) }
        return try body(directory)
    }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in SystemFile.names(in: path) { remove("\(path)/\(name)") }
        rmdir(path)
    }
}

func text(_ path: String) throws -> String { String(decoding: try DurableFile.read(path), as: UTF8.self) }

func write(_ text: String, _ path: String) throws { try DurableFile.write(text.utf8, to: path) }
