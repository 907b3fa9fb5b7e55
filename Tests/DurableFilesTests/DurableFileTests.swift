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

    @Test func manyAreWrittenAtOnce() throws {
        try withDirectory { directory in
            let files = (0..<130).map { (path: "\(directory)/\($0)", bytes: Array("content of \($0)\n".utf8)) }
            defer { for (path, _) in files { unlink(path) } }
            try DurableFile.write(files)
            for (path, bytes) in files {
                #expect(try DurableFile.read(path) == bytes)
                #expect(access(path + ".tmp", F_OK) != 0)
            }
        }
    }

    @Test func whenOneOfManyCannotBeWrittenNoneIsReplaced() throws {
        try withDirectory { directory in
            try DurableFile.write(Array("old\n".utf8), to: "\(directory)/file")
            let missing = "\(directory)/missing/file"
            #expect(throws: FileError("create", missing + ".tmp", code: ENOENT)) {
                try DurableFile.write([("\(directory)/file", Array("new\n".utf8)), (missing, [])])
            }
            #expect(try DurableFile.read("\(directory)/file") == Array("old\n".utf8))
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

    @Test func onlyTheOwnerMayUseWhatIsWritten() throws {
        try withDirectory { directory in
            let path = "\(directory)/file"
            func mode() -> mode_t {
                var status = stat()
                return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
            }
            let before = umask(0)
            defer { umask(before) }
            try DurableFile.write([1], to: path)
            #expect(mode() == 0o600)
            // What an interrupted write left behind, open to all.
            close(open("\(path).tmp", O_WRONLY | O_CREAT, 0o666))
            try DurableFile.write([2], to: path)
            #expect(mode() == 0o600)
            try DurableFile.write([3], to: path, mode: 0o644)
            #expect(mode() == 0o644)
            close(try PrivateFiles.open(path, O_WRONLY))
            #expect(mode() == 0o600)
            unlink(path)
            symlink("/dev/null", path)
            #expect(throws: FileError("open", path, code: ELOOP)) { _ = try PrivateFiles.open(path, O_WRONLY) }
        }
    }

    @Test func aMissingDirectoryIsNamed() throws {
        let error = #expect(throws: FileError.self) { try DurableFile.write([1], to: "/nowhere/at/all") }
        #expect(error?.description == "cannot create /nowhere/at/all.tmp: No such file or directory")
    }
}
