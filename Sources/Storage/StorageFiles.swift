import DurableFiles

/// What storage asks of a file system. The server uses `SystemFiles`; crash tests use one that forgets what was not
/// synced, or is full.
package protocol StorageFiles: Sendable {
    /// Creates `path`, empty, for writing; an older file of that name loses its content.
    func create(_ path: String) throws(FileError) -> any StorageFile
    /// Opens an existing file for reading and writing.
    func open(_ path: String) throws(FileError) -> any StorageFile
    /// The names in a directory, in no order; nil when there is no such directory.
    func list(_ directory: String) throws(FileError) -> [String]?
    /// Creates `path` and what is missing above it.
    func makeDirectory(_ path: String) throws(FileError)
    func rename(_ path: String, to newPath: String) throws(FileError)
    /// Removes a file; that it is not there is no error.
    func remove(_ path: String) throws(FileError)
    /// Makes the entries of a directory durable.
    func syncDirectory(_ directory: String) throws(FileError)
    /// Bytes in the file, nil when it does not exist.
    func size(_ path: String) throws(FileError) -> Int?
}

/// One open file. Closed when the last reference goes.
package protocol StorageFile: AnyObject {
    var path: String { get }
    var size: Int { get throws(FileError) }
    /// Fills `buffer` from `offset` on; fewer bytes only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int
    /// The first offset from `offset` on that may hold anything but zeros; nil when there is none.
    func firstData(from offset: Int) -> Int?
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError)
    /// Reserves disk space up to `size` bytes; the new part reads as zeros.
    func reserve(_ size: Int) throws(FileError)
    func truncate(to size: Int) throws(FileError)
    /// Has the disk write these bytes, and waits for it, so that the sync at the end of a long file finds little to do and nobody
    /// else's sync waits behind it. Promises nothing.
    func writeOut(_ range: Range<Int>)
    /// Returns when the content (and the size) is on the disk: fdatasync.
    func sync() throws(FileError)
}

extension StorageFile {
    package func writeOut(_ range: Range<Int>) {}
}

extension StorageFiles {
    package func exists(_ path: String) throws(FileError) -> Bool { try size(path) != nil }

    /// The whole of a small file; above `limit` bytes `EFBIG`.
    func readSmall(_ path: String, limit: Int = 4096) throws(FileError) -> [UInt8] {
        let file = try open(path)
        let size = try file.size
        guard size <= limit else { throw FileError("read", path, code: 27) }
        var content = [UInt8](repeating: 0, count: size)
        let count = try content.withMutableBytes { (buffer) throws(FileError) in try file.read(into: buffer, at: 0) }
        return Array(content[..<count])
    }

    /// Replaces a small file so that a crash leaves the old content or the new: temporary file, sync, rename, sync
    /// of the directory.
    func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
        let temporary = path + ".tmp"
        let file = try create(temporary)
        try bytes.withBytes { (buffer) throws(FileError) in try file.write(buffer, at: 0) }
        try file.sync()
        try rename(temporary, to: path)
        try syncDirectory(Directory.parent(of: path))
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` that lets a typed error through.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { (buffer) throws(Failure) in try body(UnsafeRawBufferPointer(buffer)) }
    }

    mutating func withMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeMutableBufferPointer { (buffer) throws(Failure) in
            try body(UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
