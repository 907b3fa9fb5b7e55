import Jute
import ZooKeeperProtocol

// Txns as values: what the tests hold the bytes of the servers to. The servers themselves write and apply them in place.

/// A transaction: what a request became once the leader had decided its outcome, so that applying it is mechanical.
package enum Txn: Hashable, Sendable {
    case create(CreateTxn)
    case create2(CreateTxn)
    case createContainer(CreateContainerTxn)
    case createTTL(CreateTTLTxn)
    case delete(PathRecord)
    case deleteContainer(PathRecord)
    case setData(SetDataTxn)
    /// A new configuration, as setData of /zookeeper/config.
    case reconfig(SetDataTxn)
    /// With the **new** aversion.
    case setACL(SetACLRequest)
    /// Only inside a multi, with one more than the version that was checked.
    case check(CheckVersionRequest)
    /// The operations in order; a failed multi holds what it would have done, with `error` from the failure on.
    case multi([Txn])
    /// The session timeout, in milliseconds.
    case createSession(timeout: Int32)
    /// The ephemerals to delete; nil when the txn does not list them (old logs).
    case closeSession(paths: [String]?)
    /// A write that failed: it changes nothing, but has its zxid.
    case error(ErrorCode)

    package var type: OpCode {
        switch self {
        case .create: .create
        case .create2: .create2
        case .createContainer: .createContainer
        case .createTTL: .createTTL
        case .delete: .delete
        case .deleteContainer: .deleteContainer
        case .setData: .setData
        case .reconfig: .reconfig
        case .setACL: .setACL
        case .check: .check
        case .multi: .multi
        case .createSession: .createSession
        case .closeSession: .closeSession
        case .error: .error
        }
    }

    /// The body alone; its type is told by the header (or, in a multi, precedes it).
    package func write(to writer: inout JuteWriter) {
        switch self {
        case .create(let body), .create2(let body): body.write(to: &writer)
        case .createContainer(let body): body.write(to: &writer)
        case .createTTL(let body): body.write(to: &writer)
        case .delete(let body), .deleteContainer(let body): body.write(to: &writer)
        case .setData(let body), .reconfig(let body): body.write(to: &writer)
        case .setACL(let body): body.write(to: &writer)
        case .check(let body): body.write(to: &writer)
        case .multi(let operations):
            writer.write(vectorCount: operations.count)
            for operation in operations {
                writer.write(operation.type.rawValue)
                writer.frame { operation.write(to: &$0) }
            }
        case .createSession(let timeout): writer.write(timeout)
        case .closeSession(let paths):
            if let paths { writer.write(paths) }
        case .error(let code): writer.write(code.rawValue)
        }
    }

    /// Reads the body of a txn of `type`; `closeSession` is `TxnEntry`'s, because its form depends on what follows.
    fileprivate init(_ type: OpCode, from reader: inout JuteReader, insideMulti: Bool) throws(JuteError) {
        let start = reader.offset
        switch type {
        case .create: self = .create(try Self.readCreate(from: &reader))
        case .create2: self = .create2(try CreateTxn(from: &reader))
        case .createContainer: self = .createContainer(try CreateContainerTxn(from: &reader))
        case .createTTL: self = .createTTL(try CreateTTLTxn(from: &reader))
        case .delete: self = .delete(try PathRecord(from: &reader))
        case .deleteContainer: self = .deleteContainer(try PathRecord(from: &reader))
        case .setData: self = .setData(try SetDataTxn(from: &reader))
        case .reconfig: self = .reconfig(try SetDataTxn(from: &reader))
        case .setACL: self = .setACL(try SetACLRequest(from: &reader))
        case .check where insideMulti: self = .check(try CheckVersionRequest(from: &reader))
        case .multi where !insideMulti: self = .multi(try Self.readMulti(from: &reader))
        case .createSession where !insideMulti: self = .createSession(timeout: try reader.readInt32())
        case .error: self = .error(ErrorCode(rawValue: try reader.readInt32()))
        default: throw .unknownValue(Int64(type.rawValue), at: start)
        }
    }

    /// Servers before 3.3 wrote no parentCVersion: the body ends behind `ephemeral`, and no digest can follow it.
    private static func readCreate(from reader: inout JuteReader) throws(JuteError) -> CreateTxn {
        CreateTxn(
            path: try reader.readString(), data: try reader.readBuffer(), acl: try reader.readVector(),
            ephemeral: try reader.readBool(), parentCVersion: reader.isAtEnd ? -1 : try reader.readInt32())
    }

    private static func readMulti(from reader: inout JuteReader) throws(JuteError) -> [Txn] {
        let maxFieldLength = reader.maxFieldLength
        return try reader.readVector { (reader) throws(JuteError) -> Txn in
            let type = OpCode(rawValue: try reader.readInt32())
            var body = JuteReader(try reader.readPresentSlice(), maxFieldLength: maxFieldLength)
            return try Txn(type, from: &body, insideMulti: true)
        } ?? []
    }
}

/// A txn with its header and digest: what a log record, a PROPOSAL and an INFORM carry.
package struct TxnEntry: Hashable, Sendable {
    package var header: TxnHeader
    package var txn: Txn
    /// Nil from servers with digests off, and for writes that failed.
    package var digest: TxnDigest?

    /// `header.type` must be the txn's type.
    package init(header: TxnHeader, txn: Txn, digest: TxnDigest?) {
        self.header = header
        self.txn = txn
        self.digest = digest
    }
}

extension TxnEntry: JuteRecord {
    /// Reads an entry that goes to the end of the input. Bytes behind the digest, which a newer version might add, are
    /// skipped.
    package init(from reader: inout JuteReader) throws(JuteError) {
        header = try TxnHeader(from: &reader)
        if header.type == .closeSession {
            (txn, digest) = try Self.readCloseSession(from: &reader)
        } else {
            txn = try Txn(header.type, from: &reader, insideMulti: false)
            digest = reader.isAtEnd ? nil : try TxnDigest(from: &reader)
        }
        _ = reader.readRest()
    }

    package func write(to writer: inout JuteWriter) {
        header.write(to: &writer)
        txn.write(to: &writer)
        digest?.write(to: &writer)
    }

    /// The list of paths may be missing with a digest behind the place where it would be, which Apache's reader would
    /// take for a list: so the list is believed only if it, or it and a digest, fill the entry.
    private static func readCloseSession(from reader: inout JuteReader) throws(JuteError) -> (Txn, TxnDigest?) {
        if reader.isAtEnd { return (.closeSession(paths: nil), nil) }
        var attempt = reader
        if let paths = try? attempt.readStrings() {
            if attempt.isAtEnd {
                reader = attempt
                return (.closeSession(paths: paths), nil)
            }
            if attempt.remaining == TxnDigest.size {
                reader = attempt
                return (.closeSession(paths: paths), try TxnDigest(from: &reader))
            }
        }
        guard reader.remaining == TxnDigest.size else {
            throw .trailingBytes(reader.remaining, at: reader.offset)
        }
        return (.closeSession(paths: nil), try TxnDigest(from: &reader))
    }
}

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

/// The data of INFORMANDACTIVATE; COMMITANDACTIVATE carries the first field alone.
package struct InformAndActivate: Hashable, Sendable {
    /// Who leads under the new configuration.
    package var designatedLeader: ServerID
    package var entry: TxnEntry

    package init(designatedLeader: ServerID, entry: TxnEntry) {
        self.designatedLeader = designatedLeader
        self.entry = entry
    }
}

extension InformAndActivate: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        designatedLeader = ServerID(rawValue: try reader.readInt64())
        entry = try TxnEntry(from: &reader)
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(designatedLeader.rawValue)
        entry.write(to: &writer)
    }
}
