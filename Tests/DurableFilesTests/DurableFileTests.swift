import Glibc
import Testing

@testable import DurableFiles

@Suite struct DurableFileTests {
    /// A directory of its own for one test, removed at the end.
    private func withDirectory(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/paddock-files-XXXXXX".utf8CString)
        let directory = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
        defer {
            for name in ["file", "file.tmp"] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        try body(directory)
    }

    @Test func whatIsWrittenIsRead() throws {
        try withDirectory { directory in
            try DurableFile.write(Array("1\n".utf8), to: "\(directory)/file")
            try DurableFile.write(Array("two\n".utf8), to: "\(directory)/file")
            #expect(try DurableFile.read("\(directory)/file") == Array("two\n".utf8))
            #expect(access("\(directory)/file.tmp", F_OK) != 0)
        }
    }

    @Test func aLargeFileIsRefused() throws {
        try withDirectory { directory in
            try DurableFile.write([UInt8](repeating: 7, count: 100), to: "\(directory)/file")
            #expect(throws: FileError("read", "\(directory)/file", code: EFBIG)) {
                try DurableFile.read("\(directory)/file", limit: 99)
            }
        }
    }

    @Test func aMissingDirectoryIsNamed() throws {
        let error = #expect(throws: FileError.self) { try DurableFile.write([1], to: "/nowhere/at/all") }
        #expect(error?.description == "cannot create /nowhere/at/all.tmp: No such file or directory")
    }
}
