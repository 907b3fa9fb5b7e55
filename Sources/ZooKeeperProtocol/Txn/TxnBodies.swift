import Jute

/// The body of the txns create and create2.
package struct CreateTxn: Hashable, Sendable {
    package var path: String
    package var data: [UInt8]?
    package var acl: [ACL]?
    package var ephemeral: Bool
    /// The parent's stored cversion after this create; -1 in logs of servers before 3.3: count up.
    package var parentCVersion: Int32

    package init(path: String, data: [UInt8]?, acl: [ACL]?, ephemeral: Bool, parentCVersion: Int32) {
        self.path = path
        self.data = data
        self.acl = acl
        self.ephemeral = ephemeral
        self.parentCVersion = parentCVersion
    }
}

extension CreateTxn: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        path = try reader.readString()
        data = try reader.readBuffer()
        acl = try reader.readVector()
        ephemeral = try reader.readBool()
        parentCVersion = try reader.readInt32()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(data)
        writer.write(acl)
        writer.write(ephemeral)
        writer.write(parentCVersion)
    }
}

/// The body of the txn createContainer.
package struct CreateContainerTxn: Hashable, Sendable {
    package var path: String
    package var data: [UInt8]?
    package var acl: [ACL]?
    package var parentCVersion: Int32

    package init(path: String, data: [UInt8]?, acl: [ACL]?, parentCVersion: Int32) {
        self.path = path
        self.data = data
        self.acl = acl
        self.parentCVersion = parentCVersion
    }
}

extension CreateContainerTxn: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        path = try reader.readString()
        data = try reader.readBuffer()
        acl = try reader.readVector()
        parentCVersion = try reader.readInt32()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(data)
        writer.write(acl)
        writer.write(parentCVersion)
    }
}

/// The body of the txn createTTL.
package struct CreateTTLTxn: Hashable, Sendable {
    package var path: String
    package var data: [UInt8]?
    package var acl: [ACL]?
    package var parentCVersion: Int32
    /// In milliseconds.
    package var ttl: Int64

    package init(path: String, data: [UInt8]?, acl: [ACL]?, parentCVersion: Int32, ttl: Int64) {
        self.path = path
        self.data = data
        self.acl = acl
        self.parentCVersion = parentCVersion
        self.ttl = ttl
    }
}

extension CreateTTLTxn: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        path = try reader.readString()
        data = try reader.readBuffer()
        acl = try reader.readVector()
        parentCVersion = try reader.readInt32()
        ttl = try reader.readInt64()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(data)
        writer.write(acl)
        writer.write(parentCVersion)
        writer.write(ttl)
    }
}

/// The body of the txns setData and reconfig.
package struct SetDataTxn: Hashable, Sendable {
    package var path: String
    package var data: [UInt8]?
    /// The **new** version.
    package var version: Int32

    package init(path: String, data: [UInt8]?, version: Int32) {
        self.path = path
        self.data = data
        self.version = version
    }
}

extension SetDataTxn: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        path = try reader.readString()
        data = try reader.readBuffer()
        version = try reader.readInt32()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(data)
        writer.write(version)
    }
}

/// The body of the txn setACL.
package struct SetACLTxn: Hashable, Sendable {
    package var path: String
    package var acl: [ACL]?
    /// The **new** aversion.
    package var version: Int32

    package init(path: String, acl: [ACL]?, version: Int32) {
        self.path = path
        self.acl = acl
        self.version = version
    }
}

extension SetACLTxn: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        path = try reader.readString()
        acl = try reader.readVector()
        version = try reader.readInt32()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(acl)
        writer.write(version)
    }
}

/// The body of a check inside a multi txn.
package struct CheckVersionTxn: Hashable, Sendable {
    package var path: String
    /// One more than the version that was checked.
    package var version: Int32

    package init(path: String, version: Int32) {
        self.path = path
        self.version = version
    }
}

extension CheckVersionTxn: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        path = try reader.readString()
        version = try reader.readInt32()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(version)
    }
}

/// What precedes the body of every txn, in the log and in proposals. 32 bytes.
package struct TxnHeader: Hashable, Sendable {
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
}

extension TxnHeader: JuteRecord {
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
