import DataTree
import Jute
import ZooKeeperProtocol

/// Reads what a snapshot file and a snapshot stream between servers have in common, record by record: sessions, ACLs, then
/// nodes up to the closing "/".
struct SnapshotContent {
    private enum Part {
        case sessionCount
        case sessions(left: Int32)
        case aclCount
        case acls(left: Int32)
        case nodes
    }

    enum Outcome {
        case more
        /// The closing "/" was read.
        case end
        /// A node whose parent is not there: the snapshot is damaged.
        case orphan(path: String)
    }

    private var part = Part.sessionCount

    /// Reads one record. When it is not whole yet this throws `truncated`, nothing has changed, and the same call may be made
    /// again with more bytes.
    mutating func step(_ reader: inout JuteReader, into loader: inout DataTreeLoader) throws(JuteError) -> Outcome {
        switch part {
        case .sessionCount:
            part = .sessions(left: try reader.readInt32())
        case .sessions(let left) where left > 0:
            let id = try reader.readSessionID()
            loader.addSession(id, timeout: try reader.readInt32())
            part = .sessions(left: left - 1)
        case .sessions:
            part = .aclCount
        case .aclCount:
            part = .acls(left: try reader.readInt32())
        case .acls(let left) where left > 0:
            let key = try reader.readInt64()
            var list = JuteWriter()
            list.write(try reader.readVector(of: ACL.self))
            try list.withUnsafeBytes { (bytes) throws(JuteError) in try loader.addACL(key: key, list: bytes) }
            part = .acls(left: left - 1)
        case .acls:
            part = .nodes
        case .nodes:
            let path = try reader.readPresentSlice()
            if path.count == 1, path[0] == UInt8(ascii: "/") { return .end }
            let data = try reader.readSlice()
            let acl = try reader.readInt64()
            let stat = try StatPersisted(from: &reader)
            guard loader.addNode(path, data: data, acl: acl, stat: stat) else {
                return .orphan(path: String(decoding: path, as: UTF8.self))
            }
        }
        return .more
    }
}
