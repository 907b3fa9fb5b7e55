import FoundationEssentials
import ZooKeeperProtocol

/// What `manifest.json` of a backup says: what it is of, and what must be found in it.
package struct BackupManifest: Codable, Hashable, Sendable {
    package static let format = "paddock-backup"
    package static let version = 1

    /// A member of the archive.
    package struct File: Codable, Hashable, Sendable {
        package var name: String
        package var size: Int
        package var sha256: String
    }

    package var format = Self.format
    package var version = Self.version
    /// Nil where nobody said what it is called.
    package var ensemble: String?
    /// The server whose data it is; nil where nobody said.
    package var server: Int64?
    /// `bundled`, `apache`, or nil when it is not known.
    package var engine: String?
    /// As the server says it.
    package var engineVersion: String?
    /// When it was taken: milliseconds since 1970, and the same to be read.
    package var taken: Int64
    package var takenAt: String
    /// The last txn in it, `0x…`.
    package var zxid: String
    /// The epoch that the server was in.
    package var epoch: Int64
    package var znodes: Int
    package var ephemerals: Int
    package var sessions: Int
    /// The digest of the tree (version 2), hexadecimal.
    package var digest: String
    /// The server, group and weight lines of the ensemble, as its servers had them; empty for a server alone.
    package var configuration: String
    /// Whether some znode has a time to live, for which servers need `extendedTypesEnabled`.
    package var hasTTL: Bool
    package var snapshot: File

    package init(
        ensemble: String?, server: Int64?, engine: String?, engineVersion: String?, taken: Int64, zxid: ZXID,
        epoch: Epoch,
        znodes: Int, ephemerals: Int, sessions: Int, digest: UInt64, configuration: String, hasTTL: Bool, snapshot: File
    ) {
        self.ensemble = ensemble
        self.server = server
        self.engine = engine
        self.engineVersion = engineVersion
        self.taken = taken
        takenAt = Date(timeIntervalSince1970: Double(taken / 1000)).formatted(.iso8601)
        self.zxid = zxid.description
        self.epoch = epoch.rawValue
        self.znodes = znodes
        self.ephemerals = ephemerals
        self.sessions = sessions
        self.digest = String(digest, radix: 16)
        self.configuration = configuration
        self.hasTTL = hasTTL
        self.snapshot = snapshot
    }

    /// The zxid as a number; nil when it is none.
    package var lastZXID: ZXID? {
        guard zxid.hasPrefix("0x"), let value = UInt64(zxid.dropFirst(2), radix: 16) else { return nil }
        return ZXID(rawValue: Int64(bitPattern: value))
    }

    var json: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            return try Array(encoder.encode(self)) + [UInt8(ascii: "\n")]
        }
    }
}
