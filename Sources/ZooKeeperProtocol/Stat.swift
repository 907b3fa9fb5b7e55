import Jute

/// What ZooKeeper tells clients about a znode beside its data. 68 bytes on the wire.
public struct Stat: Hashable, Sendable {
    /// The transaction that created the znode.
    public var czxid: ZXID
    /// The transaction that changed its data last.
    public var mzxid: ZXID
    /// When it was created, in milliseconds since 1970 by the leader's clock.
    public var ctime: Int64
    /// When its data was changed last, in milliseconds since 1970.
    public var mtime: Int64
    /// How often its data was changed.
    public var version: Int32
    /// How often children were created or deleted.
    public var cversion: Int32
    /// How often its ACL was changed.
    public var aversion: Int32
    /// The session an ephemeral belongs to; `SessionID.none` for every other kind, containers and TTL nodes included.
    public var ephemeralOwner: SessionID
    /// Bytes of data; 0 for null, too.
    public var dataLength: Int32
    public var numChildren: Int32
    /// The transaction that created or deleted a child last.
    public var pzxid: ZXID

    public init(
        czxid: ZXID = .zero, mzxid: ZXID = .zero, ctime: Int64 = 0, mtime: Int64 = 0, version: Int32 = 0,
        cversion: Int32 = 0, aversion: Int32 = 0, ephemeralOwner: SessionID = .none, dataLength: Int32 = 0,
        numChildren: Int32 = 0, pzxid: ZXID = .zero
    ) {
        self.czxid = czxid
        self.mzxid = mzxid
        self.ctime = ctime
        self.mtime = mtime
        self.version = version
        self.cversion = cversion
        self.aversion = aversion
        self.ephemeralOwner = ephemeralOwner
        self.dataLength = dataLength
        self.numChildren = numChildren
        self.pzxid = pzxid
    }
}

extension Stat: JuteRecord {
    package static let size = 68

    @usableFromInline
    package init(from reader: inout JuteReader) throws(JuteError) {
        czxid = try reader.readZXID()
        mzxid = try reader.readZXID()
        ctime = try reader.readInt64()
        mtime = try reader.readInt64()
        version = try reader.readInt32()
        cversion = try reader.readInt32()
        aversion = try reader.readInt32()
        ephemeralOwner = try reader.readSessionID()
        dataLength = try reader.readInt32()
        numChildren = try reader.readInt32()
        pzxid = try reader.readZXID()
    }

    @usableFromInline
    package func write(to writer: inout JuteWriter) {
        writer.withRoom(68) { room in
            room.storeBytes(of: czxid.rawValue.bigEndian, toByteOffset: 0, as: Int64.self)
            room.storeBytes(of: mzxid.rawValue.bigEndian, toByteOffset: 8, as: Int64.self)
            room.storeBytes(of: ctime.bigEndian, toByteOffset: 16, as: Int64.self)
            room.storeBytes(of: mtime.bigEndian, toByteOffset: 24, as: Int64.self)
            room.storeBytes(of: version.bigEndian, toByteOffset: 32, as: Int32.self)
            room.storeBytes(of: cversion.bigEndian, toByteOffset: 36, as: Int32.self)
            room.storeBytes(of: aversion.bigEndian, toByteOffset: 40, as: Int32.self)
            room.storeBytes(of: ephemeralOwner.rawValue.bigEndian, toByteOffset: 44, as: Int64.self)
            room.storeBytes(of: dataLength.bigEndian, toByteOffset: 52, as: Int32.self)
            room.storeBytes(of: numChildren.bigEndian, toByteOffset: 56, as: Int32.self)
            room.storeBytes(of: pzxid.rawValue.bigEndian, toByteOffset: 60, as: Int64.self)
        }
    }
}

/// A znode's Stat as snapshots hold it, 60 bytes: cversion counts creates only, ephemeralOwner also marks containers
/// and TTL nodes, and what can be counted is left out.
@usableFromInline
package struct StatPersisted: JuteRecord {
    @usableFromInline package var czxid: ZXID
    @usableFromInline package var mzxid: ZXID
    @usableFromInline package var ctime: Int64
    @usableFromInline package var mtime: Int64
    @usableFromInline package var version: Int32
    @usableFromInline package var cversion: Int32
    @usableFromInline package var aversion: Int32
    @usableFromInline package var ephemeralOwner: Int64
    @usableFromInline package var pzxid: ZXID

    @inlinable
    package init(
        czxid: ZXID = .zero, mzxid: ZXID = .zero, ctime: Int64 = 0, mtime: Int64 = 0, version: Int32 = 0,
        cversion: Int32 = 0, aversion: Int32 = 0, ephemeralOwner: Int64 = 0, pzxid: ZXID = .zero
    ) {
        self.czxid = czxid
        self.mzxid = mzxid
        self.ctime = ctime
        self.mtime = mtime
        self.version = version
        self.cversion = cversion
        self.aversion = aversion
        self.ephemeralOwner = ephemeralOwner
        self.pzxid = pzxid
    }

    @usableFromInline package init(from reader: inout JuteReader) throws(JuteError) {
        czxid = try reader.readZXID()
        mzxid = try reader.readZXID()
        ctime = try reader.readInt64()
        mtime = try reader.readInt64()
        version = try reader.readInt32()
        cversion = try reader.readInt32()
        aversion = try reader.readInt32()
        ephemeralOwner = try reader.readInt64()
        pzxid = try reader.readZXID()
    }

    @usableFromInline package func write(to writer: inout JuteWriter) {
        writer.withRoom(60) { room in
            room.storeBytes(of: czxid.rawValue.bigEndian, toByteOffset: 0, as: Int64.self)
            room.storeBytes(of: mzxid.rawValue.bigEndian, toByteOffset: 8, as: Int64.self)
            room.storeBytes(of: ctime.bigEndian, toByteOffset: 16, as: Int64.self)
            room.storeBytes(of: mtime.bigEndian, toByteOffset: 24, as: Int64.self)
            room.storeBytes(of: version.bigEndian, toByteOffset: 32, as: Int32.self)
            room.storeBytes(of: cversion.bigEndian, toByteOffset: 36, as: Int32.self)
            room.storeBytes(of: aversion.bigEndian, toByteOffset: 40, as: Int32.self)
            room.storeBytes(of: ephemeralOwner.bigEndian, toByteOffset: 44, as: Int64.self)
            room.storeBytes(of: pzxid.rawValue.bigEndian, toByteOffset: 52, as: Int64.self)
        }
    }
}
