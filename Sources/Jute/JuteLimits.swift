/// The size limits of Apache's jute: `jute.maxbuffer` and `zookeeper.jute.maxbuffer.extrasize`, in bytes.
@usableFromInline
package struct JuteLimits: Hashable, Sendable {
    /// The longest frame taken on the client port (`jute.maxbuffer`).
    @usableFromInline package var maxBuffer: Int
    /// What a string or buffer inside a record may have on top of `maxBuffer`, so that a txn which wraps a
    /// request of the full size can still be read. Never below 1024.
    @usableFromInline package let extraSize: Int

    package init(maxBuffer: Int = 0xf_ffff, extraSize: Int? = nil) {
        self.maxBuffer = maxBuffer
        self.extraSize = max(extraSize ?? maxBuffer, 1024)
    }

    /// The longest string or buffer inside a record.
    @usableFromInline package var maxFieldLength: Int { maxBuffer + extraSize }

    @usableFromInline package static let standard = JuteLimits()
}
