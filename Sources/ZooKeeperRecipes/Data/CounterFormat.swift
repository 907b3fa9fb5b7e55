/// How a counter's value lies in its znode.
public enum CounterFormat: Hashable, Sendable, CaseIterable {
    /// Four bytes, the highest first: Curator's `SharedCount` and `DistributedAtomicInteger`, kazoo's `Counter` with `support_curator`.
    case int32
    /// Eight bytes, the highest first: Curator's `DistributedAtomicLong`.
    case int64
    /// Decimal digits: kazoo's `Counter`.
    case text

    /// Nil for data that is no such number. No data at all is the beginning.
    func value(of data: [UInt8], default initial: Int) -> Int? {
        if data.isEmpty { return initial }
        switch self {
        case .int32:
            return data.count == 4 ? Int(data.reduce(Int32(0)) { $0 << 8 | Int32($1) }) : nil
        case .int64:
            return data.count == 8 ? data.reduce(0) { $0 << 8 | Int($1) } : nil
        case .text:
            return Int(String(decoding: data, as: UTF8.self))
        }
    }

    /// Nil for a number that has no room.
    func data(of value: Int) -> [UInt8]? {
        switch self {
        case .int32:
            Int32(exactly: value).map { number in
                (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
            }
        case .int64:
            (0..<8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        case .text: Array(String(value).utf8)
        }
    }
}
