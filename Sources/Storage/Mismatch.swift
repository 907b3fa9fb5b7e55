import DurableFiles
import ZooKeeperProtocol

/// The mark of a data directory whose tree was seen to differ from the digests of its leader's txns.
///
/// The tree goes on, and into snapshots whose own digest is right: without the mark the next start would know nothing of it. It
/// goes when a leader's whole tree takes the data's place, or with the directory.
extension DataDirectory {
    package var mismatchMark: String { snapshots + "/digestMismatch" }

    /// Whether the mark is there.
    package var differs: Bool {
        get throws(StorageError) {
            do throws(FileError) { return try files.exists(mismatchMark) } catch { throw .file(error) }
        }
    }

    /// Leaves the mark; durable when it returns.
    package func noteThatItDiffers(at zxid: ZXID) throws(StorageError) {
        let text = "the tree differs from the digests of its txns, first seen at zxid \(zxid)\n"
        do throws(FileError) { try files.replace(mismatchMark, with: Array(text.utf8)) } catch { throw .file(error) }
    }
}
