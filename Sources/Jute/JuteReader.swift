/// Reads jute, ZooKeeper's serialisation, from bytes that somebody else owns (Apache's `BinaryInputArchive`).
///
/// Big-endian integers, no tags, no alignment; strings, buffers and vectors are prefixed with an `Int32` length where
/// -1 means null, which is not the same as empty. Every read is checked against the input's end and against the
/// length limit, and nothing is allocated on the word of a length field alone.
///
/// The reader and every slice it returns are valid only as long as the bytes: inside the closure of
/// `withUnsafeBytes` and the like. Methods that return slices allocate nothing.
@usableFromInline
package struct JuteReader {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    /// The longest string or buffer accepted.
    @usableFromInline package let maxFieldLength: Int
    @usableFromInline var position = 0

    @inlinable
    package init(_ bytes: UnsafeRawBufferPointer, maxFieldLength: Int = JuteLimits.standard.maxFieldLength) {
        self.bytes = bytes
        self.maxFieldLength = maxFieldLength
    }

    /// Where the next read begins, from the start of the bytes.
    @inlinable package var offset: Int { position }
    @inlinable package var remaining: Int { bytes.count - position }
    @inlinable package var isAtEnd: Bool { position == bytes.count }

    // MARK: Numbers

    @inlinable
    package mutating func readUInt8() throws(JuteError) -> UInt8 {
        guard remaining >= 1 else { throw .truncated(at: position, wanted: 1) }
        defer { position += 1 }
        return bytes[position]
    }

    /// Every byte but 0 is true, as in Java.
    @inlinable
    package mutating func readBool() throws(JuteError) -> Bool {
        try readUInt8() != 0
    }

    @inlinable
    package mutating func readInt32() throws(JuteError) -> Int32 {
        guard remaining >= 4 else { throw .truncated(at: position, wanted: 4) }
        defer { position += 4 }
        return Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
    }

    @inlinable
    package mutating func readInt64() throws(JuteError) -> Int64 {
        guard remaining >= 8 else { throw .truncated(at: position, wanted: 8) }
        defer { position += 8 }
        return Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int64.self))
    }

    // MARK: Strings and buffers

    /// A string or buffer as a slice of the input; nil is null.
    @inlinable
    package mutating func readSlice() throws(JuteError) -> UnsafeRawBufferPointer? {
        let start = position
        let length = try readInt32()
        if length == -1 { return nil }
        guard length >= 0, Int(length) <= maxFieldLength else {
            throw .unreasonableLength(length, at: start, limit: maxFieldLength)
        }
        return try readRaw(Int(length))
    }

    /// As `readSlice`, where null is an error: the path of a read request, say.
    @inlinable
    package mutating func readPresentSlice() throws(JuteError) -> UnsafeRawBufferPointer {
        let start = position
        guard let slice = try readSlice() else { throw .unexpectedNull(at: start) }
        return slice
    }

    /// A buffer, copied; nil is null.
    @inlinable
    package mutating func readBuffer() throws(JuteError) -> [UInt8]? {
        try readSlice().map { [UInt8]($0) }
    }

    /// A string; malformed UTF-8 becomes replacement characters, as in Java. Nil is null.
    @inlinable
    package mutating func readOptionalString() throws(JuteError) -> String? {
        try readSlice().map { String(decoding: $0, as: UTF8.self) }
    }

    @inlinable
    package mutating func readString() throws(JuteError) -> String {
        String(decoding: try readPresentSlice(), as: UTF8.self)
    }

    /// `count` bytes without a length prefix.
    @inlinable
    package mutating func readRaw(_ count: Int) throws(JuteError) -> UnsafeRawBufferPointer {
        guard count <= remaining else { throw .truncated(at: position, wanted: count) }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// All bytes that are left.
    @inlinable
    package mutating func readRest() -> UnsafeRawBufferPointer {
        defer { position = bytes.count }
        return UnsafeRawBufferPointer(rebasing: bytes[position...])
    }

    // MARK: Vectors

    /// How many elements follow; nil is a null vector. A negative count other than -1 acts as 0, as in Java.
    ///
    /// The count is the peer's claim: loop over it, but reserve nothing by it.
    @inlinable
    package mutating func readVectorCount() throws(JuteError) -> Int? {
        let count = try readInt32()
        return count == -1 ? nil : max(0, Int(count))
    }

    @inlinable
    package mutating func readVector<Element>(
        of read: (inout JuteReader) throws(JuteError) -> Element
    ) throws(JuteError) -> [Element]? {
        guard let count = try readVectorCount() else { return nil }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    /// A vector of records; nil is null.
    @inlinable
    package mutating func readVector<Record: JuteDecodable>(
        of type: Record.Type = Record.self
    ) throws(JuteError) -> [Record]? {
        try readVector { (reader) throws(JuteError) in try Record(from: &reader) }
    }

    /// A vector of strings; nil is null.
    @inlinable
    package mutating func readStrings() throws(JuteError) -> [String]? {
        try readVector { (reader) throws(JuteError) in try reader.readString() }
    }

    /// Reads a record from a stream that has no frames; nil, without moving, when its end has not arrived yet.
    ///
    /// Each try begins at the start, so the caller bounds how much it gathers before it gives up.
    @inlinable
    package mutating func readIfComplete<Record: JuteDecodable>(
        _ type: Record.Type = Record.self
    ) throws(JuteError) -> Record? {
        let start = position
        do {
            return try Record(from: &self)
        } catch .truncated {
            position = start
            return nil
        }
    }

    /// For records that must fill their frame.
    @inlinable
    package func requireEnd() throws(JuteError) {
        guard isAtEnd else { throw .trailingBytes(remaining, at: position) }
    }
}
