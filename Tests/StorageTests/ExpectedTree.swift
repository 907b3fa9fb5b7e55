import DataTree
import FoundationEssentials
import Jute
import Testing
import ZooKeeperProtocol

/// The tree as kazoo read it back from an Apache server on a copy of a fixture directory: an `expected.json`.
struct ExpectedTree: Decodable {
    struct Entry: Decodable {
        struct Rule: Decodable {
            var perms: Int32
            var scheme: String
            var id: String
        }

        struct Numbers: Decodable, Equatable {
            var czxid, mzxid, ctime, mtime: Int64
            var version, cversion, aversion: Int32
            var ephemeralOwner: Int64
            var dataLength, numChildren: Int32
            var pzxid: Int64
        }

        var path: String
        /// Base 64.
        var data: String?
        var stat: Numbers
        var acl: [Rule]
        var children: [String]
    }

    var nodes: [Entry]

    init(_ name: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: fixture(name))))
    }

    /// Compares every node as a super user would read it.
    func expectEqual(_ tree: DataTree, exceptConfig: Bool = false) throws {
        let connection = ClientID(rawValue: 0)
        tree.watches.connect(connection, [AuthID(scheme: "super", id: "")])
        defer { tree.watches.disconnect(connection) }
        let reader = Reader(connection: connection, session: .none)
        #expect(tree.nodeCount == nodes.count + 1)
        for node in nodes where !(exceptConfig && node.path == DataTree.configPath) {
            var request = JuteWriter()
            request.write(node.path)
            request.write(false)
            var reply = JuteWriter()
            func ask(_ op: OpCode) -> ErrorCode {
                reply.removeAll()
                return request.withUnsafeBytes { tree.read(op, $0, for: reader, into: &reply) }
            }
            #expect(ask(.getData) == .ok, "\(node.path)")
            let data = try DataResponse(decoding: reply.bytes)
            #expect(data.data == node.data.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }, "\(node.path)")
            #expect(Entry.Numbers(data.stat) == node.stat, "\(node.path)")
            #expect(ask(.getACL) == .ok)
            let acl = try ACLResponse(decoding: reply.bytes).acl
            #expect(acl == node.acl.map { ACL(Permissions(rawValue: $0.perms), AuthID(scheme: $0.scheme, id: $0.id)) })
            #expect(ask(.getChildren) == .ok)
            #expect(try StringsRecord(decoding: reply.bytes).strings?.sorted() == node.children.sorted())
        }
    }
}

extension ExpectedTree.Entry.Numbers {
    init(_ stat: Stat) {
        self.init(
            czxid: stat.czxid.rawValue, mzxid: stat.mzxid.rawValue, ctime: stat.ctime, mtime: stat.mtime,
            version: stat.version, cversion: stat.cversion, aversion: stat.aversion,
            ephemeralOwner: stat.ephemeralOwner.rawValue, dataLength: stat.dataLength, numChildren: stat.numChildren,
            pzxid: stat.pzxid.rawValue)
    }
}
