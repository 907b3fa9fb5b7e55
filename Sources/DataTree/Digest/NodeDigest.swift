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
    @inline(__always)
    static func content(path: Bytes, data: Bytes?) -> UInt32 {
        let state = CRC32.update(CRC32.initial, path.count == 1 ? Bytes(start: nil, count: 0) : path)
        guard let data else { return state }
        return CRC32.update(state, data)
    }

    static func value(content: UInt32, _ stat: StatPersisted) -> UInt64 {
        withUnsafeTemporaryAllocation(byteCount: 60, alignment: 8) { room in
            room.storeBytes(of: stat.czxid.rawValue.bigEndian, toByteOffset: 0, as: Int64.self)
            room.storeBytes(of: stat.mzxid.rawValue.bigEndian, toByteOffset: 8, as: Int64.self)
            room.storeBytes(of: stat.pzxid.rawValue.bigEndian, toByteOffset: 16, as: Int64.self)
            room.storeBytes(of: stat.ctime.bigEndian, toByteOffset: 24, as: Int64.self)
            room.storeBytes(of: stat.mtime.bigEndian, toByteOffset: 32, as: Int64.self)
            room.storeBytes(of: stat.version.bigEndian, toByteOffset: 40, as: Int32.self)
            room.storeBytes(of: stat.cversion.bigEndian, toByteOffset: 44, as: Int32.self)
            room.storeBytes(of: stat.aversion.bigEndian, toByteOffset: 48, as: Int32.self)
            room.storeBytes(of: stat.ephemeralOwner.bigEndian, toByteOffset: 52, as: Int64.self)
            return UInt64(CRC32.value(CRC32.update(content, Bytes(room))))
        }
    }

    private static let systemPrefix = Array("/zookeeper/".utf8)
}
