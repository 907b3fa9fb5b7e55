import CZlib
import DurableFiles
import Jute

/// How a snapshot's bytes are stored; told by the suffix of its name.
package enum SnapshotCompression: String, Sendable, CaseIterable {
    case none = ""
    case gzip = ".gz"
    case snappy = ".snappy"
}

/// The uncompressed bytes of a snapshot through a window, so that the size of the file does not matter.
///
/// What was read from the window stays where it is until the window is moved on.
final class SnapshotInput {
    private let file: any StorageFile
    private var fileOffset = 0
    private let fileSize: Int
    private let source: Source
    /// Whoever gave it gets it back, maybe larger.
    private(set) var window = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// The part of the window that is filled and not yet consumed.
    private var filled: Range<Int> = 0..<0
    /// What was consumed before this is in `sum`.
    private var summed = 0
    private var sum = Adler32()
    /// What is left of a chunk of snappy's.
    private var chunk: ArraySlice<UInt8> = []

    private enum Source {
        case plain
        case gzip(Inflater)
        case snappy
    }

    private enum Filling {
        case more
        case atEnd
        /// The window would have to move.
        case full
    }

    init(_ file: any StorageFile, size: Int, compression: SnapshotCompression) throws(StorageError) {
        self.file = file
        fileSize = size
        switch compression {
        case .none: source = .plain
        case .gzip: source = .gzip(Inflater())
        case .snappy:
            source = .snappy
            // Magic, then version and compatible version: 16 bytes that say nothing more.
            let header = try readFile(16)
            guard header.starts(with: [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]) else {
                throw damaged("it does not begin with snappy's magic")
            }
        }
    }

    /// Goes on in another window, into which the rest of this one is copied.
    func move(to other: UnsafeMutableRawBufferPointer) {
        let rest = UnsafeRawBufferPointer(rebasing: window[filled])
        sumUp()
        summed = 0
        filled = 0..<rest.count
        window = other
        if rest.count > window.count {
            window.deallocate()
            window = .allocate(byteCount: rest.count, alignment: 16)
        }
        window.copyMemory(from: rest)
    }

    /// Reads one record with `body`, which is run again from the record's first byte when the window ended inside. Nil: it does not
    /// fit into the window as it is, and `mayMove` is false.
    func read<T>(
        mayMove: Bool, _ body: (inout JuteReader) throws(JuteError) -> T
    ) throws(StorageError) -> T? {
        while true {
            do throws(JuteError) {
                var reader = JuteReader(
                    UnsafeRawBufferPointer(rebasing: window[filled]), maxFieldLength: Int(Int32.max))
                let value = try body(&reader)
                filled = filled.lowerBound + reader.offset..<filled.upperBound
                return value
            } catch {
                guard case .truncated = error else { throw damaged(error.description) }
                switch try fill(mayMove: mayMove) {
                case .more: continue
                case .atEnd: throw damaged("it ends in the middle of a record")
                case .full: return nil
                }
            }
        }
    }

    /// Whether nothing follows; nil as for `read`.
    func isAtEnd(mayMove: Bool) throws(StorageError) -> Bool? {
        guard filled.isEmpty else { return false }
        switch try fill(mayMove: mayMove) {
        case .more: return false
        case .atEnd: return true
        case .full: return nil
        }
    }

    /// The Adler-32 of everything consumed.
    var checksum: UInt32 {
        sumUp()
        return sum.value
    }

    func damaged(_ why: String) -> StorageError { .damagedSnapshot(path: file.path, why: why) }

    private func sumUp() {
        sum.update(UnsafeRawBufferPointer(rebasing: window[summed..<filled.lowerBound]))
        summed = filled.lowerBound
    }

    /// Brings more bytes into the window, which grows only with bytes that exist, whatever a length field claims.
    private func fill(mayMove: Bool) throws(StorageError) -> Filling {
        if filled.upperBound == window.count {
            guard mayMove else { return .full }
            sumUp()
            let pending = filled.count
            if pending == window.count { grow(to: window.count * 2) }
            window.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[filled]))
            (filled, summed) = (0..<pending, 0)
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: window[filled.upperBound...])
        let count: Int
        switch source {
        case .plain:
            count = try read(into: room)
        case .gzip(let inflater):
            count = try inflate(inflater, into: room)
        case .snappy:
            if chunk.isEmpty, fileOffset < fileSize { chunk = try readChunk()[...] }
            count = min(chunk.count, room.count)
            chunk.prefix(count).withUnsafeBytes { room.copyMemory(from: $0) }
            chunk = chunk.dropFirst(count)
        }
        filled = filled.lowerBound..<filled.upperBound + count
        return count > 0 ? .more : .atEnd
    }

    private func grow(to size: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[..<filled.upperBound]))
        window.deallocate()
        window = larger
    }

    /// The next chunk of a snappy file, decompressed.
    private func readChunk() throws(StorageError) -> [UInt8] {
        let length = try readFile(4).reduce(0) { $0 << 8 | Int($1) }
        guard length <= fileSize - fileOffset else { throw damaged("a compressed chunk is longer than the file") }
        let chunk = try readFile(length)
        guard let plain = chunk.withUnsafeBytes({ decodeSnappy($0, limit: 64 << 20) }) else {
            throw damaged("a compressed chunk before offset \(fileOffset) does not decode")
        }
        return plain
    }

    private func read(into room: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        do throws(FileError) {
            let count = try file.read(into: room, at: fileOffset)
            fileOffset += count
            return count
        } catch { throw .file(error) }
    }

    private func readFile(_ count: Int) throws(StorageError) -> [UInt8] {
        guard count <= fileSize - fileOffset else { throw damaged("it ends too early") }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { bytes.deallocate() }
        let got = try read(into: bytes)
        guard got == count else { throw damaged("it ends too early") }
        return Array(bytes)
    }

    private func inflate(_ inflater: Inflater, into room: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        while true {
            if inflater.needsInput {
                let chunk = try readFile(min(256 << 10, fileSize - fileOffset))
                guard !chunk.isEmpty else { return 0 }
                inflater.input = chunk
                inflater.consumed = 0
            }
            guard let count = inflater.inflate(into: room) else { throw damaged("it is not valid gzip data") }
            if count > 0 || inflater.ended { return count }
        }
    }
}

/// zlib's inflate for gzip streams.
private final class Inflater {
    /// On the heap: zlib keeps a pointer back to it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    var input: [UInt8] = []
    var consumed = 0
    private(set) var ended = false
    var needsInput: Bool { consumed == input.count && !ended }

    init() {
        stream.initialize(to: z_stream())
        // 15 window bits; + 16 asks for the gzip wrapper.
        inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Bytes made; nil when the input is not gzip.
    func inflate(into room: UnsafeMutableRawBufferPointer) -> Int? {
        guard !ended else { return 0 }
        let available = input.count - consumed
        return input.withUnsafeMutableBytes { bytes -> Int? in
            stream.pointee.next_in = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) + consumed
            stream.pointee.avail_in = UInt32(available)
            stream.pointee.next_out = room.baseAddress!.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(clamping: room.count)
            let before = stream.pointee.avail_out
            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { return nil }
            consumed += available - Int(stream.pointee.avail_in)
            ended = status == Z_STREAM_END
            return Int(before - stream.pointee.avail_out)
        }
    }
}
