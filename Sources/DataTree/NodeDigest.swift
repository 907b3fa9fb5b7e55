import TreeMemory
import ZooKeeperProtocol

/// The digest of one node, version 2 (Apache's `DigestCalculator`): CRC-32 over path, data and Stat.
///
/// A tree's digest is the sum of those of its nodes, modulo 2^64. The part that path and data make, the *content*, is
/// kept with the node, so that a change of its Stat alone costs 60 bytes of CRC whatever the size of its data.
enum NodeDigest {
    /// The version in txns and snapshots.
    static let version: Int32 = 2

    /// Whether a node is left out of the digest: all below /zookeeper, but not /zookeeper itself.
    static func excludes(path: Bytes) -> Bool {
        path.count >= systemPrefix.count && path.starts(with: systemPrefix)
    }

    /// The content's CRC register. The root's path is "".
    static func content(path: Bytes, data: Bytes?) -> UInt32 {
        var crc = CRC32()
        if path.count > 1 { crc.add(path) }
        if let data { crc.add(data) }
        return crc.register
    }

    static func value(content: UInt32, _ stat: StatPersisted) -> UInt64 {
        func pair(_ high: Int32, _ low: Int32) -> UInt64 {
            UInt64(UInt32(bitPattern: high)) << 32 | UInt64(UInt32(bitPattern: low))
        }
        var crc = CRC32(register: content)
        crc.add(UInt64(bitPattern: stat.czxid.rawValue))
        crc.add(UInt64(bitPattern: stat.mzxid.rawValue))
        crc.add(UInt64(bitPattern: stat.pzxid.rawValue))
        crc.add(UInt64(bitPattern: stat.ctime))
        crc.add(UInt64(bitPattern: stat.mtime))
        crc.add(pair(stat.version, stat.cversion))
        crc.add(UInt32(bitPattern: stat.aversion))
        crc.add(UInt64(bitPattern: stat.ephemeralOwner))
        return UInt64(crc.value)
    }

    private static let systemPrefix = Array("/zookeeper/".utf8)
}
