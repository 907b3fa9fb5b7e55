import Jute

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
    case setACL(SetACLTxn)
    /// Only inside a multi.
    case check(CheckVersionTxn)
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
        case .setACL: self = .setACL(try SetACLTxn(from: &reader))
        case .check where insideMulti: self = .check(try CheckVersionTxn(from: &reader))
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

/// The checksum of the tree after a txn was applied, as the leader foresaw it.
package struct TxnDigest: Hashable, Sendable {
    /// How the digest is computed; 2 since ZooKeeper 3.7.
    package var version: Int32
    package var tree: UInt64

    package init(version: Int32 = 2, tree: UInt64) {
        self.version = version
        self.tree = tree
    }

    package static let size = 12
}

extension TxnDigest: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        version = try reader.readInt32()
        tree = UInt64(bitPattern: try reader.readInt64())
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(version)
        writer.write(Int64(bitPattern: tree))
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
