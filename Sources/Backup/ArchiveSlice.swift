import DurableFiles
import Storage

/// A member of an archive as a file of its own, to be read only.
final class ArchiveSlice: StorageFile, StorageFiles, @unchecked Sendable {
    private let archive: any StorageFile
    private let start: Int
    let size: Int

    init(of archive: any StorageFile, at start: Int, size: Int) {
        self.archive = archive
        self.start = start
        self.size = size
    }

    var path: String { archive.path }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        let count = min(buffer.count, max(0, size - offset))
        guard count > 0 else { return 0 }
        return try archive.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: start + offset)
    }

    func open(_ path: String) throws(FileError) -> any StorageFile { self }
    func size(_ path: String) throws(FileError) -> Int? { size }
    func list(_ directory: String) throws(FileError) -> [String]? { [] }
    func firstData(from offset: Int) -> Int? { offset }

    // It is never written.
    func create(_ path: String) throws(FileError) -> any StorageFile { throw FileError("write", path, code: 30) }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        throw FileError("write", path, code: 30)
    }
    func reserve(_ size: Int) throws(FileError) {}
    func truncate(to size: Int) throws(FileError) { throw FileError("write", path, code: 30) }
    func sync() throws(FileError) {}
    func makeDirectory(_ path: String) throws(FileError) {}
    func rename(_ path: String, to newPath: String) throws(FileError) {}
    func remove(_ path: String) throws(FileError) {}
    func syncDirectory(_ directory: String) throws(FileError) {}
}
