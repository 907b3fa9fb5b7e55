/// Limits or counts of a subtree as the znodes `zookeeper_limits` and `zookeeper_stats` hold them: `count=3,bytes=-1`,
/// with hard limits `count=3,bytes=-1=;byteHardLimit=10;countHardLimit=-1` (Apache's `StatsTrack`). No limit is -1.
package struct Quota: Hashable, Sendable {
    package struct Limits: OptionSet, Hashable, Sendable {
        package var rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let count = Limits(rawValue: 1)
        package static let bytes = Limits(rawValue: 2)
        package static let hardCount = Limits(rawValue: 4)
        package static let hardBytes = Limits(rawValue: 8)
    }

    private var values: [String: Int64]

    /// Without any entry.
    package init() { values = [:] }

    /// What `setquota` writes for a new quota: all four, most without a limit.
    package init(count: Int64 = -1, bytes: Int64 = -1, hardCount: Int64 = -1, hardBytes: Int64 = -1) {
        values = ["count": count, "bytes": bytes, "countHardLimit": hardCount, "byteHardLimit": hardBytes]
    }

    package init(text: String) {
        values = [:]
        for pair in text.split(whereSeparator: { $0 == "," || $0 == ";" }) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            values[String(parts[0])] = parts.count > 1 ? Int64(parts[1]) ?? -1 : -1
        }
    }

    package var count: Int64 {
        get { values["count"] ?? -1 }
        set { values["count"] = newValue }
    }
    package var bytes: Int64 {
        get { values["bytes"] ?? -1 }
        set { values["bytes"] = newValue }
    }
    package var hardCount: Int64 {
        get { values["countHardLimit"] ?? -1 }
        set { values["countHardLimit"] = newValue }
    }
    package var hardBytes: Int64 {
        get { values["byteHardLimit"] ?? -1 }
        set { values["byteHardLimit"] = newValue }
    }

    /// Takes over the limits that `other` has.
    mutating func merge(_ other: Quota) {
        if other.count > -1 { count = other.count }
        if other.bytes > -1 { bytes = other.bytes }
        if other.hardCount > -1 { hardCount = other.hardCount }
        if other.hardBytes > -1 { hardBytes = other.hardBytes }
    }

    mutating func remove(_ limits: Limits) {
        if limits.contains(.count) { count = -1 }
        if limits.contains(.bytes) { bytes = -1 }
        if limits.contains(.hardCount) { hardCount = -1 }
        if limits.contains(.hardBytes) { hardBytes = -1 }
    }

    /// A line for each limit that `usage` is beyond of already.
    func warnings(for usage: Quota) -> [String] {
        func exceeds(_ used: Int64, _ limits: Int64...) -> Bool { limits.contains { $0 > -1 && $0 < used } }
        var lines: [String] = []
        if exceeds(usage.count, count, hardCount) {
            lines.append("[Warning]: the count quota you create is less than the existing count:\(usage.count)")
        }
        if exceeds(usage.bytes, bytes, hardBytes) {
            lines.append("[Warning]: the bytes quota you create is less than the existing bytes:\(usage.bytes)")
        }
        return lines
    }
}

extension Quota: CustomStringConvertible {
    package var description: String {
        let others = values.filter { $0.key != "count" && $0.key != "bytes" }.sorted { $0.key < $1.key }
        let text = "count=\(count),bytes=\(bytes)"
        return others.isEmpty ? text : others.reduce(text + "=") { $0 + ";\($1.key)=\($1.value)" }
    }
}

/// Where quotas are kept.
enum QuotaPaths {
    static let root = "/zookeeper/quota"

    static func limits(of path: String) -> String { root + path + "/zookeeper_limits" }
    static func usage(of path: String) -> String { root + path + "/zookeeper_stats" }
}
