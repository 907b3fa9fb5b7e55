import DataTree
import DurableFiles
import Glibc
import Jute
import Storage
import ZooKeeperProtocol

/// A backup as the data that a server begins with.
///
/// Each server of an ensemble gets the same: what is made of one backup is the same bytes wherever it is made. The sessions of
/// the backup are closed and their ephemerals are gone, as clients expect of a session that they cannot go on with. Zxids go on
/// `skippedEpochs` above the backup's, or so many times as many that they are above all that is known to have been given out since: a
/// client that has seen later zxids is taken in (servers refuse one that is ahead of them), and numbers that were taken from zxids never
/// come twice.
package struct RestoredData {
    /// More elections than any ensemble has between its backup and its end.
    package static let skippedEpochs: Int64 = 1 << 16

    package let tree: DataTree
    package let epoch: Epoch
    /// Closed.
    package let sessions: Int
    package let ephemerals: Int

    /// - Parameter used: an epoch that must not be used again, as those of `used(in:since:)`.
    package init(_ archive: BackupArchive, above used: Epoch = .zero) throws(BackupError) {
        tree = try archive.tree()
        (sessions, ephemerals) = (tree.sessionCount, tree.ephemeralCount)
        let last = archive.lastEpoch
        let highest = max(last, used.rawValue)
        guard highest <= Int64(Int32.max) - Self.skippedEpochs else {
            throw .damaged(path: archive.path, why: "the epoch \(highest) is too high to go on from")
        }
        let steps = (highest - last) / Self.skippedEpochs + 1
        epoch = Epoch(rawValue: last + steps * Self.skippedEpochs)
        do throws(JuteError) {
            try tree.beginAnew(at: ZXID(epoch: epoch, counter: 1), time: archive.manifest.taken)
        } catch { throw .damaged(path: archive.path, why: "\(error)") }
    }

    /// The highest epoch of which servers may have given zxids out from the data in `directory`, in place or moved aside there. What was
    /// restored from a backup and has not been run on has given out none, so that the same restore can go on.
    package static func used(
        in directory: DataDirectory, since archive: BackupArchive
    ) throws(BackupError) -> Epoch {
        do throws(StorageError) {
            var used = try directory.highestEpoch()
            let above = used.rawValue - archive.lastEpoch
            if above > 0, above % skippedEpochs == 0, try directory.valuables().count == 1,
                try directory.logFiles().isEmpty, directory.currentEpoch() == used
            {
                used = Epoch(rawValue: used.rawValue - 1)
            }
            for aside in try directory.movedAside() { used = max(used, try aside.highestEpoch()) }
            return used
        } catch { throw .storage(error) }
    }

    /// What one server has before: nothing, the same already, or something that would be lost.
    package enum Place: Hashable, Sendable {
        case free
        /// This very backup was restored here, and no server has run since.
        case done
        case taken(snapshots: Int, logs: Int, last: ZXID)
        /// Files that are no server's.
        case strange([String])
    }

    package func place(_ directory: DataDirectory) throws(BackupError) -> Place {
        do throws(StorageError) {
            let valuables = try directory.valuables()
            if try isThere(directory, valuables) { return .done }
            guard valuables.isEmpty else {
                let logs = try directory.logFiles().count
                return .taken(
                    snapshots: valuables.count - logs, logs: logs, last: try directory.lastZXID() ?? .zero)
            }
            let known = ["acceptedEpoch", "currentEpoch", "digestMismatch", "snapshot.0"]
            let strange = try list(directory.snapshots).filter { name in
                !known.contains(name) && !name.hasPrefix("snapshot.0.") && !name.hasSuffix(".tmp")
            }
            return strange.isEmpty ? .free : .strange(strange.map { "\(directory.snapshots)/\($0)" })
        } catch { throw .storage(error) }
    }

    /// Whether this is the data, and not another backup of the same epoch.
    private func isThere(_ directory: DataDirectory, _ valuables: [String]) throws(StorageError) -> Bool {
        guard let snapshot = try directory.snapshotFiles().first, valuables == [directory.snapshotPath(tree.lastZXID)],
            directory.currentEpoch() == epoch
        else { return false }
        do throws(StorageError) { return try directory.load(snapshot).digest == tree.digest } catch {
            guard case .damagedSnapshot = error else { throw error }
            return false
        }
    }

    /// Makes this the data of a server that is not running and has a free place. A crash leaves the place free or the whole data there;
    /// durable when it returns. What it makes belongs to whom `dataDir` belongs to.
    ///
    /// - Parameter configuration: for /zookeeper/config: the new ensemble's own lines, and never the backup's; empty for a server alone.
    package func write(
        dataDir: String, dataLogDir: String?, configuration: String, version: Int64
    ) throws(BackupError) {
        let staging = "\(dataDir)/.restoring"
        let directory = DataDirectory(dataDir: dataDir, dataLogDir: dataLogDir)
        let files = SystemFiles()
        do throws(StorageError) {
            do throws(FileError) {
                try files.makeDirectory(dataDir)
                try removeDirectory(staging)
                try files.makeDirectory(staging)
                if access(directory.logRoot, F_OK) != 0 {
                    try files.makeDirectory(directory.logRoot)
                    try giveAway([directory.logRoot], to: dataDir)
                }
            } catch { throw .file(error) }
            let staged = DataDirectory(dataDir: staging)
            try staged.makeDirectories()
            tree.setConfiguration(Array(configuration.utf8), version: version, now: 0)
            try staged.writeWhole(tree, digest: true)
            try staged.writeEpochs(epoch)
            do throws(FileError) {
                let made = try Directory.names(in: staged.snapshots).map { "\(staged.snapshots)/\($0)" }
                try giveAway([staged.snapshots] + made, to: dataDir)
                if access(directory.snapshots, F_OK) == 0 {
                    try files.rename(directory.snapshots, to: "\(staging)/before")
                }
                try files.rename(staged.snapshots, to: directory.snapshots)
                try files.syncDirectory(dataDir)
                try removeDirectory(staging)
            } catch { throw .file(error) }
        } catch { throw .storage(error) }
    }

    private func list(_ directory: String) throws(StorageError) -> [String] {
        do throws(FileError) { return try SystemFiles().list(directory) ?? [] } catch { throw .file(error) }
    }

    /// Root restores for the user whose directory it is.
    private func giveAway(_ files: [String], to dataDir: String) throws(FileError) {
        var owner = stat()
        guard geteuid() == 0, stat(dataDir, &owner) == 0, owner.st_uid != 0 else { return }
        for file in files {
            guard chown(file, owner.st_uid, owner.st_gid) == 0 else { throw FileError("change the owner of", file) }
        }
    }

    /// Of plain files, and of directories of plain files.
    private func removeDirectory(_ path: String) throws(FileError) {
        let names: [String]
        do throws(FileError) { names = try Directory.names(in: path) } catch {
            if error.isMissing { return }
            throw error
        }
        for name in names {
            let entry = "\(path)/\(name)"
            if unlink(entry) != 0 {
                guard errno == EISDIR || errno == EPERM else { throw FileError("remove", entry) }
                try removeDirectory(entry)
            }
        }
        guard rmdir(path) == 0 else { throw FileError("remove", path) }
    }
}

extension BackupArchive {
    /// The last one that its ensemble had entered.
    fileprivate var lastEpoch: Int64 { max(manifest.lastZXID?.epoch.rawValue ?? 0, manifest.epoch) }
}
