/// A value that is read from its jute form.
@usableFromInline
package protocol JuteDecodable: Hashable, Sendable {
    init(from reader: inout JuteReader) throws(JuteError)
}

/// A value that is written in its jute form.
@usableFromInline
package protocol JuteEncodable: Hashable, Sendable {
    func write(to writer: inout JuteWriter)
}

/// A value with a jute form. What is read and written again gives the same bytes.
@usableFromInline
package typealias JuteRecord = JuteDecodable & JuteEncodable

extension JuteDecodable {
    /// Reads a record that must fill `bytes` to the last one.
    package init(decoding bytes: [UInt8], maxFieldLength: Int = JuteLimits.standard.maxFieldLength) throws(JuteError) {
        self = try bytes.readJute(maxFieldLength: maxFieldLength) { (reader) throws(JuteError) in
            let record = try Self(from: &reader)
            try reader.requireEnd()
            return record
        }
    }
}

extension JuteEncodable {
    /// The record's bytes, for places where speed does not matter.
    package var encoded: [UInt8] {
        var writer = JuteWriter()
        write(to: &writer)
        return writer.bytes
    }
}

extension [UInt8] {
    /// Reads jute from these bytes; the reader must not leave `body`.
    @inlinable
    package func readJute<Result, Failure: Error>(
        maxFieldLength: Int = JuteLimits.standard.maxFieldLength,
        _ body: (inout JuteReader) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { (bytes) throws(Failure) in
            var reader = JuteReader(UnsafeRawBufferPointer(bytes), maxFieldLength: maxFieldLength)
            return try body(&reader)
        }
    }
}
