import CZlib
import Digests
import DurableFiles
import Storage

/// The one file of a snapshot that is written into an archive: what comes in goes out compressed (gzip), behind what the archive has.
///
/// It takes the place of a file system for `SnapshotWriter`, so that no uncompressed copy is needed beside the archive.
final class GzipSink: StorageFile, StorageFiles, @unchecked Sendable {
    private let archive: any StorageFile
    private let start: Int
    /// On the heap: zlib keeps a pointer back to it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var room = [UInt8](repeating: 0, count: 256 << 10)
    private var taken = 0
    private(set) var hash = SHA256()
    /// Bytes in the archive.
    private(set) var written = 0

    init(into archive: any StorageFile, at start: Int) {
        self.archive = archive
        self.start = start
        stream.initialize(to: z_stream())
        // 15 window bits; + 16 asks for the gzip wrapper. Level 3: half of the size in a tenth of the time of the best.
        deflateInit2_(
            stream, 3, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    var path: String { archive.path }
    var size: Int { taken }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        taken += bytes.count
        try deflate(bytes, flush: Z_NO_FLUSH)
    }

    /// No bytes follow.
    func finish() throws(FileError) { try deflate(UnsafeRawBufferPointer(start: nil, count: 0), flush: Z_FINISH) }

    private func deflate(_ bytes: UnsafeRawBufferPointer, flush: Int32) throws(FileError) {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        var isDone = false
        while !isDone {
            let count = room.withUnsafeMutableBufferPointer { room in
                stream.pointee.next_out = room.baseAddress
                stream.pointee.avail_out = UInt32(room.count)
                let status = CZlib.deflate(stream, flush)
                isDone = flush == Z_FINISH ? status == Z_STREAM_END : stream.pointee.avail_out > 0
                return room.count - Int(stream.pointee.avail_out)
            }
            let made = room[..<count]
            try made.withUnsafeBufferPointer { (made) throws(FileError) in
                let made = UnsafeRawBufferPointer(made)
                hash.update(made)
                try archive.write(made, at: start + written)
            }
            written += count
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int { 0 }
    func firstData(from offset: Int) -> Int? { nil }
    func reserve(_ size: Int) throws(FileError) {}
    func truncate(to size: Int) throws(FileError) {}
    func sync() throws(FileError) {}

    func create(_ path: String) throws(FileError) -> any StorageFile { self }
    func open(_ path: String) throws(FileError) -> any StorageFile { self }
    func list(_ directory: String) throws(FileError) -> [String]? { [] }
    func makeDirectory(_ path: String) throws(FileError) {}
    func rename(_ path: String, to newPath: String) throws(FileError) {}
    func remove(_ path: String) throws(FileError) {}
    func syncDirectory(_ directory: String) throws(FileError) {}
    func size(_ path: String) throws(FileError) -> Int? { nil }
}
