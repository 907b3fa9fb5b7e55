import TreeMemory
import ZooKeeperProtocol

/// The paths that have a quota, for finding the longest one above a path (Apache's `PathTrie` and `Quotas`).
///
/// The limits and counts themselves are data of nodes below /zookeeper/quota: `QuotaText`.
struct Quotas {
    /// By the hash of their bytes, as computed while walking along a path.
    private var marked: [UInt64: [[UInt8]]] = [:]
    private(set) var isEmpty = true

    /// Every marked path, sorted.
    var all: [[UInt8]] { marked.values.joined().sorted { $0.lexicographicallyPrecedes($1) } }

    static let root = Array("/zookeeper/quota".utf8)
    static let limitsName = Array("zookeeper_limits".utf8)
    static let statsName = Array("zookeeper_stats".utf8)

    /// The path that a node below /zookeeper/quota speaks for, or nil. "/" can have no quota.
    static func subject(ofQuotaNode path: Bytes, named name: [UInt8]) -> [UInt8]? {
        guard path.count > root.count + 1 + name.count, path.starts(with: root), path[root.count] == slash else {
            return nil
        }
        let end = path.count - name.count - 1
        guard path[end] == slash, path[(end + 1)...].elementsEqual(name) else { return nil }
        let subject = path[root.count..<end]
        return subject.isEmpty ? nil : [UInt8](subject)
    }

    static func limitsPath(_ subject: [UInt8]) -> [UInt8] { root + subject + [slash] + limitsName }
    static func statsPath(_ subject: [UInt8]) -> [UInt8] { root + subject + [slash] + statsName }

    mutating func mark(_ path: [UInt8]) {
        let hash = path.withUnsafeBytes { Self.prefixHashes($0) { _, _ in }.hash }
        if marked[hash]?.contains(path) != true { marked[hash, default: []].append(path) }
        isEmpty = false
    }

    mutating func unmark(_ path: [UInt8]) {
        let hash = path.withUnsafeBytes { Self.prefixHashes($0) { _, _ in }.hash }
        marked[hash]?.removeAll { $0 == path }
        if marked[hash]?.isEmpty == true { marked[hash] = nil }
        isEmpty = marked.isEmpty
    }

    /// The longest marked path that is `path` or above it.
    func longestPrefix(of path: Bytes) -> [UInt8]? {
        var found: [UInt8]?
        func look(_ hash: UInt64, _ length: Int) {
            guard let candidates = marked[hash] else { return }
            for candidate in candidates where candidate.count == length && path.starts(with: candidate) {
                found = candidate
            }
        }
        let whole = Self.prefixHashes(path, look)
        look(whole.hash, whole.length)
        return found
    }

    /// FNV-1a along the path; `each` gets the hash and length of every ancestor but the root.
    private static func prefixHashes(
        _ path: Bytes, _ each: (UInt64, Int) -> Void
    ) -> (hash: UInt64, length: Int) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for (index, byte) in path.enumerated() {
            if byte == slash, index > 0 { each(hash, index) }
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return (hash, path.count)
    }
}

/// The text in quota nodes (Apache's `StatsTrack`): `count=N,bytes=N`, then other keys. -1 is no limit.
package struct QuotaText: Hashable, Sendable {
    package var count: Int64 = -1
    package var bytes: Int64 = -1
    /// Keys beside count and bytes: `countHardLimit`, `byteHardLimit`.
    package var others: [String: Int64] = [:]

    package var countHardLimit: Int64 { others["countHardLimit"] ?? -1 }
    package var byteHardLimit: Int64 { others["byteHardLimit"] ?? -1 }

    package init(count: Int64 = -1, bytes: Int64 = -1) {
        self.count = count
        self.bytes = bytes
    }

    /// Reads leniently: what is no number is no limit.
    package init(_ text: Bytes?) {
        guard let text else { return }
        for pair in String(decoding: text, as: UTF8.self).split(whereSeparator: { $0 == "," || $0 == ";" }) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            let value = parts.count > 1 ? Int64(parts[1]) ?? -1 : -1
            switch parts[0] {
            case "count": count = value
            case "bytes": bytes = value
            case "": break
            default: others[String(parts[0])] = value
            }
        }
    }

    package var text: String {
        var text = "count=\(count),bytes=\(bytes)"
        if !others.isEmpty { text += "=" }
        for (key, value) in others.sorted(by: { $0.key < $1.key }) { text += ";\(key)=\(value)" }
        return text
    }
}
