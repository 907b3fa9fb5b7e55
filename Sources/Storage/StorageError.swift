import DurableFiles
import ZooKeeperProtocol

/// Why a data directory cannot be used. Each text says what happened, where, and the way out.
package enum StorageError: Error, Sendable {
    /// The system refused a file operation.
    case file(FileError)
    /// Another process holds the directory, which zoo.cfg names with `key`.
    case locked(directory: String, key: String, holder: String)
    /// A log record cannot be read although intact records follow it: acknowledged writes would be lost by going on.
    case damagedLog(path: String, offset: Int, why: String)
    /// Txns between two intact ones are not there: `source`, a snapshot or a log, ends with `last`.
    case missingTxns(after: ZXID, in: String, next: ZXID, path: String, offset: Int)
    /// Every snapshot there is failed to load.
    case noUsableSnapshot(directory: String, failures: [String])
    /// Logs, but no snapshot to begin from.
    case logsWithoutSnapshot(directory: String)
    case damagedSnapshot(path: String, why: String)
    /// A snapshot in the log directory or a log in the snapshot directory.
    case misplaced(path: String)
    case badEpochFile(path: String, content: String)
    /// The epochs on disk contradict each other or the last zxid.
    case contradictingEpochs(directory: String, why: String)
    /// Bytes that were about to be written or were handed in do not form a record.
    case badRecord(why: String)
    /// The log holds nothing at or before the point to truncate to.
    case cannotTruncate(directory: String, to: ZXID)
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let error): error.description
        case .locked(let directory, let key, let holder):
            "\(key) \(directory) is in use by \(holder): two servers must not share one; stop that one first, or give this one another \(key)"
        case .damagedLog(let path, let offset, let why):
            """
            the txn log \(path) is damaged at offset \(offset): \(why), and intact txns follow. \
            Starting without the damaged part would lose acknowledged writes. In an ensemble with a healthy quorum: move this server's \
            version-2 directory away (keep myid) and start it, it then fetches the data from the leader. Standalone: restore the file \
            from a backup; or, to give up every txn from there on, run `truncate -s \(offset) \(path)` and move the later log files away
            """
        case .missingTxns(let last, let source, let next, let path, let offset):
            """
            txns are missing: \(source) ends with zxid \(last), and the next one there is, in \(path) at offset \(offset), is \(next). \
            Starting without them would lose acknowledged writes. In an ensemble with a healthy quorum: move this server's version-2 \
            directory away (keep myid) and start it, it then fetches the data from the leader. Standalone: restore the missing file from \
            a backup; or, to give up every txn from there on, \
            \(offset <= TxnLogFormat.header.count ? "move \(path) and the later log files away" : "run `truncate -s \(offset) \(path)` and move the later log files away")
            """
        case .noUsableSnapshot(let directory, let failures):
            """
            no snapshot in \(directory) can be loaded (\(failures.joined(separator: "; "))). Restore one from a backup; or, in an \
            ensemble with a healthy quorum, move this server's version-2 directory away (keep myid) and start it
            """
        case .logsWithoutSnapshot(let directory):
            """
            there are txn logs but no snapshot in \(directory): the data before the first log is not there. Restore a snapshot from a \
            backup, or set snapshot.trust.empty=true if the logs are known to begin with the first txn
            """
        case .damagedSnapshot(let path, let why): "the snapshot \(path) is damaged: \(why)"
        case .misplaced(let path):
            "\(path) is in the wrong directory: snapshots belong in dataDir/version-2, logs in dataLogDir/version-2. Move it, or make dataLogDir what it was when the file was written"
        case .badEpochFile(let path, let content):
            "\(path) holds \"\(content)\" where an epoch number is needed: restore the file, or move this server's version-2 directory away (keep myid) to fetch the data from the leader"
        case .contradictingEpochs(let directory, let why):
            "the epoch files in \(directory) contradict the data: \(why). Restore the directory from a backup, or move version-2 away (keep myid) to fetch the data from the leader"
        case .badRecord(let why): "not a txn record: \(why)"
        case .cannotTruncate(let directory, let zxid):
            "cannot truncate the log in \(directory) to zxid \(zxid): no log file holds it. Move version-2 away (keep myid) to fetch the data from the leader"
        }
    }
}
