/// Why a record could not be read. `at` is the offset, in bytes from where the reader began.
@usableFromInline
package enum JuteError: Error, Hashable, Sendable {
    /// `wanted` more bytes were needed, and the input ends before them.
    case truncated(at: Int, wanted: Int)
    /// A string or buffer announces a length below -1, or above `limit` (`jute.maxbuffer` + extra size).
    case unreasonableLength(Int32, at: Int, limit: Int)
    /// -1 (null) where the protocol needs a value.
    case unexpectedNull(at: Int)
    /// A number that stands for nothing: an unknown txn type, event type, …
    case unknownValue(Int64, at: Int)
    /// The record is complete, and the input goes on.
    case trailingBytes(Int, at: Int)
}

extension JuteError: CustomStringConvertible {
    @usableFromInline package var description: String {
        switch self {
        case .truncated(let offset, let wanted): "the input ends at byte \(offset) where \(wanted) more were needed"
        case .unreasonableLength(let length, let offset, let limit):
            "unreasonable length \(length) at byte \(offset) (limit \(limit), see jute.maxbuffer)"
        case .unexpectedNull(let offset): "null at byte \(offset) where a value is needed"
        case .unknownValue(let value, let offset): "unknown value \(value) at byte \(offset)"
        case .trailingBytes(let count, let offset): "\(count) bytes are left over after byte \(offset)"
        }
    }
}
