import DurableFiles
import Storage

/// Why a file is no backup, or cannot be one.
package enum BackupError: Error, Sendable, CustomStringConvertible {
    case file(FileError)
    case storage(StorageError)
    /// Not one of our files at all.
    case notABackup(path: String, why: String)
    /// It was one, and is not what was written.
    case damaged(path: String, why: String)
    /// Of a later version of Paddock.
    case unknownVersion(path: String, version: Int)

    package var description: String {
        switch self {
        case .file(let error): error.description
        case .storage(let error): error.description
        case .notABackup(let path, let why): "\(path) is no backup of Paddock's: \(why)"
        case .damaged(let path, let why): "the backup \(path) is damaged: \(why)"
        case .unknownVersion(let path, let version):
            "the backup \(path) has format version \(version), and this Paddock knows version \(BackupManifest.version)"
        }
    }
}
