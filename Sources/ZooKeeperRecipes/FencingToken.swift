import ZooKeeperClient

/// Tells a later holder from an earlier one: the zxid that created the holder's znode (its czxid).
///
/// Give it to what the lock protects with every request, and have that refuse a token smaller than the greatest it has seen. That is the
/// one protection against a holder that was stopped (by the machine, by a debugger) while its session ended, and does not know it yet.
public struct FencingToken: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    init(_ czxid: ZXID) {
        self.init(rawValue: czxid.rawValue)
    }

    public static func < (one: FencingToken, other: FencingToken) -> Bool { one.rawValue < other.rawValue }

    public var description: String { "0x" + String(rawValue, radix: 16) }
}
