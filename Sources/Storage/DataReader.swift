import DataTree
import DurableFiles
import Jute
import ZooKeeperProtocol

/// Reads the data of a server that may be running and writing it: changes no file.
///
/// The newest intact snapshot is loaded, and the log behind it is applied up to a zxid of which the caller knows that it is
/// committed: what a log holds beyond may yet be taken back. A snapshot that is there when the reader begins holds nothing that was
/// not in the log by then, so that the tree is a state that was, as soon as that zxid was asked for after the reader was made.
package struct DataReader {
    package let directory: DataDirectory
    package let tree: DataTree
    /// What deserves a word: snapshots that were passed over, a torn record at the end of the log.
    package private(set) var notes: [String] = []

    package init(_ directory: DataDirectory) throws(StorageError) {
        self.directory = directory
        var failures: [String] = []
        for snapshot in try directory.snapshotFiles().prefix(100) {
            guard try directory.isComplete(snapshot) else {
                failures.append("\(snapshot.path) was not finished")
                continue
            }
            do throws(StorageError) {
                tree = try directory.load(snapshot)
                notes = failures.map { "passed over a snapshot: \($0)" }
                return
            } catch {
                guard case .damagedSnapshot = error else { throw error }
                failures.append(error.description)
            }
        }
        if failures.isEmpty, try !directory.logFiles().isEmpty { throw .logsWithoutSnapshot(directory: directory.logs) }
        throw .noUsableSnapshot(
            directory: directory.snapshots, failures: failures.isEmpty ? ["there is none"] : failures)
    }

    /// Applies what the log has behind the tree, up to `mark`, or to its end when that is nil.
    ///
    /// - Returns: whether the tree has everything up to `mark`. Where it has not, the server may not have written it yet: ask again.
    package mutating func advance(to mark: ZXID?) throws(StorageError) -> Bool {
        let all = try directory.logFiles()
        let first = all.lastIndex { $0.zxid <= tree.lastZXID } ?? 0
        var last = tree.lastZXID
        for (index, log) in all.enumerated() where index >= first {
            if let mark, log.zxid > mark { break }
            let reader = try TxnLogReader(log.path, files: directory.files)
            while true {
                let offset = reader.offset
                guard try reader.next() else { break }
                guard reader.zxid > last else { continue }
                if let mark, reader.zxid > mark { return tree.isSettled }
                guard reader.zxid.follows(last) else {
                    throw .missingTxns(
                        after: last, in: "what was read before", next: reader.zxid, path: log.path, offset: offset)
                }
                do throws(JuteError) { try tree.apply(reader.entry) } catch {
                    throw .damagedLog(path: log.path, offset: offset, why: "a record cannot be read: \(error)")
                }
                last = reader.zxid
            }
            guard case .broken(let why) = reader.end else { continue }
            // Of a server that runs it may be a record that is being written.
            if mark == nil || index + 1 < all.count, try reader.firstIntactRecord() != nil {
                throw .damagedLog(path: log.path, offset: reader.offset, why: why)
            }
            if mark == nil {
                notes.append("a torn record at the end of \(log.path) was left out, as the server would: \(why)")
            }
        }
        guard let mark else { return tree.isSettled }
        // The start of an epoch has no record: everything before it is there.
        return (last >= mark || mark.isStartOfEpoch) && tree.isSettled
    }
}

extension DataDirectory {
    /// The last zxid in the data, without loading it; nil where there is none. Changes no file.
    package func lastZXID() throws(StorageError) -> ZXID? {
        var last = try snapshotFiles().first?.zxid
        for log in try logFiles().suffix(1) {
            last = max(last ?? .zero, ZXID(rawValue: log.zxid.rawValue - 1))
            let reader = try TxnLogReader(log.path, files: files)
            while try reader.next() { last = max(last ?? .zero, reader.zxid) }
        }
        return last
    }

    /// What the file `currentEpoch` says; nil where there is none that can be read, as with standalone servers.
    package func currentEpoch() -> Epoch? {
        guard let bytes = try? files.readSmall(snapshots + "/currentEpoch") else { return nil }
        let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return Int64(String(decoding: digits, as: UTF8.self)).map { Epoch(rawValue: $0) }
    }

    /// The highest epoch of which this data has zxids, by the names of its files and `currentEpoch`. Changes no file.
    package func highestEpoch() throws(StorageError) -> Epoch {
        let named = try snapshotFiles().map(\.zxid.epoch) + logFiles().map(\.zxid.epoch)
        return max(named.max() ?? .zero, currentEpoch() ?? .zero)
    }

    /// Sets both epoch files of a new data directory.
    package func writeEpochs(_ epoch: Epoch) throws(StorageError) {
        do throws(FileError) {
            for name in ["acceptedEpoch", "currentEpoch"] {
                try files.replace(snapshots + "/" + name, with: Array(epoch.description.utf8))
            }
        } catch { throw .file(error) }
    }

    /// What there is to lose: the snapshots of more than the empty tree, and the logs.
    package func valuables() throws(StorageError) -> [String] {
        try snapshotFiles().filter { $0.zxid != .zero }.map(\.path) + logFiles().map(\.path)
    }
}
