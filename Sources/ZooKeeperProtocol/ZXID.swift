import Jute

/// A transaction id: the leader's epoch in the high 32 bits, a counter in the low 32.
///
/// Compared as a signed number, as Java does.
public struct ZXID: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: Int64

    @inlinable
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    @inlinable
    package init(epoch: Epoch, counter: UInt32) {
        rawValue = epoch.rawValue << 32 | Int64(counter)
    }

    /// Before the first transaction.
    @inlinable public static var zero: ZXID { ZXID(rawValue: 0) }

    @inlinable package var epoch: Epoch { Epoch(rawValue: rawValue >> 32) }
    /// The transaction's number in its epoch; 0 is the epoch itself (NEWLEADER), not a transaction.
    @inlinable public var counter: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
    @inlinable package var isStartOfEpoch: Bool { counter == 0 }
    @inlinable package var next: ZXID { ZXID(rawValue: rawValue &+ 1) }

    /// Whether nothing is missing between `last` and this txn: it is the next one of its epoch, or the first of a later one. (How
    /// many txns the epoch of `last` had in the end, the numbers do not say.)
    @inlinable
    package func follows(_ last: ZXID) -> Bool {
        self == last.next || epoch > last.epoch && counter == 1
    }

    @inlinable
    public static func < (left: ZXID, right: ZXID) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Lower-case hex without prefix or leading zeros: how the names of logs and snapshots end.
    public var hex: String { String(UInt64(bitPattern: rawValue), radix: 16) }
}

extension ZXID: CustomStringConvertible {
    public var description: String { "0x" + hex }
}

/// The number of a leader's reign. 31 bits in practice; an observer's vote carries `Int64.min`.
///
/// acceptedEpoch, currentEpoch, peerEpoch and a round of election (electionEpoch) are different things: the label
/// says which one is meant.
@usableFromInline
package struct Epoch: RawRepresentable, Hashable, Comparable, Sendable {
    @usableFromInline package var rawValue: Int64

    @inlinable
    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    @inlinable package static var zero: Epoch { Epoch(rawValue: 0) }
    @inlinable package var next: Epoch { Epoch(rawValue: rawValue &+ 1) }

    @inlinable
    package static func < (left: Epoch, right: Epoch) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension Epoch: CustomStringConvertible {
    @usableFromInline package var description: String { String(rawValue) }
}

extension JuteReader {
    @inlinable
    package mutating func readZXID() throws(JuteError) -> ZXID {
        ZXID(rawValue: try readInt64())
    }
}

extension JuteWriter {
    @inlinable
    package mutating func write(_ zxid: ZXID) {
        write(zxid.rawValue)
    }
}
