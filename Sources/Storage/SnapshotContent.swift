import DataTree
import Jute
import ZooKeeperProtocol

/// Decodes what a snapshot file and a snapshot stream between servers have in common, record by record: sessions, ACLs, then
/// nodes up to the closing "/".
struct SnapshotContent {
    private enum Part {
        case sessionCount
        case sessions(left: Int32)
        case aclCount
        case acls(left: Int32)
        case nodes
    }

    enum Record {
        /// How many there are of something.
        case count
        case session(SessionID, timeout: Int32)
        case acl(key: Int64, list: [UInt8])
        case node(SnapshotNode)
        /// The closing "/".
        case end
    }

    private var part = Part.sessionCount

    /// Reads one record. When it is not whole yet this throws `truncated`, nothing has changed, and the same call may be made
    /// again with more bytes.
    mutating func next(_ reader: inout JuteReader) throws(JuteError) -> Record {
        switch part {
        case .sessionCount:
            part = .sessions(left: try reader.readInt32())
        case .sessions(let left) where left > 0:
            let (id, timeout) = (try reader.readSessionID(), try reader.readInt32())
            part = .sessions(left: left - 1)
            return .session(id, timeout: timeout)
        case .sessions:
            part = .aclCount
        case .aclCount:
            part = .acls(left: try reader.readInt32())
        case .acls(let left) where left > 0:
            let key = try reader.readInt64()
            var list = JuteWriter()
            list.write(try reader.readVector(of: ACL.self))
            part = .acls(left: left - 1)
            return .acl(key: key, list: list.bytes)
        case .acls:
            part = .nodes
        case .nodes:
            let path = try reader.readPresentSlice()
            if path.count == 1, path[0] == UInt8(ascii: "/") { return .end }
            let data = try reader.readSlice()
            let acl = try reader.readInt64()
            return .node(SnapshotNode(path, data: data, acl: acl, stat: try StatPersisted(from: &reader)))
        }
        return .count
    }
}
