/// Appends jute to a buffer that is kept from use to use (Apache's `BinaryOutputArchive`).
///
/// `removeAll` keeps the memory, so one writer a connection (or an event loop) serves all replies of its life.
@usableFromInline
package struct JuteWriter: Sendable {
    /// Only the first `count` bytes mean something; the rest is room, so that growing is rare and nothing is
    /// initialised twice.
    @usableFromInline var storage: [UInt8]
    @usableFromInline package private(set) var count = 0

    package init(capacity: Int = 256) {
        storage = [UInt8](repeating: 0, count: capacity)
    }

    @inlinable package var isEmpty: Bool { count == 0 }
    /// The memory held, in bytes: what a shell looks at to let go of a writer that one huge reply has blown up.
    @inlinable package var capacity: Int { storage.count }

    /// A copy of what was written.
    package var bytes: [UInt8] { [UInt8](storage[..<count]) }

    @inlinable
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try storage.withUnsafeBufferPointer { (all) throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(all)[..<count]))
        }
    }

    package mutating func removeAll(keepingCapacity: Bool = true) {
        count = 0
        if !keepingCapacity { storage = [] }
    }

    /// Takes back everything after the first `newCount` bytes: a reply begun too soon.
    package mutating func truncate(to newCount: Int) {
        count = min(count, newCount)
    }

    // MARK: Numbers

    @inlinable
    package mutating func write(_ value: UInt8) {
        withRoom(1) { $0.storeBytes(of: value, as: UInt8.self) }
    }

    @inlinable
    package mutating func write(_ value: Bool) {
        write(value ? 1 as UInt8 : 0)
    }

    @inlinable
    package mutating func write(_ value: Int32) {
        withRoom(4) { $0.storeBytes(of: value.bigEndian, as: Int32.self) }
    }

    @inlinable
    package mutating func write(_ value: Int64) {
        withRoom(8) { $0.storeBytes(of: value.bigEndian, as: Int64.self) }
    }

    // MARK: Strings and buffers

    @inlinable
    package mutating func write(_ string: String?) {
        guard var string else { return write(-1 as Int32) }
        string.withUTF8 { write(slice: UnsafeRawBufferPointer($0)) }
    }

    @inlinable
    package mutating func write(_ buffer: [UInt8]?) {
        guard let buffer else { return write(-1 as Int32) }
        buffer.withUnsafeBytes { write(slice: $0) }
    }

    /// A string or buffer from bytes; nil is null.
    @inlinable
    package mutating func write(slice: UnsafeRawBufferPointer?) {
        guard let slice else { return write(-1 as Int32) }
        write(Int32(slice.count))
        write(raw: slice)
    }

    /// Bytes without a length prefix.
    @inlinable
    package mutating func write(raw: UnsafeRawBufferPointer) {
        guard let source = raw.baseAddress, !raw.isEmpty else { return }
        withRoom(raw.count) { $0.copyMemory(from: source, byteCount: raw.count) }
    }

    @inlinable
    package mutating func write(raw: [UInt8]) {
        raw.withUnsafeBytes { write(raw: $0) }
    }

    // MARK: Vectors

    /// The count that precedes a vector's elements; nil is a null vector.
    @inlinable
    package mutating func write(vectorCount: Int?) {
        write(Int32(vectorCount ?? -1))
    }

    @inlinable
    package mutating func write<Record: JuteEncodable>(_ vector: [Record]?) {
        write(vectorCount: vector?.count)
        for record in vector ?? [] { record.write(to: &self) }
    }

    @inlinable
    package mutating func write(_ strings: [String]?) {
        write(vectorCount: strings?.count)
        for string in strings ?? [] { write(string) }
    }

    @inlinable
    package mutating func write(_ record: some JuteEncodable) {
        record.write(to: &self)
    }

    // MARK: Frames

    /// Writes what `body` writes, behind an `Int32` with its length: a frame of the client or election port, or a
    /// buffer whose content is itself jute.
    @inlinable
    package mutating func frame<Failure: Error>(
        _ body: (inout JuteWriter) throws(Failure) -> Void
    ) throws(Failure) {
        let start = beginFrame()
        try body(&self)
        endFrame(start)
    }

    /// Leaves room for a frame's length; hand the result to `endFrame`.
    @inlinable
    package mutating func beginFrame() -> Int {
        let start = count
        write(0 as Int32)
        return start
    }

    @inlinable
    package mutating func endFrame(_ start: Int) {
        overwrite(Int32(count - start - 4), at: start)
    }

    /// Replaces four bytes written before: a length, a count or a checksum that was not known yet.
    @inlinable
    package mutating func overwrite(_ value: Int32, at offset: Int) {
        storage.withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int32.self) }
    }

    // MARK: Room

    /// Calls `body` with the address of the next `size` bytes, which it must fill.
    ///
    /// One call for a record of fixed size (a Stat, a header) is one check of the room for all its fields.
    @inlinable
    package mutating func withRoom(_ size: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
        if count + size > storage.count { grow(to: count + size) }
        storage.withUnsafeMutableBytes { body($0.baseAddress! + count) }
        count += size
    }

    @usableFromInline @inline(never)
    mutating func grow(to needed: Int) {
        let target = max(needed, storage.count * 2, 256)
        storage.reserveCapacity(target)
        storage.append(contentsOf: repeatElement(0, count: target - storage.count))
    }
}
