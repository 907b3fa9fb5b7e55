import Jute

/// What precedes the body of every txn, in the log and in proposals. 32 bytes.
package struct TxnHeader: JuteRecord {
    /// Whose request it was; 0 for what the server did by itself.
    package var session: SessionID
    /// The request's xid.
    package var cxid: Int32
    package var zxid: ZXID
    /// By the leader's clock, in milliseconds since 1970.
    package var time: Int64
    package var type: OpCode

    package init(session: SessionID, cxid: Int32, zxid: ZXID, time: Int64, type: OpCode) {
        self.session = session
        self.cxid = cxid
        self.zxid = zxid
        self.time = time
        self.type = type
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        session = try reader.readSessionID()
        cxid = try reader.readInt32()
        zxid = try reader.readZXID()
        time = try reader.readInt64()
        type = OpCode(rawValue: try reader.readInt32())
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(session)
        writer.write(cxid)
        writer.write(zxid)
        writer.write(time)
        writer.write(type.rawValue)
    }
}

/// The checksum of the tree after a txn was applied, as the leader foresaw it.
package struct TxnDigest: JuteRecord {
    /// How the digest is computed; 2 since ZooKeeper 3.7.
    package var version: Int32
    package var tree: UInt64

    package init(version: Int32 = 2, tree: UInt64) {
        self.version = version
        self.tree = tree
    }

    package static let size = 12

    package init(from reader: inout JuteReader) throws(JuteError) {
        version = try reader.readInt32()
        tree = UInt64(bitPattern: try reader.readInt64())
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(version)
        writer.write(Int64(bitPattern: tree))
    }
}

/// The body of the txns setData and reconfig; the version is the **new** one.
package typealias SetDataTxn = SetDataRequest
