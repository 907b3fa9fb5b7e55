import Jute

/// What precedes the body of every request but the first of a connection.
package struct RequestHeader: JuteRecord {
    package var xid: Int32
    package var op: OpCode

    package init(xid: Int32, op: OpCode) {
        self.xid = xid
        self.op = op
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        xid = try reader.readInt32()
        op = OpCode(rawValue: try reader.readInt32())
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(xid)
        writer.write(op.rawValue)
    }
}

/// What precedes the body of every reply and event. With an error there is no body, except in a multi.
package struct ReplyHeader: JuteRecord {
    package var xid: Int32
    package var zxid: ZXID
    package var error: ErrorCode

    package init(xid: Int32, zxid: ZXID, error: ErrorCode = .ok) {
        self.xid = xid
        self.zxid = zxid
        self.error = error
    }

    package static let size = 16

    package init(from reader: inout JuteReader) throws(JuteError) {
        xid = try reader.readInt32()
        zxid = try reader.readZXID()
        error = ErrorCode(rawValue: try reader.readInt32())
    }

    package func write(to writer: inout JuteWriter) {
        writer.withRoom(16) { room in
            room.storeBytes(of: xid.bigEndian, toByteOffset: 0, as: Int32.self)
            room.storeBytes(of: zxid.rawValue.bigEndian, toByteOffset: 4, as: Int64.self)
            room.storeBytes(of: error.rawValue.bigEndian, toByteOffset: 12, as: Int32.self)
        }
    }
}
