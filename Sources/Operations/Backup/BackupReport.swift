import Backup
import Planning
import ZooKeeperProtocol

/// What `backup` made, or found in a file.
package struct BackupReport: Codable, Hashable, Sendable {
    package var version = 1
    package var file: String
    /// Bytes of the file.
    package var size: Int
    @OrNull package var ensemble: String?
    @OrNull package var server: Int64?
    @OrNull package var engine: String?
    package var takenAt: String
    package var zxid: String
    package var epoch: Int64
    package var znodes: Int
    package var ephemerals: Int
    package var sessions: Int
    /// Nil where it was only read.
    @OrNull package var seconds: Seconds?
    /// What the user should know: each was said as a warning, too.
    package var notes: [String]

    init(_ archive: BackupArchive, seconds: Seconds? = nil, notes: [String] = []) {
        let manifest = archive.manifest
        file = archive.path
        size = archive.size
        ensemble = manifest.ensemble
        server = manifest.server
        engine = manifest.engine
        takenAt = manifest.takenAt
        zxid = manifest.zxid
        epoch = manifest.epoch
        znodes = manifest.znodes
        ephemerals = manifest.ephemerals
        sessions = manifest.sessions
        self.seconds = seconds
        self.notes = notes
    }
}

/// What `restore` did, or would do.
package struct RestoreReport: Codable, Hashable, Sendable {
    package struct Server: Codable, Hashable, Sendable {
        package enum Change: String, Codable, Sendable {
            case written
            /// This backup is there already, and no server has run since.
            case unchanged
        }

        @OrNull package var id: ServerID?
        package var dataDir: String
        package var change: Change
        /// What was in the way, and where it is now.
        package var moved: [ResetReport.Moved]
    }

    package var version = 1
    package var file: String
    package var dryRun: Bool
    /// The ensemble restored into; nil where only a directory was named.
    @OrNull package var ensemble: String?
    /// Of the backup, and what the new ensemble begins with.
    package var zxid: String
    package var restoredZxid: String
    package var epoch: Int64
    package var znodes: Int
    /// Those of the backup, which are closed, and their ephemerals, which are gone.
    package var sessionsClosed: Int
    package var ephemeralsRemoved: Int
    package var servers: [Server]
}
